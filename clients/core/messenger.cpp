#include "clients/core/messenger.hpp"

#include <algorithm>
#include <utility>

#include "clients/core/inbox.hpp"
#include "clients/core/message_layout.hpp"
#include "clients/core/note_sealer.hpp"
#include "clients/core/shadow_sessions.hpp"
#include "clients/core/text_view.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

constexpr std::uint8_t version = 1;
constexpr Duration housekeeping_period = 12 * hour;
constexpr Duration publish_wait = 10 * minute;  // after the server refused our prekeys

std::string counter_key(const CircleId& circle, const SignPublic& account) {
  return "counter/" + circle.hex() + "/" + hex(account.view());
}

std::uint32_t next_counter(Store& store, const CircleId& circle, const SignPublic& account) {
  const std::string key = counter_key(circle, account);
  ByteReader r(store.get(key));
  (void)r.u8();
  const std::uint32_t next = r.u32() + 1;  // an absent one reads as 0
  ByteWriter w;
  store.put(key, w.u8(version).u32(next).get());
  return next;
}

}  // namespace

struct Messenger::State {
  State(Context& context, Trust& trust)
      : m{context, trust},
        sessions(context.store),
        outbox(context.store),
        texts(context.store),
        starter(
            m, sessions, [this](Peer& peer) { reset(peer); }, [this] { notes.go_on(), pump(); }),
        sender(m, sessions, starter, outbox, texts),
        receipts(m, sessions, starter, outbox, texts, sender),
        inbox(m, sessions, texts, receipts, sender),
        notes(m, starter, outbox, sender),
        shadows(m, sender) {
    sender.on_change([this] { pump(); });
    inbox.on_change([this] { pump(); });
  }

  [[nodiscard]] crypto::Status load(const Identity& identity);
  void pump();
  void ask_for_resets();
  void reset(Peer& peer);
  void publish_prekeys();
  void housekeeping();
  void forget_unreplied();

  Messaging m;
  SessionStore sessions;
  Outbox outbox;
  TextStore texts;
  SessionStarter starter;
  Sender sender;
  Receipts receipts;
  Inbox inbox;
  NoteSealer notes;
  ShadowSessions shadows;
  bool pumping = false;
  bool pump_again = false;
  bool publishing = false;
  Instant publish_from = 0;  // not before, after the server refused
  std::uint64_t trust_seen = 0;
  Instant housekept_at = 0;
};

crypto::Status Messenger::State::load(const Identity& identity) {
  m.self = &identity;
  LIVLINA_CHECK(sessions.load());
  LIVLINA_CHECK(outbox.load());
  LIVLINA_CHECK(texts.load());
  LIVLINA_CHECK(receipts.load());
  return crypto::done();
}

// Everything that can be done now is done; what lacks something asks for it and comes back here.
void Messenger::State::pump() {
  if (!m.logged_in()) return;
  if (pumping) {
    pump_again = true;
    return;
  }
  pumping = true;
  do {
    pump_again = false;
    const std::uint64_t before = std::exchange(trust_seen, m.trust.revision());
    if (before != trust_seen) shadows.renew();
    ask_for_resets();
    sender.seal_letters();
    receipts.seal();
    starter.send();
    sender.post_parcels();
  } while (pump_again);
  pumping = false;
}

void Messenger::State::ask_for_resets() {
  for (auto& [id, peer] : sessions.all()) {
    if (!peer.owed_reset) continue;
    const auto devices = writable_devices(m, peer.account);
    if (!devices) continue;
    const auto device =
        std::find_if(devices->begin(), devices->end(),
                     [&wanted = peer.device](const auto& d) { return d.id == wanted; });
    if (device == devices->end()) {
      peer.owed_reset.reset();
      sessions.save(peer);
    } else {
      (void)starter.prepare(peer.account, *device, crypto::Kind::control);
    }
  }
}

// A new session was started: if we owe a reset, it is what the session says first.
void Messenger::State::reset(Peer& peer) {
  if (!peer.owed_reset) return;
  const OwedReset owed = *std::exchange(peer.owed_reset, std::nullopt);
  sessions.save(peer);
  const auto place = shared_place(m, peer.account);
  if (!place) return;
  const Outbound footing = outbound(m, crypto::Kind::control, *place, peer.account, peer.device);
  if (!footing.allowed) return;
  const auto plain =
      encode(Plain{MessageId{}, m.context.now, 0, encode(Reset{owed.sid, owed.last_n})});
  auto frame = seal_frame(m, sessions, peer, crypto::Kind::control, *place, footing, plain);
  if (frame.ok()) sender.ship(peer.device, std::move(frame).value());
}

void Messenger::State::publish_prekeys() {
  if (m.self->decoy || publishing || !m.logged_in() || m.context.now < publish_from) return;
  const std::uint32_t left = m.context.one_time_keys_left;
  const unsigned fresh = left < one_time_low ? one_time_stock - left : 0;
  Store& store = m.context.store;
  if (fresh == 0 && !OwnPrekeys::due(store, m.context.now)) return;
  v1::Request request;
  *request.mutable_put_prekeys() = OwnPrekeys::make(store, m.context.random, m.self->device_key,
                                                    m.self->device, m.context.now, fresh);
  publishing = true;
  m.context.requests.send(std::move(request), [this](const v1::ServerFrame* reply) {
    publishing = false;
    if (reply == nullptr) return;
    if (reply->has_error()) {
      publish_from = m.context.now + publish_wait;
      return;
    }
    OwnPrekeys::published(m.context.store, m.context.now);
    if (reply->has_prekey_stock())
      m.context.one_time_keys_left = reply->prekey_stock().one_time_keys_left();
  });
}

void Messenger::State::housekeeping() {
  housekept_at = m.context.now;
  OwnPrekeys::expire(m.context.store, m.context.now);
  sessions.expire(m.context.now);
  inbox.expire(m.context.now);
}

// The server was restored from a backup: sessions that nobody has answered may have begun with
// one-time keys that it hands out a second time.
void Messenger::State::forget_unreplied() {
  for (auto& [id, peer] : sessions.all()) {
    peer.list_version = 0;
    sessions.save(peer);
  }
}

Messenger::Messenger(Context& context, Trust& trust)
    : state_(std::make_unique<State>(context, trust)) {}
Messenger::~Messenger() = default;

crypto::Status Messenger::load(const Identity& identity) { return state_->load(identity); }

MessageId Messenger::post(crypto::Kind kind, const CircleId& circle,
                          const std::vector<SignPublic>& to, ByteView plain) {
  State& s = *state_;
  Letter letter;
  letter.id.bytes = s.m.context.random.array<16>();
  letter.kind = kind;
  letter.circle = circle;
  letter.posted_at = s.m.context.now;
  letter.body = to_bytes(plain);
  const bool counts = kind == crypto::Kind::text;
  for (const SignPublic& account : to) {
    if (account == s.m.self->account || letter.addressed_to(account)) continue;
    letter.to.push_back({account, counts ? next_counter(s.m.context.store, circle, account) : 0});
  }
  if (counts) {
    Text text;
    text.id = letter.id;
    text.circle = circle;
    for (const Addressee& a : letter.to) text.to.push_back(a.account);
    text.sent_at = letter.posted_at;
    text.text = to_string(plain);
    show(s.m, s.texts, s.texts.add(std::move(text)));
  }
  const MessageId id = letter.id;
  if (!letter.to.empty()) s.outbox.add(std::move(letter));
  s.pump();
  return id;
}

void Messenger::subscribe_receipts(crypto::Kind kind, OnReceipt on_receipt) {
  state_->sender.on_receipt([kind, then = std::move(on_receipt)](
                                crypto::Kind of, const SignPublic& from, const DeviceId& device) {
    if (of == kind) then(from, device);
  });
}

bool Messenger::on_its_way(const MessageId& id, const SignPublic& account,
                           const DeviceId& device) const {
  const Letter* letter = state_->outbox.find(id);
  if (letter == nullptr) return false;
  return std::any_of(letter->to.begin(), letter->to.end(), [&](const Addressee& a) {
    return a.account == account &&
           (!a.resolved ||
            std::any_of(a.targets.begin(), a.targets.end(), [&device](const Target& t) {
              return t.device == device && t.progress != Progress::gone;
            }));
  });
}

void Messenger::again(const MessageId& id) {
  Letter* letter = state_->outbox.find(id);
  if (letter == nullptr) return;
  state_->sender.again(*letter);
  state_->pump();
}

void Messenger::seal_notes(crypto::Kind kind, const CircleId& circle, std::uint16_t scope,
                           ByteView plain, std::optional<Duration> wait, Sealed then) {
  state_->notes.seal(kind, circle, scope, plain, wait, std::move(then));
}

void Messenger::send_apart(const MessageId& notes, const std::vector<v1::Envelope>& envelopes) {
  state_->notes.send_apart(notes, envelopes);
  state_->pump();
}

void Messenger::delivered(const v1::Delivery& delivery) {
  if (delivery.has_frame()) state_->inbox.delivered(delivery.seq(), view(delivery.frame()));
}

void Messenger::subscribe(crypto::Kind kind, OnIncoming on_incoming) {
  state_->inbox.subscribe(kind, std::move(on_incoming));
}

std::vector<v1::MessageView> Messenger::messages(const CircleId* circle, Instant since) const {
  std::vector<v1::MessageView> out;
  for (const Text* text : state_->texts.list(circle, since))
    out.push_back(view_of(state_->m, state_->texts, *text));
  return out;
}

Status Messenger::mark_read(const MessageId& id) {
  State& s = *state_;
  Text* text = s.texts.theirs(id);
  if (text == nullptr) return Error::bad_argument;
  if (text->state == TextState::read) return Unit{};
  show_state(s.m, s.texts, *text, TextState::read);
  s.receipts.owe(text->circle, text->from_device, text->id, ReceiptState::read);
  s.pump();
  return Unit{};
}

void Messenger::online() {
  State& s = *state_;
  s.publish_from = 0;
  s.starter.online();
  s.shadows.online();
  s.sender.online();
  if (s.m.context.server_restored) {
    s.forget_unreplied();
    s.sender.all_again();
  }
  s.housekeeping();
  s.sender.expire(s.m.context.now);
  s.publish_prekeys();
  s.pump();
  s.shadows.renew();
}

void Messenger::offline() { state_->inbox.offline(); }

void Messenger::tick() {
  State& s = *state_;
  s.shadows.settle();
  if (s.m.context.now - s.housekept_at >= housekeeping_period) s.housekeeping();
  s.sender.expire(s.m.context.now);
  s.publish_prekeys();
  s.inbox.retry();
  s.notes.go_on();
  s.pump();
  s.shadows.renew();
}

bool Messenger::idle() const {
  const State& s = *state_;
  return s.starter.idle() && s.sender.idle() && s.inbox.idle() && s.notes.idle() &&
         s.shadows.idle() && !s.publishing &&
         (!s.m.logged_in() || s.trust_seen == s.m.trust.revision());
}

std::optional<Instant> Messenger::wake_at() const {
  const State& s = *state_;
  Instant out = s.housekept_at + housekeeping_period;
  const auto no_later = [&out](std::optional<Instant> at) {
    if (at) out = std::min(out, *at);
  };
  if (!s.outbox.letters().empty())
    no_later(s.outbox.letters().begin()->second.posted_at + message_life);
  if (s.shadows.unsettled()) no_later(s.m.context.now);
  if (!s.m.logged_in()) return out;
  no_later(s.starter.retry_at());
  no_later(s.sender.retry_at());
  no_later(s.inbox.retry_at());
  no_later(s.notes.wake_at());
  no_later(s.shadows.retry_at());
  if (!s.m.self->decoy && !s.publishing)
    if (const auto due = OwnPrekeys::due_at(s.m.context.store))
      no_later(std::max(*due, s.publish_from));
  // Something new is trusted: what has waited for it may go on.
  if (s.trust_seen != s.m.trust.revision()) no_later(s.m.context.now);
  return out;
}

std::size_t Messenger::waiting() const {
  const auto& letters = state_->outbox.letters();
  return static_cast<std::size_t>(std::count_if(
      letters.begin(), letters.end(), [](const auto& entry) { return entry.second.unstored(); }));
}

std::uint32_t Messenger::unopened() const { return state_->inbox.unopened(); }

}  // namespace livlina::client

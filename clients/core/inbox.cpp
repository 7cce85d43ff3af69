#include "clients/core/inbox.hpp"

#include <algorithm>
#include <utility>

#include "clients/core/message_layout.hpp"
#include "crypto/e2ee/frame.hpp"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

constexpr std::size_t most_held = 1000;  // more stay at the server, unacknowledged
constexpr Duration hold = minute;        // between two tries of a held frame
// The server hands out 24 frames before the first must be acknowledged. When it cannot tell for so
// long what decides some, no sender may keep more than a third of these places taken.
constexpr Duration patience = 10 * minute;
constexpr std::size_t most_of_one = 8;
constexpr std::string_view unopened_key = "inbox/unopened";

}  // namespace

void Inbox::subscribe(crypto::Kind kind, Messenger::OnIncoming on_incoming) {
  subscribers_[kind] = std::move(on_incoming);
}

void Inbox::delivered(std::uint64_t seq, ByteView frame) {
  if (held_.count(seq) != 0 || held_.size() >= most_held) return;
  try_waiting();
  held_.emplace(seq, Held{to_bytes(frame), m_.context.now});
  due_.insert(seq);
  try_due();
}

// What waits for something that has come by another way goes before what comes now: else a later
// frame would overtake it, and show a gap where nothing is missing (M2).
void Inbox::try_waiting() {
  const std::uint64_t known = m_.trust.revision();
  if (std::exchange(tried_with_, known) == known) return;
  for (const auto& [seq, held] : held_) due_.insert(seq);
  try_due();
}

// Oldest first. An answer that is there at once, or a frame that leads to another, adds to `due_`
// while this runs.
void Inbox::try_due() {
  if (trying_) return;
  trying_ = true;
  bool settled = false;
  while (!due_.empty()) {
    const std::uint64_t seq = *due_.begin();
    due_.erase(due_.begin());
    const auto it = held_.find(seq);
    if (it == held_.end()) continue;
    it->second.tried_at = m_.context.now;
    if (!open(seq, it->second)) continue;
    held_.erase(it);
    acknowledge(seq);
    settled = true;
  }
  trying_ = false;
  if (settled) changed_();
}

void Inbox::retry() {
  try_waiting();
  std::map<SignPublic, std::size_t> waiting;
  for (auto& [seq, held] : held_) {
    if (held.asking || m_.context.now - held.tried_at < hold) continue;
    due_.insert(seq);
    if (held.from && m_.context.now - held.since >= patience)
      held.given_up = ++waiting[*held.from] > most_of_one;
  }
  try_due();
}

void Inbox::offline() { held_.clear(); }

bool Inbox::idle() const {
  return std::none_of(held_.begin(), held_.end(),
                      [](const auto& entry) { return entry.second.asking; });
}

std::optional<Instant> Inbox::retry_at() const {
  std::optional<Instant> out;
  for (const auto& [seq, held] : held_)
    if (!held.asking) out = std::min(out.value_or(held.tried_at + hold), held.tried_at + hold);
  return out;
}

void Inbox::acknowledge(std::uint64_t seq) {
  v1::Request request;
  request.mutable_ack_deliveries()->add_seqs(seq);
  // Lost with the connection: the server delivers it again, and it is acknowledged again.
  m_.context.requests.send(std::move(request), [](const v1::ServerFrame*) {});
}

// Unknown hints without a valid init part: nothing tells whose they are, so they are only counted.
void Inbox::count_unopened() {
  ByteWriter w;
  m_.context.store.put(unopened_key, w.u8(1).u32(unopened() + 1).get());
}

std::uint32_t Inbox::unopened() const {
  ByteReader r(m_.context.store.get(unopened_key));
  const std::uint8_t version = r.u8();
  const std::uint32_t count = r.u32();
  return r.done() && version == 1 ? count : 0;
}

bool Inbox::wait(std::uint64_t seq, Held& held, bool Fetched::* what, const Fetch& ask) {
  if (held.given_up) {
    count_unopened();
    return true;
  }
  if (held.asking) return false;  // tried again before the answer
  held.asking = true;
  ask([this, seq, what](Status status) { fetched(seq, what, status); });
  return false;
}

// Whatever the server answers decides, "nothing for you" and what does not verify as well: who
// could make it answer so would make frames wait for good. Without an answer it is asked again.
void Inbox::fetched(std::uint64_t seq, bool Fetched::* what, const Status& status) {
  const auto it = held_.find(seq);
  if (it == held_.end()) return;
  Held& held = it->second;
  held.asking = false;
  const bool answered = status.ok() || status.error() != Error::offline;
  if (answered) {
    held.fetched.*what = true;
    due_.insert(seq);
  }
  if (what == &Fetched::list) held.nobody = !status.ok() && status.error() == Error::refused;
  try_waiting();  // what is missing may have come although the rest of the answer did not
  try_due();
}

bool Inbox::open(std::uint64_t seq, Held& held) {
  const Bytes bytes = held.frame;  // the views of the parts must outlive `held`
  const auto frame = crypto::parse_frame(bytes);
  if (!frame.ok()) {
    count_unopened();
    return true;
  }
  if (Peer* peer = sessions_.by_hint(frame->hint)) return open_known(seq, held, *peer, *frame);
  return open_first(seq, held, *frame);
}

void Inbox::refuse(std::string_view code, const CircleId& circle, const SignPublic& from) {
  m_.context.forget_warning(code, circle.view(), from.view());  // shown each time
  m_.context.warn(code, circle.view(), from.view());
}

Inbound Inbox::footing(std::uint64_t seq, Held& held, const crypto::Header& header,
                       const SignPublic& from, const DeviceId& device) {
  Inbound how = inbound(m_, header, from, device);
  if (how.answer != Inbound::Answer::fetch) return how;
  const bool desk = is_desk(m_.trust, header.circle);
  // Whether the sender has a standing does not decide before that: a line that was added a moment
  // ago knows a manifest that we do not.
  if (desk ? held.fetched.desk : held.fetched.circle) {
    count_unopened();
    return unproved(m_, header, from);
  }
  const bool over =
      desk ? wait(seq, held, &Fetched::desk,
                  [this](Trust::Then then) { m_.trust.fetch_desk(std::move(then)); })
           : wait(seq, held, &Fetched::circle, [this, circle = header.circle](Trust::Then then) {
               m_.trust.fetch_circle(circle, std::move(then));
             });
  if (over) {
    how.answer = Inbound::Answer::refused;
    how.code = "gap";
  }
  return how;
}

bool Inbox::open_known(std::uint64_t seq, Held& held, Peer& peer, const crypto::FrameParts& frame) {
  const auto* list = m_.trust.device_list(peer.account);
  if (list == nullptr || (*list)->find(peer.device) == nullptr) {
    refuse("unknown_device", CircleId{}, peer.account);
    return true;
  }
  crypto::Session& session = *peer.sessions.by_hint(frame.hint);
  const auto header = session.open_header(frame);
  if (!header.ok()) {
    if (header.error() == crypto::Error::cannot_open)
      broken(peer, session);
    else
      refuse("refused_kind", CircleId{}, peer.account);
    return true;
  }
  held.from = peer.account;
  const Inbound how = footing(seq, held, *header, peer.account, peer.device);
  if (how.answer == Inbound::Answer::fetch) return false;
  if (how.answer == Inbound::Answer::refused) {
    if (held.given_up)
      broken(peer, session);  // it comes again, under its own id
    else
      refuse(how.code, header->circle, peer.account);
    return true;
  }
  const auto plain = session.decrypt(frame, how.roles, m_.context.now, m_.context.random);
  if (plain.ok()) {
    sessions_.save(peer);
    accept(peer, *header, how, plain->expose());
  } else if (plain.error() == crypto::Error::bad_format) {
    refuse("refused_kind", header->circle, peer.account);
  } else if (plain.error() != crypto::Error::duplicate) {
    broken(peer, session);
  }
  return true;
}

// A gap to show, and a reset: at most one an hour and so many a day, so that nobody can make us
// spend prekeys.
void Inbox::broken(Peer& peer, const crypto::Session& session) {
  refuse("gap", CircleId{}, peer.account);
  const Instant now = m_.context.now;
  peer.resets.erase(std::remove_if(peer.resets.begin(), peer.resets.end(),
                                   [now](Instant at) { return now - at >= day; }),
                    peer.resets.end());
  const bool too_soon = !peer.resets.empty() && now - peer.resets.back() < hour;
  if (m_.self->decoy || peer.owed_reset || too_soon || peer.resets.size() >= most_resets_a_day)
    return;
  peer.resets.push_back(now);
  peer.owed_reset = OwedReset{session.sid(), session.last_n().value_or(nothing_came)};
  sessions_.save(peer);
}

}  // namespace livlina::client

#include "crypto/e2ee/session.hpp"

#include "crypto/core/padding.hpp"
#include "crypto/e2ee/seal.hpp"
#include "crypto/e2ee/session_state.hpp"

namespace livlina::crypto {

namespace {

constexpr std::uint8_t from_initiator = 0;
constexpr std::uint8_t from_responder = 1;

// "livlina/1/ad\0" || suite || account_A || device_A || account_B || device_B || SID || dir ||
// queue
ByteWriter associated(const End& a, const End& b, const ByteArray<32>& sid, bool by_initiator,
                      std::uint8_t queue) {
  ByteWriter w(13 + 2 + 2 * 48 + 32 + 2 + header_size + 2 + 32);
  w.str("livlina/1/ad").u8(0).u16(suite_1);
  w.bytes(a.account).bytes(a.device.view()).bytes(b.account).bytes(b.device.view());
  w.bytes(sid).u8(by_initiator ? from_initiator : from_responder).u8(queue);
  return w;
}

Bytes header_ad(ByteWriter ad, ByteView init) { return ad.bytes(sha256(init)).take(); }

Bytes body_ad(ByteWriter ad, ByteView header, Roles roles, ByteView sealed_header) {
  ad.bytes(header).u8(static_cast<std::uint8_t>(roles.from));
  ad.u8(static_cast<std::uint8_t>(roles.to)).bytes(sha256(sealed_header));
  return ad.take();
}

bool may(const KindRule& rule, Roles roles) {
  return role_known(static_cast<std::uint8_t>(roles.from)) &&
         role_known(static_cast<std::uint8_t>(roles.to)) && allows(rule.senders, roles.from) &&
         allows(rule.receivers, roles.to);
}

// An authentic header whose kind does not go with the frame around it.
bool agrees(const Header& header, const FrameParts& frame) {
  const KindRule* r = rule(header.kind);
  return r != nullptr && static_cast<std::uint8_t>(r->queue) == frame.queue &&
         (r->fixed_size == 0 || frame.body.size() == r->fixed_size + seal_overhead);
}

// A header that opened: its exact bytes, because they are associated data of the body.
struct Opened {
  Header header;
  SecretBytes bytes;
  DoubleRatchet::ChainRef chain;
};

Result<Opened> open_with(const DoubleRatchet& ratchet, ByteView ad, const FrameParts& frame) {
  const auto chains = ratchet.find(frame.hint);
  if (chains.empty()) return Error::unknown_hint;
  for (const auto chain : chains) {
    auto bytes = open(ratchet.header_key(chain).key(), SealPurpose::header, ad, frame.header);
    if (!bytes.ok()) continue;
    LIVLINA_TRY(header, parse_header(bytes->expose()));
    if (!agrees(header, frame)) return Error::bad_format;
    return Opened{header, std::move(bytes).value(), chain};
  }
  return Error::cannot_open;
}

}  // namespace

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Session Session::copy() const { return Session(std::make_unique<State>(state_->copy())); }

Result<Session> Session::start(const Party& us, const Party& them, Initiated initiated,
                               std::uint32_t gen, const DhPublic& their_spk, Instant now,
                               Random& random) {
  const Agreement& agreement = initiated.agreement;
  LIVLINA_TRY(ratchet, DoubleRatchet::initiator(agreement, their_spk, random));
  return Session(std::make_unique<State>(State{true,
                                               gen,
                                               {us.account.bytes(), us.device},
                                               {them.account.bytes(), them.device},
                                               agreement.sid,
                                               now,
                                               false,
                                               std::move(initiated.init),
                                               std::move(ratchet)}));
}

Result<Session> Session::accept(const Party& us, const Party& them, Agreement agreement,
                                std::uint32_t gen, const DhKeyPair& our_spk, Instant now) {
  return Session(std::make_unique<State>(State{false,
                                               gen,
                                               {them.account.bytes(), them.device},
                                               {us.account.bytes(), us.device},
                                               agreement.sid,
                                               now,
                                               false,
                                               {},
                                               DoubleRatchet::responder(agreement, our_spk)}));
}

Result<Bytes> Session::encrypt(const Outgoing& what, ByteView plain, Random& random) {
  State& s = *state_;
  const KindRule* r = rule(static_cast<std::uint8_t>(what.kind));
  const Roles roles{what.role_from, what.role_to};
  if (r == nullptr || !may(*r, roles)) return Error::bad_format;
  if (what.always_init && !s.initiator) return Error::not_ready;
  LIVLINA_TRY(padded, r->fixed_size == 0 ? pad(plain) : pad_to(plain, r->fixed_size));
  LIVLINA_TRY(keys, s.ratchet.send());  // nothing fails after this

  const ByteView init = !s.replied || what.always_init ? ByteView(s.init) : ByteView{};
  const std::uint8_t queue = static_cast<std::uint8_t>(r->queue);
  const ByteWriter ad = associated(s.a, s.b, s.sid, s.initiator, queue);
  const Bytes header = encode(Header{keys.header.dh, keys.header.pn, keys.header.n,
                                     static_cast<std::uint8_t>(what.kind), what.circle,
                                     what.manifest_version, what.manifest_hash});
  const Bytes sealed_header =
      seal(keys.header_key.key(), SealPurpose::header, header_ad(ad, init), header, random);
  const Bytes body =
      std::move(keys.message_key)
          .encrypt(body_ad(ad, header, roles, sealed_header), padded.expose(), random);
  return encode(FrameParts{queue, init, keys.header_key.hint(), sealed_header, body});
}

Result<Header> Session::open_header(const FrameParts& frame) const {
  const State& s = *state_;
  const ByteWriter ad = associated(s.a, s.b, s.sid, !s.initiator, frame.queue);
  LIVLINA_TRY(opened, open_with(s.ratchet, header_ad(ad, frame.init), frame));
  return opened.header;
}

Result<SecretBytes> Session::decrypt(const FrameParts& frame, Roles roles, Instant now,
                                     Random& random) {
  const State& s = *state_;
  const ByteWriter ad = associated(s.a, s.b, s.sid, !s.initiator, frame.queue);
  LIVLINA_TRY(opened, open_with(s.ratchet, header_ad(ad, frame.init), frame));
  const Header& h = opened.header;
  if (!may(*rule(h.kind), roles)) return Error::bad_format;

  // On a copy: a frame that fails anywhere leaves no trace.
  DoubleRatchet advanced = s.ratchet.copy();
  LIVLINA_TRY(key, advanced.receive(opened.chain, {h.dh, h.pn, h.n}, now, random));
  LIVLINA_TRY(padded, std::move(key).decrypt(
                          body_ad(ad, opened.bytes.expose(), roles, frame.header), frame.body));
  auto plain = unpad(std::move(padded));
  if (!plain.ok()) return Error::cannot_open;
  state_->ratchet = std::move(advanced);
  state_->replied = true;
  return plain;
}

std::vector<Hint> Session::hints() const { return state_->ratchet.hints(); }
std::uint32_t Session::gen() const { return state_->gen; }
const ByteArray<32>& Session::sid() const { return state_->sid; }
const DeviceId& Session::their_device() const {
  return state_->initiator ? state_->b.device : state_->a.device;
}
bool Session::initiator() const { return state_->initiator; }
bool Session::replied() const { return state_->replied; }
Instant Session::created_at() const { return state_->created_at; }
std::optional<std::uint32_t> Session::last_n() const { return state_->ratchet.last_n(); }
bool Session::can_send() const { return state_->ratchet.can_send(); }
std::size_t Session::missing() const { return state_->ratchet.stored(); }
bool Session::expire(Instant now) { return state_->ratchet.expire(now); }

}  // namespace livlina::crypto

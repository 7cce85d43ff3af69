#include "clients/core/shadow_sessions.hpp"

#include <algorithm>
#include <utility>

#include "clients/core/message_layout.hpp"
#include "crypto/e2ee/limits.hpp"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t most_pickle = 1 << 20;
constexpr std::string_view mark_key = "shadow_mark";  // signed at enrolment

std::string key(const DeviceId& device) { return "shadow_session/" + device.hex(); }

}  // namespace

std::optional<ShadowSessions::Given> ShadowSessions::given(const SignPublic& account,
                                                           const DeviceId& device) const {
  ByteReader r(m_.context.store.get(key(device)));
  const std::uint8_t v = r.u8();
  Given out{Peer(account, device)};
  out.at = r.i64();
  out.settled = r.u8() == 1;
  out.peer.highest_spk = r.u32();
  out.peer.list_version = r.u32();
  const ByteView pickle = r.sized(most_pickle);
  if (!r.done() || v != version) return std::nullopt;
  auto sessions = crypto::SessionSet::unpickle(pickle);
  if (!sessions.ok()) return std::nullopt;
  out.peer.sessions = std::move(sessions).value();
  return out;
}

void ShadowSessions::save(const Given& given) {
  const auto pickle = given.peer.sessions.pickle();
  ByteWriter w(64 + pickle.size());
  w.u8(version).i64(given.at).u8(given.settled ? 1 : 0);
  w.u32(given.peer.highest_spk).u32(given.peer.list_version).sized(pickle.expose());
  Bytes bytes = w.take();
  m_.context.store.put(key(given.peer.device), bytes);
  crypto::wipe(bytes);
}

std::vector<ShadowSessions::Wanted> ShadowSessions::reachable(const Circle& circle) const {
  std::vector<Wanted> out;
  for (const Trust::Reach& reached : m_.trust.reach(circle, scope_alarm, m_.context.now)) {
    if (reached.account == m_.self->account) continue;
    for (const protocol::Device& device : reached.devices) out.push_back({reached.account, device});
  }
  return out;
}

void ShadowSessions::settle() {
  for (const auto& [device, account] : std::exchange(given_, {})) {
    auto before = given(account, device);
    if (!before) continue;
    before->settled = true;
    save(*before);
  }
}

bool ShadowSessions::due(const Wanted& wanted) const {
  if (given_.count(wanted.device.id) != 0) return false;
  const auto before = given(wanted.account, wanted.device.id);
  const auto* list = m_.trust.device_list(m_.self->account);
  // The shadow never gets a reply, so its frames carry the init part always, with our list in it.
  return !before || !before->settled || before->peer.list_version != (*list)->version ||
         m_.context.now - before->at >= crypto::renewal_period;
}

void ShadowSessions::renew() {
  if (!m_.self->participant || m_.self->decoy || !m_.logged_in()) return;
  const Circle* circle = m_.trust.circle_of(m_.self->account);
  if (circle == nullptr || m_.trust.device_list(m_.self->account) == nullptr) return;
  for (const Wanted& wanted : reachable(*circle)) {
    const DeviceId& id = wanted.device.id;
    if (!requests_.failed(id) && !requests_.fetching(id) && due(wanted))
      requests_.want(wanted.account, wanted.device);
  }
  requests_.send();
}

bool ShadowSessions::start(const Wanted& wanted, const v1::PrekeyBundle& received) {
  const auto shadow = load_shadow(m_.context.store);
  const auto* ours = m_.trust.device_list(m_.self->account);
  if (!shadow.ok() || !*shadow || ours == nullptr) return false;
  auto next = given(wanted.account, wanted.device.id);
  if (!next) next = Given{Peer(wanted.account, wanted.device.id)};
  Peer& peer = next->peer;
  const auto bundle = verify_bundle(m_, wanted.account, wanted.device, peer.highest_spk, received);
  if (!bundle) return false;
  const crypto::Party us{m_.self->account, (*shadow)->device, (*shadow)->device_key.public_key(),
                         (*shadow)->ik.public_key()};
  const Instant now = m_.context.now;
  const std::uint32_t gen = peer.sessions.highest_gen() + 1;
  auto initiated =
      crypto::initiate(us, (*shadow)->ik, *bundle, gen, ours->record(), m_.context.random);
  if (!initiated.ok()) return false;
  auto session = crypto::Session::start(us, bundle->party, std::move(initiated).value(), gen,
                                        bundle->spk.key, now, m_.context.random);
  if (!session.ok() || !peer.sessions.add(std::move(session).value()).ok()) return false;
  // Only the new one: the decoy realm has used the old ones further than we know.
  (void)peer.sessions.expire(now + crypto::key_life);
  peer.highest_spk = bundle->spk.id;
  peer.list_version = (*ours)->version;
  next->at = now;
  next->settled = false;
  if (!ship_first(*next)) return false;
  save(*next);
  put_decoy_peer(m_.context.store, peer);
  given_.emplace(peer.device, peer.account);
  return true;
}

// Kind 12 from the shadow itself, over our own connection: its receiver accepts the session while
// nobody is in need, and the decoy's later frames find it there.
bool ShadowSessions::ship_first(Given& given) {
  const Circle* circle = m_.trust.circle_of(m_.self->account);
  if (circle == nullptr) return false;
  const Outbound footing =
      outbound(m_, crypto::Kind::shadow_mark, circle->id, given.peer.account, given.peer.device);
  if (!footing.allowed) return false;
  const auto plain = encode(Plain{MessageId{}, m_.context.now, 0, m_.context.store.get(mark_key)});
  const crypto::Outgoing what{crypto::Kind::shadow_mark,
                              circle->id,
                              footing.version,
                              footing.hash,
                              footing.us,
                              footing.them,
                              false};
  auto frame = given.peer.sessions.sending()->encrypt(what, plain.expose(), m_.context.random);
  if (!frame.ok()) return false;
  sender_.ship(given.peer.device, std::move(frame).value());
  return true;
}

}  // namespace livlina::client

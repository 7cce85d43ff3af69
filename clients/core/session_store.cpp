#include "clients/core/session_store.hpp"

#include <algorithm>

namespace livlina::client {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::string_view session_prefix = "session/";
constexpr std::string_view peer_prefix = "peer/";
constexpr std::size_t most_resets = 64;

std::string session_key(const DeviceId& device) {
  return std::string(session_prefix) + device.hex();
}
std::string peer_key(const DeviceId& device) { return std::string(peer_prefix) + device.hex(); }

Bytes write_facts(const Peer& peer) {
  ByteWriter w;
  w.u8(version).bytes(peer.account.view()).u32(peer.highest_spk).u32(peer.list_version);
  w.u8(static_cast<std::uint8_t>(peer.resets.size()));
  for (const Instant at : peer.resets) w.i64(at);
  w.u8(static_cast<std::uint8_t>(peer.followed.size()));
  for (const Instant at : peer.followed) w.i64(at);
  w.u8(peer.owed_reset ? 1 : 0);
  if (peer.owed_reset) w.bytes(peer.owed_reset->sid).u32(peer.owed_reset->last_n);
  return w.take();
}

crypto::Result<Peer> read_facts(const DeviceId& device, ByteView value) {
  ByteReader r(value);
  if (r.u8() != version) return crypto::Error::bad_version;
  LIVLINA_TRY(account, crypto::parse_sign_key(r.view(32)));
  Peer peer(account, device);
  peer.highest_spk = r.u32();
  peer.list_version = r.u32();
  const std::size_t resets = r.u8();
  if (resets > most_resets) return crypto::Error::bad_format;
  for (std::size_t i = 0; i < resets; ++i) peer.resets.push_back(r.i64());
  const std::size_t followed = r.u8();
  if (followed > most_resets) return crypto::Error::bad_format;
  for (std::size_t i = 0; i < followed; ++i) peer.followed.push_back(r.i64());
  if (r.u8() == 1) peer.owed_reset = OwedReset{r.array<32>(), r.u32()};
  if (!r.done()) return crypto::Error::bad_format;
  return peer;
}

}  // namespace

crypto::Status SessionStore::load() {
  peers_.clear();
  by_hint_.clear();
  hints_of_.clear();
  for (const std::string& key : store_.keys(peer_prefix)) {
    const auto device = DeviceId::from(unhex(std::string_view(key).substr(peer_prefix.size())));
    if (!device) return crypto::Error::bad_format;
    LIVLINA_TRY(peer, read_facts(*device, store_.get(key)));
    LIVLINA_TRY(sessions, crypto::SessionSet::unpickle(store_.get(session_key(*device))));
    peer.sessions = std::move(sessions);
    index(peers_.emplace(*device, std::move(peer)).first->second);
  }
  return crypto::done();
}

Peer* SessionStore::find(const DeviceId& device) {
  const auto it = peers_.find(device);
  return it == peers_.end() ? nullptr : &it->second;
}

Peer& SessionStore::make(const SignPublic& account, const DeviceId& device) {
  return peers_.try_emplace(device, account, device).first->second;
}

Peer* SessionStore::by_hint(const crypto::Hint& hint) {
  const auto it = by_hint_.find(hint);
  return it == by_hint_.end() ? nullptr : find(it->second);
}

void SessionStore::save(const Peer& peer) {
  store_.put(session_key(peer.device), peer.sessions.pickle().expose());
  store_.put(peer_key(peer.device), write_facts(peer));
  index(peer);
}

void SessionStore::index(const Peer& peer) {
  auto& known = hints_of_[peer.device];
  for (const crypto::Hint& hint : known) by_hint_.erase(hint);
  known.clear();
  for (const crypto::Session& session : peer.sessions.all())
    for (const crypto::Hint& hint : session.hints())
      if (by_hint_.emplace(hint, peer.device).second) known.push_back(hint);
}

void SessionStore::expire(Instant now) {
  for (auto& [device, peer] : peers_) {
    const bool ended = !peer.sessions.expire(now).empty();
    if (peer.sessions.expire_keys(now) || ended) save(peer);
  }
}

void put_decoy_peer(Store& store, const Peer& peer) {
  store.put_decoy(session_key(peer.device), peer.sessions.pickle().expose());
  store.put_decoy(peer_key(peer.device), write_facts(peer));
}

}  // namespace livlina::client

// The sessions with every other device, by device and by the hint of a frame, and what is known
// beside them of a pair.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "clients/core/store.hpp"
#include "crypto/core/ids.hpp"
#include "crypto/core/keys.hpp"
#include "crypto/e2ee/session.hpp"

namespace livlina::client {

using crypto::SignPublic;

// A reset that we owe the other device: its new session is not started yet.
struct OwedReset {
  ByteArray<32> sid{};       // of the session that cannot go on
  std::uint32_t last_n = 0;  // as in Reset
};

// Another device and us.
struct Peer {
  Peer(const SignPublic& a, const DeviceId& d) : account(a), device(d) {}

  SignPublic account;
  DeviceId device;
  crypto::SessionSet sessions;
  std::uint32_t highest_spk = 0;   // a signed prekey with a lower id is a rollback
  std::uint32_t list_version = 0;  // of our DeviceList, as our last init part has it; 0: start anew
  std::vector<Instant> resets;     // ours, of the last day
  std::vector<Instant> followed;   // theirs that we followed, of the last day
  std::optional<OwedReset> owed_reset;
};

// Stored under "session/<device>" (the pickle) and "peer/<device>" (the rest).
class SessionStore {
 public:
  explicit SessionStore(Store& store) : store_(store) {}
  // bad_format, bad_version.
  [[nodiscard]] crypto::Status load();

  // Peers live as long as this object.
  [[nodiscard]] Peer* find(const DeviceId& device);
  [[nodiscard]] Peer& make(const SignPublic& account, const DeviceId& device);
  // The peer with a session that can receive this hint; nullptr when none.
  [[nodiscard]] Peer* by_hint(const crypto::Hint& hint);
  void save(const Peer& peer);
  [[nodiscard]] std::map<DeviceId, Peer>& all() { return peers_; }
  // Ends sessions and skipped keys whose time is over.
  void expire(Instant now);

 private:
  void index(const Peer& peer);
  Store& store_;
  std::map<DeviceId, Peer> peers_;
  std::map<crypto::Hint, DeviceId> by_hint_;
  std::map<DeviceId, std::vector<crypto::Hint>> hints_of_;
};

// Puts a peer into the decoy realm, where its messenger will load it.
void put_decoy_peer(Store& store, const Peer& peer);

}  // namespace livlina::client

// Who this device is: its account and device keys, its server, and whether this is the decoy realm.
#pragma once

#include <optional>
#include <string>

#include "clients/core/context.hpp"
#include "crypto/e2ee/dh.hpp"
#include "crypto/e2ee/words.hpp"
#include "crypto/e2ee/x3dh.hpp"
#include "protocol/records/device_list.hpp"

namespace livlina::v1 {
class PutPrekeys;
}  // namespace livlina::v1

namespace livlina::client {

struct Identity {
  SignPublic account;
  std::optional<crypto::SignKeyPair> account_key;  // absent in the decoy realm
  crypto::SignKeyPair device_key;
  crypto::DhKeyPair ik;
  DeviceId device;
  std::string name;
  std::string organisation;
  crypto::Language language = crypto::Language::english;
  std::string host;  // "host:port"
  ByteArray<32> server_pk{};
  std::optional<SignPublic> desk;  // nothing before it was made or told
  bool participant = false;
  bool decoy = false;

  [[nodiscard]] crypto::Party party() const;
};

// Stored under "identity"; nothing on a fresh device.
[[nodiscard]] crypto::Result<std::optional<Identity>> load_identity(const Store& store);
void save_identity(Store& store, const Identity& identity);
// The identity of the decoy realm (decoy = true, no account key), from the real one.
void save_decoy_identity(Store& store, const Identity& identity);

// The shadow's keys, kept by the real realm of a participant under "shadow".
struct Shadow {
  crypto::SignKeyPair device_key;
  crypto::DhKeyPair ik;
  DeviceId device;
};
[[nodiscard]] crypto::Result<std::optional<Shadow>> load_shadow(const Store& store);
void save_shadow(Store& store, const Shadow& shadow);

// Our prekeys: the current signed one and those replaced within 38 days, and the one-time stock.
// Never for a shadow, which publishes none.
struct OwnPrekeys {
  [[nodiscard]] static std::optional<crypto::DhKeyPair> signed_key(const Store& store,
                                                                   std::uint32_t id);
  [[nodiscard]] static std::optional<crypto::DhKeyPair> one_time_key(const Store& store,
                                                                     std::uint32_t id);
  static void erase_one_time(Store& store, std::uint32_t id);

  // What to publish: `one_time_count` new one-time keys, and the signed prekey's record unless the
  // server is known to have it; a new signed prekey when there is none or it is 7 days old. The
  // private parts are stored. After a lost reply the next call gives the same signed prekey.
  [[nodiscard]] static v1::PutPrekeys make(Store& store, crypto::Random& random,
                                           const crypto::SignKeyPair& device,
                                           const DeviceId& device_id, Instant now,
                                           unsigned one_time_count);
  // The server took what make() gave: the signed prekeys before it count as replaced now.
  static void published(Store& store, Instant now);
  // A signed prekey waits to be published or is 7 days old.
  [[nodiscard]] static bool due(const Store& store, Instant now);
  // When the current signed prekey will be 7 days old; nothing when there is none.
  [[nodiscard]] static std::optional<Instant> due_at(const Store& store);
  // Erases the private parts that were replaced 38 days ago, and what was remembered of init parts
  // under them.
  static void expire(Store& store, Instant now);

  // An init part without a one-time key, known for as long as its signed prekey lives.
  [[nodiscard]] static bool init_seen(const Store& store, std::uint32_t signed_id,
                                      const crypto::Hash& fingerprint);
  static void remember_init(Store& store, std::uint32_t signed_id, const crypto::Hash& fingerprint);
};

inline constexpr unsigned one_time_stock = 50;  // one-time keys at the server when it is full
inline constexpr unsigned one_time_low = 20;    // below it the stock is filled up again

}  // namespace livlina::client

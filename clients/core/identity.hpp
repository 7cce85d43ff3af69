// Who this device is: its account and device keys, its server, and whether this is the decoy realm.
#pragma once

#include <optional>
#include <string>

#include "clients/core/context.hpp"
#include "crypto/e2ee/dh.hpp"
#include "crypto/e2ee/words.hpp"
#include "crypto/e2ee/x3dh.hpp"
#include "protocol/records/device_list.hpp"

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
struct OwnPrekeys {
  [[nodiscard]] static std::optional<crypto::DhKeyPair> signed_key(const Store& store,
                                                                   std::uint32_t id);
  [[nodiscard]] static std::optional<crypto::DhKeyPair> one_time_key(const Store& store,
                                                                     std::uint32_t id);
  static void erase_one_time(Store& store, std::uint32_t id);
};

}  // namespace livlina::client

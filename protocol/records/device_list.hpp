// Which devices an account has: signed by the account, chained; and the records that go with a
// device: its signed prekey and, for a participant, the mark that names the shadow.
#pragma once

#include <vector>

#include "crypto/core/ids.hpp"
#include "crypto/core/sign.hpp"
#include "crypto/core/time.hpp"
#include "protocol/records/verified.hpp"

namespace livlina::protocol {

inline constexpr std::size_t max_devices = 5;

struct Device {
  DeviceId id;  // SHA-256("livlina/1/devid" || sig || ik)[0..16)
  crypto::SignPublic sig;
  crypto::DhPublic ik;
};

[[nodiscard]] DeviceId device_id(const crypto::SignPublic& sig, const crypto::DhPublic& ik);

struct DeviceList {
  crypto::SignPublic account;
  std::uint32_t version = 1;
  crypto::Hash prev{};  // zeros in version 1
  Instant issued_at = 0;
  std::vector<std::uint16_t> suites;
  crypto::DhPublic env;
  std::vector<Device> devices;  // 1 to max_devices, ids distinct

  [[nodiscard]] const Device* find(const DeviceId& id) const;
};

// body || signature by the account, purpose "devlist".
[[nodiscard]] Bytes sign_device_list(const DeviceList& list, const crypto::SignKeyPair& account);
// Verifies under the account key that stands in the record itself: the caller compares it with the
// account it expects.
[[nodiscard]] Result<Verified<DeviceList>> verify_device_list(ByteView record);
// `next` follows `known`: same account, version + 1, prev = hash. Errors: bad_chain, fork, stale.
[[nodiscard]] Status check_successor(const Verified<DeviceList>& known,
                                     const Verified<DeviceList>& next);

struct SignedPrekey {
  DeviceId device;
  std::uint32_t id = 0;
  crypto::DhPublic key;
  Instant issued_at = 0;
};
// Signed by the device, purpose "spk".
[[nodiscard]] Bytes sign_prekey(const SignedPrekey& spk, const crypto::SignKeyPair& device);
[[nodiscard]] Result<Verified<SignedPrekey>> verify_prekey(ByteView record, const Device& device);

// Which of a participant's two devices is the shadow.
struct ShadowMark {
  crypto::SignPublic account;
  DeviceId device;
  std::uint32_t serial = 1;
};
// Signed by the account, purpose "shadow".
[[nodiscard]] Bytes sign_shadow_mark(const ShadowMark& mark, const crypto::SignKeyPair& account);
[[nodiscard]] Result<Verified<ShadowMark>> verify_shadow_mark(ByteView record);

}  // namespace livlina::protocol

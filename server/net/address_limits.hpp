// Counts connections, in all and per address, so that one address cannot take all places.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "crypto/core/bytes.hpp"

namespace livlina::server {

// One counted party: an IPv4 address, or the /64 of an IPv6 address, since that is what one
// customer gets.
struct AddressKey {
  std::uint64_t high = 0;
  std::uint32_t low = 0;
  auto operator<=>(const AddressKey&) const = default;
};
[[nodiscard]] AddressKey address_key_v4(const ByteArray<4>& address);
// An IPv4 address mapped into IPv6 counts as the IPv4 address.
[[nodiscard]] AddressKey address_key_v6(const ByteArray<16>& address);

class AddressLimits;

// One counted connection: gives its place back at the end of its life.
class AddressPlace {
 public:
  AddressPlace(AddressPlace&& other) noexcept;
  AddressPlace& operator=(AddressPlace&&) = delete;
  ~AddressPlace();

 private:
  friend class AddressLimits;
  AddressPlace(AddressLimits& owner, const AddressKey& key) : owner_(&owner), key_(key) {}
  AddressLimits* owner_;
  AddressKey key_;
};

// Thread-safe; outlives its places. Addresses live in memory only, while they are connected.
class AddressLimits {
 public:
  AddressLimits(std::uint32_t total, std::uint32_t per_address)
      : total_(total), per_address_(per_address) {}
  // Nothing when the server or this address has no place left.
  [[nodiscard]] std::optional<AddressPlace> take(const AddressKey& key);
  [[nodiscard]] std::uint32_t taken() const;

 private:
  friend class AddressPlace;
  void give_back(const AddressKey& key);
  struct Hash {
    std::size_t operator()(const AddressKey& k) const;
  };
  const std::uint32_t total_;
  const std::uint32_t per_address_;
  mutable std::mutex mutex_;
  std::uint32_t taken_ = 0;
  std::unordered_map<AddressKey, std::uint32_t, Hash> by_address_;
};

}  // namespace livlina::server

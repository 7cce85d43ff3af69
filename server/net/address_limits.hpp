// Counts connections, in all, of strangers, and per address and network, so that no one customer of
// a provider can take all places.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "crypto/core/bytes.hpp"

namespace livlina::server {

// Where a connection comes from: an IPv4 address, or the upper half of an IPv6 address, since a /64
// is the least that one customer gets.
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
  // It has logged in: it is no stranger any more.
  void known();

 private:
  friend class AddressLimits;
  AddressPlace(AddressLimits& owner, const AddressKey& key) : owner_(&owner), key_(key) {}
  AddressLimits* owner_;
  AddressKey key_;
  bool stranger_ = true;
};

// Thread-safe; outlives its places. Addresses live in memory only, while they are connected.
class AddressLimits {
 public:
  // An IPv6 network may have more places than one address: a provider gives a customer a /56 or a
  // /48, but the phones of a whole town may share the latter.
  static constexpr std::uint32_t share_of_56 = 2;
  static constexpr std::uint32_t share_of_48 = 16;

  AddressLimits(std::uint32_t total, std::uint32_t per_address);
  // Nothing when the server, this address or its network has no place left, or strangers hold half
  // of all: whoever logs in must find one.
  [[nodiscard]] std::optional<AddressPlace> take(const AddressKey& key);
  [[nodiscard]] std::uint32_t taken() const;

 private:
  friend class AddressPlace;
  void give_back(const AddressKey& key, bool stranger);
  void known();

  // The address, its /56 and its /48; of an IPv4 address only the first.
  struct Counted {
    AddressKey key;
    unsigned bits = 0;
    bool operator==(const Counted&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Counted& c) const;
  };
  struct Levels {
    std::array<Counted, 3> of;
    std::size_t count = 0;
  };
  [[nodiscard]] static Levels levels(const AddressKey& key);
  [[nodiscard]] std::uint32_t most(const Counted& c) const;

  const std::uint32_t total_;
  const std::uint32_t per_address_;
  mutable std::mutex mutex_;
  std::uint32_t taken_ = 0;
  std::uint32_t strangers_ = 0;
  std::unordered_map<Counted, std::uint32_t, Hash> taken_by_;
};

}  // namespace livlina::server

// Counts connections, in all, of strangers, and per address and network, so that no one customer of
// a provider can take all places.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "crypto/core/bytes.hpp"
#include "server/session/limit.hpp"

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

// An address, or the network it belongs to: of IPv6 a /56 and a /48 besides.
struct AddressNetwork {
  AddressKey key;
  unsigned bits = 64;  // an IPv4 address: 64 as well
  bool operator==(const AddressNetwork&) const = default;

  // How many times an address's share it has: a provider gives a customer a /56 or a /48, but the
  // phones of a whole town may share the latter.
  [[nodiscard]] std::uint64_t shares() const { return bits == 64 ? 1 : (bits == 56 ? 2 : 16); }
};
struct AddressNetworkHash {
  std::size_t operator()(const AddressNetwork& network) const;
};
struct AddressNetworks {
  std::array<AddressNetwork, 3> of;
  std::size_t count = 0;  // 1 for IPv4
};
[[nodiscard]] AddressNetworks networks_of(const AddressKey& key);

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
  AddressLimits(std::uint32_t total, std::uint32_t per_address);
  // Nothing when the server, this address or its network has no place left, or strangers hold half
  // of all: whoever logs in must find one. Of that half an address or network holds no more than is
  // left of it: one alone gets half, two a third each, and whoever comes from elsewhere finds a
  // place to log in. `reached` then says which limit it was.
  [[nodiscard]] std::optional<AddressPlace> take(const AddressKey& key, Limit* reached = nullptr);
  [[nodiscard]] std::uint32_t taken() const;

 private:
  friend class AddressPlace;
  void give_back(const AddressKey& key, bool stranger);
  void known(const AddressKey& key);

  [[nodiscard]] std::uint32_t most(const AddressNetwork& network) const;

  const std::uint32_t total_;
  const std::uint32_t per_address_;
  mutable std::mutex mutex_;
  std::uint32_t taken_ = 0;
  std::uint32_t strangers_ = 0;
  struct Held {
    std::uint32_t all = 0;
    std::uint32_t strangers = 0;
  };
  std::unordered_map<AddressNetwork, Held, AddressNetworkHash> held_;
};

}  // namespace livlina::server

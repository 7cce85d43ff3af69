// How fast connections of one address may follow each other: a handshake costs the server a
// signature, so that who comes and goes without pause must not take the time of all others.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "server/net/address_limits.hpp"
#include "server/session/token_bucket.hpp"

namespace livlina::server {

// Not thread-safe. Addresses live in memory only, until their rate is used no more.
class ArrivalRate {
 public:
  // Of one address; of a network as many times more as AddressNetwork::shares says.
  ArrivalRate(std::uint32_t per_second, std::uint32_t burst);
  // False: this address, or its network, has to wait. `now`: a steady clock.
  [[nodiscard]] bool admit(const AddressKey& key, Duration now);
  [[nodiscard]] std::size_t remembered() const { return buckets_.size(); }

 private:
  void forget(Duration now);
  const std::uint32_t per_second_;
  const std::uint32_t burst_;
  std::unordered_map<AddressNetwork, TokenBucket, AddressNetworkHash> buckets_;
  std::size_t forget_at_;
};

}  // namespace livlina::server

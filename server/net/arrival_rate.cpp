#include "server/net/arrival_rate.hpp"

#include <algorithm>
#include <limits>

namespace livlina::server {

namespace {

constexpr std::size_t few = 1024;  // not worth a look at each of them

std::uint32_t times(std::uint32_t one, std::uint64_t shares) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(one * shares, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

ArrivalRate::ArrivalRate(std::uint32_t per_second, std::uint32_t burst)
    : per_second_(per_second), burst_(burst), forget_at_(few) {}

bool ArrivalRate::admit(const AddressKey& key, Duration now) {
  if (buckets_.size() >= forget_at_) forget(now);
  const AddressNetworks all = networks_of(key);
  std::array<TokenBucket*, 3> of{};
  for (std::size_t i = 0; i < all.count; ++i) {
    const std::uint64_t shares = all.of[i].shares();
    of[i] = &buckets_.try_emplace(all.of[i], times(per_second_, shares), times(burst_, shares), now)
                 .first->second;
  }
  // All or none: an address that is refused takes nothing of its network's.
  const auto end = of.begin() + static_cast<std::ptrdiff_t>(all.count);
  if (std::any_of(of.begin(), end, [&](TokenBucket* b) { return b->wait(now) > 0; })) return false;
  std::for_each(of.begin(), end, [&](TokenBucket* b) { (void)b->take(now); });
  return true;
}

// Whoever used nothing lately is as good as unknown.
void ArrivalRate::forget(Duration now) {
  std::erase_if(buckets_, [&](const auto& one) { return one.second.full(now); });
  forget_at_ = std::max(few, buckets_.size() * 2);
}

}  // namespace livlina::server

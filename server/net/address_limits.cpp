#include "server/net/address_limits.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace livlina::server {

namespace {

constexpr std::uint64_t v4_mark = 0xffff'0000'0000'0000;  // no /64 that is routed begins so

}  // namespace

AddressKey address_key_v4(const ByteArray<4>& a) {
  std::uint32_t low = 0;
  for (const std::uint8_t b : a) low = low << 8 | b;
  return {v4_mark, low};
}

AddressKey address_key_v6(const ByteArray<16>& a) {
  static constexpr ByteArray<12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), a.begin()))
    return address_key_v4({a[12], a[13], a[14], a[15]});
  std::uint64_t high = 0;
  for (std::size_t i = 0; i < 8; ++i) high = high << 8 | a[i];
  return {high, 0};
}

AddressPlace::AddressPlace(AddressPlace&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), key_(other.key_) {}

AddressPlace::~AddressPlace() {
  if (owner_ != nullptr) owner_->give_back(key_);
}

std::size_t AddressLimits::Hash::operator()(const AddressKey& k) const {
  return std::hash<std::uint64_t>{}(k.high * 0x9e37'79b9'7f4a'7c15U ^ k.low);
}

std::optional<AddressPlace> AddressLimits::take(const AddressKey& key) {
  const std::scoped_lock lock(mutex_);
  if (taken_ >= total_) return std::nullopt;
  std::uint32_t& mine = by_address_[key];  // below the total, so the map stays bounded
  if (mine >= per_address_) return std::nullopt;
  ++mine;
  ++taken_;
  return AddressPlace(*this, key);
}

std::uint32_t AddressLimits::taken() const {
  const std::scoped_lock lock(mutex_);
  return taken_;
}

void AddressLimits::give_back(const AddressKey& key) {
  const std::scoped_lock lock(mutex_);
  --taken_;
  const auto it = by_address_.find(key);
  if (it != by_address_.end() && --it->second == 0) by_address_.erase(it);
}

}  // namespace livlina::server

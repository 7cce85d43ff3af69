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

std::size_t AddressNetworkHash::operator()(const AddressNetwork& n) const {
  return std::hash<std::uint64_t>{}((n.key.high + n.bits) * 0x9e37'79b9'7f4a'7c15U ^ n.key.low);
}

AddressNetworks networks_of(const AddressKey& key) {
  AddressNetworks out;
  const auto add = [&](unsigned bits, std::uint64_t mask) {
    out.of[out.count++] = {{key.high & mask, key.low}, bits};
  };
  add(64, ~std::uint64_t{0});
  if (key.high == v4_mark) return out;
  add(56, ~std::uint64_t{0xff});
  add(48, ~std::uint64_t{0xffff});
  return out;
}

AddressPlace::AddressPlace(AddressPlace&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), key_(other.key_), stranger_(other.stranger_) {}

AddressPlace::~AddressPlace() {
  if (owner_ != nullptr) owner_->give_back(key_, stranger_);
}

void AddressPlace::known() {
  if (std::exchange(stranger_, false)) owner_->known(key_);
}

AddressLimits::AddressLimits(std::uint32_t total, std::uint32_t per_address)
    : total_(total), per_address_(per_address) {}

std::uint32_t AddressLimits::most(const AddressNetwork& network) const {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(per_address_ * network.shares(), total_));
}

std::optional<AddressPlace> AddressLimits::take(const AddressKey& key, Limit* reached) {
  const auto refuse = [&](Limit why) {
    if (reached != nullptr) *reached = why;
    return std::nullopt;
  };
  const std::scoped_lock lock(mutex_);
  const std::uint32_t strangers_part = std::max(total_ / 2, 1U);
  if (taken_ >= total_ || strangers_ >= strangers_part) return refuse(Limit::places);
  const AddressNetworks all = networks_of(key);
  for (std::size_t i = 0; i < all.count; ++i) {
    const auto it = held_.find(all.of[i]);
    if (it == held_.end()) continue;
    if (it->second.all >= most(all.of[i])) return refuse(Limit::address_places);
    if (it->second.strangers >= strangers_part - strangers_) return refuse(Limit::places);
  }
  for (std::size_t i = 0; i < all.count; ++i) {
    Held& held = held_[all.of[i]];
    ++held.all;
    ++held.strangers;
  }
  ++taken_;
  ++strangers_;
  return AddressPlace(*this, key);
}

std::uint32_t AddressLimits::taken() const {
  const std::scoped_lock lock(mutex_);
  return taken_;
}

void AddressLimits::give_back(const AddressKey& key, bool stranger) {
  const std::scoped_lock lock(mutex_);
  --taken_;
  if (stranger) --strangers_;
  const AddressNetworks all = networks_of(key);
  for (std::size_t i = 0; i < all.count; ++i) {
    const auto it = held_.find(all.of[i]);
    if (it == held_.end()) continue;
    if (stranger) --it->second.strangers;
    if (--it->second.all == 0) held_.erase(it);
  }
}

void AddressLimits::known(const AddressKey& key) {
  const std::scoped_lock lock(mutex_);
  --strangers_;
  const AddressNetworks all = networks_of(key);
  for (std::size_t i = 0; i < all.count; ++i) --held_[all.of[i]].strangers;
}

}  // namespace livlina::server

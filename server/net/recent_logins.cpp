#include "server/net/recent_logins.hpp"

#include <algorithm>

namespace livlina::server {

namespace {
constexpr std::size_t few = 1024;  // not worth a look at each of them
}

Duration RecentLogins::note(const DeviceId& device, Duration now) {
  const std::scoped_lock lock(mutex_);
  if (last_.size() >= std::max(few, forget_at_)) {
    std::erase_if(last_, [&](const auto& one) { return now - one.second >= kept_; });
    forget_at_ = last_.size() * 2;
  }
  const auto [it, first] = last_.try_emplace(device, now);
  const Duration since = first ? kept_ : std::clamp<Duration>(now - it->second, 0, kept_);
  it->second = now;
  return since;
}

std::size_t RecentLogins::remembered() const {
  const std::scoped_lock lock(mutex_);
  return last_.size();
}

}  // namespace livlina::server

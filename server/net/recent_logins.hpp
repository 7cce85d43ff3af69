// When a device logged in last, as long as it matters: who connects anew does not begin with a full
// burst of requests each time.
#pragma once

#include <mutex>
#include <unordered_map>

#include "crypto/core/ids.hpp"
#include "crypto/core/time.hpp"

namespace livlina::server {

// Thread-safe.
class RecentLogins {
 public:
  // After `kept` milliseconds a log-in is forgotten.
  explicit RecentLogins(Duration kept) : kept_(kept) {}
  // Notes a log-in: how long after the one before it, at most `kept`. `now`: a steady clock.
  [[nodiscard]] Duration note(const DeviceId& device, Duration now);
  [[nodiscard]] std::size_t remembered() const;

 private:
  const Duration kept_;
  mutable std::mutex mutex_;
  std::unordered_map<DeviceId, Duration> last_;
  std::size_t forget_at_ = 0;
};

}  // namespace livlina::server

// How often each limit of connections was reached since the start. Numbers only: never who.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "server/session/limit.hpp"

namespace livlina::server {

// Thread-safe.
class LimitCounts {
 public:
  // One more. The log gets a line with the total the first time, then at most once a minute.
  void count(Limit limit);
  [[nodiscard]] std::uint64_t of(Limit limit) const;

 private:
  struct One {
    std::atomic<std::uint64_t> total = 0;
    std::atomic<std::int64_t> silent_until = 0;  // steady clock
  };
  std::array<One, limits_in_all> all_;
};

}  // namespace livlina::server

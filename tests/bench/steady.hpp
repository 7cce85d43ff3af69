// Messages that begin at fixed instants, whatever became of those before: latencies count from the
// instant at which a message should have been sent.
#pragma once

#include <functional>

#include "tests/bench/loop.hpp"
#include "tests/bench/report.hpp"
#include "tests/bench/scale.hpp"

namespace livlina::bench {

inline constexpr std::size_t steady_pairs = 10;

class Pace {
 public:
  // Turns the loop for so many seconds and calls `send(pair, due)` at `rate` a second, pair by
  // pair.
  static void keep(Loop& loop, double rate, double seconds,
                   const std::function<void(std::size_t, Clock::time_point)>& send);
};

// Seconds of one window.
[[nodiscard]] double steady_window(const Scale& scale);

// One window of the same on Redis: RPUSH by one connection, BLPOP by another; no samples without
// redis-server.
struct RedisSteady {
  Samples latency;
  std::uint64_t cpu_ns = 0;  // of its process
  RedisSteady& operator+=(const RedisSteady& more);
  [[nodiscard]] double cpu_us() const {
    return static_cast<double>(cpu_ns) / 1000 / static_cast<double>(latency.count());
  }
};
[[nodiscard]] RedisSteady redis_steady(const Scale& scale);

}  // namespace livlina::bench

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

// The same on Redis: RPUSH by one connection, BLPOP by another; no samples without redis-server.
struct RedisSteady {
  Samples latency;
  double cpu_us = 0;  // of its process for each message
};
[[nodiscard]] RedisSteady redis_steady(const Scale& scale);

}  // namespace livlina::bench

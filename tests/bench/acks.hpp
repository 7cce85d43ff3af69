// Load with one message in flight for each connection.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/bench/report.hpp"
#include "tests/bench/scale.hpp"

namespace livlina::bench {

// Of one or more windows.
struct Acks {
  std::uint64_t count = 0;
  double seconds = 0;
  Samples latency;
  std::uint64_t cpu_ns = 0;  // of the process that acknowledges
  Acks& operator+=(const Acks& more);
  [[nodiscard]] double a_second() const { return static_cast<double>(count) / seconds; }
  [[nodiscard]] double cpu_us() const {
    return static_cast<double>(cpu_ns) / 1000 / static_cast<double>(count);
  }
};

// One window of the same load on Redis; an empty one when no redis-server is there.
[[nodiscard]] Acks redis_acks(std::size_t connections, const Scale& scale);
// One window of the rows of an acknowledged message straight into SQLite, so many in a transaction.
[[nodiscard]] Acks sqlite_rows(std::size_t batch, const Scale& scale);

}  // namespace livlina::bench

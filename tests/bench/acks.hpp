// Load with one message in flight for each connection.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/bench/report.hpp"
#include "tests/bench/scale.hpp"

namespace livlina::bench {

struct AckRate {
  double per_second = 0;
  Samples latency;
  double cpu_us = 0;  // of the peer's process for each
};

// The same load on Redis; nothing is measured when no redis-server is there: per_second 0.
[[nodiscard]] AckRate redis_acks(std::size_t connections, const Scale& scale);
// The rows of an acknowledged message straight into SQLite, so many in a transaction: rows a
// second.
[[nodiscard]] double sqlite_rows(std::size_t batch, const Scale& scale);

}  // namespace livlina::bench

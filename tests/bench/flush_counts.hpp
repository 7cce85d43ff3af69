// How often a process flushed files to the disk: the page that the preloaded counter shares with
// the benchmark.
#pragma once

#include <atomic>
#include <cstdint>

namespace livlina::bench {

// Names the file that holds a FlushCounts; without it the counter counts nothing.
inline constexpr const char* flush_counts_variable = "LIVLINA_BENCH_FLUSH_COUNTS";

struct FlushCounts {
  std::atomic<std::uint64_t> log;       // of write-ahead logs: one for each commit, see Flushes
  std::atomic<std::uint64_t> database;  // of the files themselves: checkpoints only
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "shared between processes");

}  // namespace livlina::bench

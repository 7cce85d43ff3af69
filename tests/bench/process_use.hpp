// What another process has used, as the kernel tells it.
#pragma once

#include <cstdint>

namespace livlina::bench {

struct CpuUse {
  std::uint64_t ns = 0;            // of all its threads
  std::uint64_t user_ticks = 0;    // in its own code, in hundredths of a second
  std::uint64_t kernel_ticks = 0;  // in the kernel for it
  // Of a longer time only; 0 when there was no tick.
  [[nodiscard]] double kernel_percent() const;
};
[[nodiscard]] CpuUse operator+(const CpuUse& one, const CpuUse& more);
[[nodiscard]] CpuUse operator-(const CpuUse& later, const CpuUse& earlier);
// Threads that have ended are missing in `ns`: server and peer keep theirs. Throws Failed.
[[nodiscard]] CpuUse cpu_of(int pid);
[[nodiscard]] std::uint64_t resident_kib_of(int pid);

}  // namespace livlina::bench

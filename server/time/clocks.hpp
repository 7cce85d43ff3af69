// The two clocks of the server: decisions use the wall clock, sleeping uses the boot clock.
#pragma once

#include "crypto/core/time.hpp"

namespace livlina::server {

class Clocks {
 public:
  virtual ~Clocks() = default;
  // UTC milliseconds; may be set forward or backward by the operator or a time service.
  [[nodiscard]] virtual Instant wall() const = 0;
  // Milliseconds since the machine started, counting suspension; never runs backward.
  [[nodiscard]] virtual Duration boot() const = 0;
};

// CLOCK_REALTIME and CLOCK_BOOTTIME. Thread-safe.
[[nodiscard]] const Clocks& system_clocks();

// Milliseconds of CLOCK_MONOTONIC, for time limits of connections only.
[[nodiscard]] Duration steady_now();

}  // namespace livlina::server

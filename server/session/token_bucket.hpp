// A rate with a burst: tokens come at a steady rate and every event takes one.
#pragma once

#include <cstdint>

#include "crypto/core/time.hpp"

namespace livlina::server {

// Counts in thousandths of a token, so that a millisecond at one a second is one unit: no rounding.
class TokenBucket {
 public:
  // Starts full. `per_second` and `burst` are at least 1.
  TokenBucket(std::uint32_t per_second, std::uint32_t burst, Duration now);

  // Holds at most so many tokens now; more come as ever.
  void lower_to(std::uint32_t tokens, Duration now);
  // Takes one token if there is one. `now` never runs backward for long: an earlier one adds
  // nothing.
  [[nodiscard]] bool take(Duration now);
  // Takes one even when none is left, down to -burst: the debt makes the next ones wait.
  void charge(Duration now);
  // Milliseconds until charge() is counted in full again; 0: it is.
  [[nodiscard]] Duration debt_wait(Duration now);
  // As much as it holds at most.
  [[nodiscard]] bool full(Duration now) const;
  // Milliseconds until take() succeeds; 0: at once.
  [[nodiscard]] Duration wait(Duration now);

 private:
  void refill(Duration now);
  [[nodiscard]] Duration until(std::int64_t level) const;
  std::int64_t rate_;   // thousandths a millisecond, that is tokens a second
  std::int64_t most_;   // thousandths
  std::int64_t level_;  // thousandths
  Duration last_;
};

}  // namespace livlina::server

// Finds out that the server was blind or that its clock was set: watch.md, rule 17.
#pragma once

#include <optional>

#include "crypto/core/time.hpp"

namespace livlina::server {

struct ClockEvent {
  enum class Kind : std::uint8_t {
    blind,     // suspended, stopped or held up: nothing was decided for over 30 s
    forward,   // the wall clock was set forward by over 30 s
    backward,  // or backward
  };
  Kind kind = Kind::blind;
  Instant from = 0;   // the last wall time that was lived through; after `to` when set backward
  Instant to = 0;     // the wall time now
  Duration size = 0;  // of the gap or the step, positive
};

// Fed at least every `longest_sleep`, so that whatever takes longer than the tolerance shows.
class ClockWatch {
 public:
  static constexpr Duration tolerance = 30 * second;
  static constexpr Duration longest_sleep = 10 * second;

  ClockWatch(Instant wall, Duration boot) : wall_(wall), boot_(boot) {}

  // Both clocks as they are now; an event when they do not go on from the last call.
  [[nodiscard]] std::optional<ClockEvent> observe(Instant wall, Duration boot);

 private:
  Instant wall_;
  Duration boot_;
};

}  // namespace livlina::server

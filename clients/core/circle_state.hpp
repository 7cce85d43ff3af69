// What the server says of a circle: `state` of circle.proto and core.proto. Its word alone, signed
// by nobody; Circle::armed() is the participant's own.
#pragma once

#include <cstdint>

namespace livlina::client {

// Another number stays as it came, and is none of these.
enum class CircleState : std::uint32_t {
  unknown = 0,
  setup = 1,
  armed = 2,
  degraded = 3,
  closed = 4
};

// Check-ins that do not come are noticed: with a backup, or without one.
[[nodiscard]] constexpr bool watched_by_server(CircleState state) {
  return state == CircleState::armed || state == CircleState::degraded;
}

}  // namespace livlina::client

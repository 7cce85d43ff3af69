#include "server/time/clock_watch.hpp"

namespace livlina::server {

std::optional<ClockEvent> ClockWatch::observe(Instant wall, Duration boot) {
  const Duration lived = boot - boot_;
  const Duration step = wall - (wall_ + lived);  // what the wall clock moved beyond time itself
  const Instant before = wall_;
  wall_ = wall;
  boot_ = boot;
  if (step < -tolerance) return ClockEvent{ClockEvent::Kind::backward, before + lived, wall, -step};
  if (step > tolerance) return ClockEvent{ClockEvent::Kind::forward, before, wall, step};
  if (lived > tolerance) return ClockEvent{ClockEvent::Kind::blind, before, wall, lived};
  return std::nullopt;
}

}  // namespace livlina::server

// Times of check-ins in the zone of the plan that they come from, wherever this machine is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "crypto/core/time.hpp"

namespace livlina::v1 {
class CircleView;
class Status;
}  // namespace livlina::v1

namespace livlina::cli {

struct LocalTime {
  std::uint32_t weekday = 0;  // 0 Monday
  std::string date;           // "2026-11-23"
  std::string clock;          // "04:14", with seconds when there are some
  bool again = false;         // the clock was put back, and shows this for the second time
};
// Nothing: the zone is unknown here.
[[nodiscard]] std::optional<LocalTime> local_time(Instant instant, const std::string& zone);
// "2026-11-23 04:14 (Europe/Stockholm)", with seconds when there are some; this machine's zone when
// the named one is unknown here. "-" for 0.
[[nodiscard]] std::string clock_in_zone(std::int64_t instant, const std::string& zone);
// The zone of a plan's first schedule; empty: there is none.
[[nodiscard]] std::string zone_of(const v1::CircleView& circle);
// That of the user's own circle.
[[nodiscard]] std::string own_zone(const v1::Status& status);

}  // namespace livlina::cli

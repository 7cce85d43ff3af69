// Times of check-ins in the zone of the plan that they come from, wherever this machine is.
#pragma once

#include <cstdint>
#include <string>

namespace livlina::v1 {
class CircleView;
class Status;
}  // namespace livlina::v1

namespace livlina::cli {

// "2026-11-23 04:14 (Europe/Stockholm)", with seconds when there are some; this machine's zone when
// the named one is unknown here. "-" for 0.
[[nodiscard]] std::string clock_in_zone(std::int64_t instant, const std::string& zone);
// The zone of a plan's first schedule; empty: there is none.
[[nodiscard]] std::string zone_of(const v1::CircleView& circle);
// That of the user's own circle.
[[nodiscard]] std::string own_zone(const v1::Status& status);

}  // namespace livlina::cli

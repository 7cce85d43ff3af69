// A schedule of a plan as commands and views say it, and back.
#pragma once

#include <optional>

#include "protocol/records/plan.hpp"

namespace livlina::v1 {
class ScheduleText;
}

namespace livlina::client {

[[nodiscard]] v1::ScheduleText text_of(const protocol::Schedule& schedule);
// With an id of zeros where the text has none. Nothing: numbers that no signed schedule has room
// for, or two rules. Whether it is possible, protocol::fault_of() says.
[[nodiscard]] std::optional<protocol::Schedule> schedule_of(const v1::ScheduleText& text);

}  // namespace livlina::client

// Schedules of a plan and the check-ins that they make, as lines for a person and as JSON. Numbered
// from 1 in their order: by these numbers `livlina plan remove` names them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "crypto/core/time.hpp"
#include "protocol/proto.hpp"

namespace livlina::cli {

using ScheduleList = google::protobuf::RepeatedPtrField<v1::ScheduleText>;

inline constexpr Duration slots_shown = 14 * day;

// One line for each schedule, and the members' own wait.
[[nodiscard]] std::string schedules_text(const ScheduleList& schedules,
                                         std::uint32_t member_wait_s);
[[nodiscard]] nlohmann::json schedules_json(const ScheduleList& schedules);

// The check-ins that are open at `now` or due within slots_shown, in order, in the zones of their
// schedules.
[[nodiscard]] std::string slots_text(const ScheduleList& schedules, Instant now);
[[nodiscard]] nlohmann::json slots_json(const ScheduleList& schedules, Instant now);

// "2 h 30 min", "90 s" as "1 min 30 s".
[[nodiscard]] std::string span_text(std::uint32_t seconds);
// "08:00"; what lies beyond a day begins anew.
[[nodiscard]] std::string minute_text(std::uint32_t minute_of_day);

}  // namespace livlina::cli

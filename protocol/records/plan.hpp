// The plan: when check-ins are due. Signed by the participant; immutable versions.
#pragma once

#include <string>
#include <vector>

#include "crypto/core/ids.hpp"
#include "crypto/core/sign.hpp"
#include "crypto/core/time.hpp"
#include "protocol/records/verified.hpp"

namespace livlina::protocol {

inline constexpr std::size_t max_schedules = 16;
inline constexpr std::size_t max_times = 24;     // per schedule
inline constexpr std::size_t max_reminders = 4;  // per schedule
// Plans that a put_plan may bring to link the server's newest with the one it is for; a
// participant's device keeps as many of those that were taken.
inline constexpr std::size_t max_plan_links = 16;

// The shortest interval: a schedule has at most 48 check-ins a day, for which people can still look
// up, and of which 14 days fit in what clients look at at once.
inline constexpr std::uint16_t least_interval = 30;  // minutes

enum class ScheduleRule : std::uint8_t { weekly = 1, interval = 2 };

struct WeeklyTime {
  std::uint8_t weekdays = 0;  // bit 0 Monday to bit 6 Sunday, at least one
  std::uint16_t minute = 0;   // of the local day, 0 to 1439
};

// A check-in at the start of the window, and again whenever `every` minutes have passed, as long as
// the window lasts; its last instant counts. What passes is elapsed time: on the day of a clock
// change there is one more, or one less.
struct IntervalWindow {
  std::uint8_t weekdays = 0;  // of the days on which it starts, as in WeeklyTime
  std::uint16_t from = 0;     // minute of that local day, 0 to 1439
  std::uint16_t length = 0;   // local minutes to its end, which may lie in the next day; below 1440
  std::uint16_t every = 0;    // least_interval to length

  bool operator==(const IntervalWindow&) const = default;
};

struct Schedule {
  ScheduleId id;
  ScheduleRule rule = ScheduleRule::weekly;
  std::string zone;  // a tz database name, 1 to 64 characters
  Instant valid_from = 0;
  Instant valid_to = 0;                    // after valid_from, before 2100
  std::uint32_t opens_before_s = 0;        // at most 24 h
  std::uint32_t grace_s = 0;               // at least 1 s, at most 12 h
  std::vector<std::uint32_t> reminders_s;  // seconds after due, rising, each below grace_s
  // weekly: 1 to max_times, distinct minutes per weekday; empty for the other rule.
  std::vector<WeeklyTime> times;
  IntervalWindow interval{};  // of the rule of that name; zeros for the other
};

struct Plan {
  CircleId circle;
  crypto::SignPublic participant;
  std::uint32_t version = 1;
  crypto::Hash prev{};
  Instant issued_at = 0;
  // Members' clients warn by themselves this long after a deadline without a record: default 120 s.
  std::uint16_t member_wait_s = 120;
  std::vector<Schedule> schedules;  // 0 to max_schedules, ids distinct
};

// Signed by the participant's account, purpose "plan".
[[nodiscard]] Bytes sign_plan(const Plan& plan, const crypto::SignKeyPair& participant);
[[nodiscard]] Result<Verified<Plan>> verify_plan(ByteView record);
[[nodiscard]] Status check_successor(const Verified<Plan>& known, const Verified<Plan>& next);

}  // namespace livlina::protocol

// When check-ins are due, found by walking the minutes of Stockholm's clock: written from
// protocol/spec/records.md ("Slots") and the EU's rule of summer time, without the code under test.
#pragma once

#include <vector>

#include "crypto/core/time.hpp"

namespace livlina::testing::sim {

struct WeeklyMinute {
  std::uint32_t weekdays = 0x7f;  // bit 0 Monday
  std::uint32_t minute = 0;       // of the local day
};

// Every so many minutes from a minute of the local day until as many local minutes later; both ends
// count.
struct Every {
  std::uint32_t weekdays = 0x7f;  // on which it starts
  std::uint32_t from = 0;
  std::uint32_t length = 0;
  std::uint32_t minutes = 0;  // 0: by times
};

// One schedule of a plan in Stockholm's time.
struct Timetable {
  std::vector<WeeklyMinute> times;
  Duration opens_before = hour;
  Duration grace = 30 * minute;
  std::vector<Duration> reminders;  // after due
  Every every{};                    // instead of times
};

struct DueTime {
  Instant opens_at = 0;
  Instant due = 0;
  Instant deadline = 0;
};

// Minutes since 1970-01-01 00:00 as Stockholm's clock shows them.
[[nodiscard]] std::int64_t stockholm_minute(Instant at);

// Every slot with after < opens_at <= until, in order: due when the clock first shows its minute or
// a later one; of those by intervals whenever so many minutes have passed since it first showed the
// start of the window or a later minute, until it first shows its end or a later one.
[[nodiscard]] std::vector<DueTime> due_times(const Timetable& timetable, Instant after,
                                             Instant until);

}  // namespace livlina::testing::sim

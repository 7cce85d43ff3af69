#include "tests/sim/due_times.hpp"

#include <algorithm>
#include <chrono>

namespace livlina::testing::sim {

namespace {

constexpr std::int64_t minutes_a_day = 24 * 60;

// 01:00 UTC of the month's last Sunday, when the EU's clocks change.
Instant clock_change(std::chrono::year year, std::chrono::month month) {
  using namespace std::chrono;
  const sys_days last = year / month / Sunday[std::chrono::last];
  return last.time_since_epoch().count() * day + hour;
}

bool starts(const Every& every, std::int64_t local_minute) {
  const std::int64_t weekday = (local_minute / minutes_a_day + 3) % 7;
  return (every.weekdays >> weekday & 1) != 0 && local_minute % minutes_a_day == every.from;
}

bool is_due(const Timetable& timetable, std::int64_t local_minute) {
  const std::int64_t local_day = local_minute / minutes_a_day;
  const std::int64_t weekday = (local_day + 3) % 7;  // 1970-01-01 was a Thursday
  return std::any_of(timetable.times.begin(), timetable.times.end(), [&](const WeeklyMinute& t) {
    return (t.weekdays >> weekday & 1) != 0 && t.minute == local_minute % minutes_a_day;
  });
}

std::vector<DueTime> by_intervals(const Timetable& timetable, Instant after, Instant until) {
  std::vector<DueTime> out;
  const Every& every = timetable.every;
  // From two days before, so that every window that is still open is seen to start.
  Instant at = (after + timetable.opens_before) / minute * minute - 2 * day;
  std::int64_t shown = stockholm_minute(at - minute);
  Instant started = 0;
  std::int64_t end = -1;  // of the window that is open: the local minute; none: before all of them
  for (; at - timetable.opens_before <= until; at += minute) {
    const std::int64_t now = stockholm_minute(at);
    while (shown < now)
      if (starts(every, ++shown)) {
        started = at;
        end = shown + every.length;
      }
    const bool due = end >= 0 && (at - started) % (every.minutes * minute) == 0;
    if (due && at - timetable.opens_before > after)
      out.push_back({at - timetable.opens_before, at, at + timetable.grace});
    if (shown >= end) end = -1;
  }
  return out;
}

}  // namespace

std::int64_t stockholm_minute(Instant at) {
  using namespace std::chrono;
  const year_month_day date{sys_days{days{at / day}}};
  const bool summer =
      at >= clock_change(date.year(), March) && at < clock_change(date.year(), October);
  return (at + (summer ? 2 * hour : hour)) / minute;
}

std::vector<DueTime> due_times(const Timetable& timetable, Instant after, Instant until) {
  if (timetable.every.minutes != 0) return by_intervals(timetable, after, until);
  std::vector<DueTime> out;
  // From some hours before, so that what a repeated hour has shown already is known.
  Instant at = (after + timetable.opens_before) / minute * minute - 3 * hour;
  std::int64_t shown = stockholm_minute(at - minute);
  for (; at - timetable.opens_before <= until; at += minute) {
    const std::int64_t now = stockholm_minute(at);
    bool due = false;
    while (shown < now) due = is_due(timetable, ++shown) || due;
    if (due && at - timetable.opens_before > after)
      out.push_back({at - timetable.opens_before, at, at + timetable.grace});
  }
  return out;
}

}  // namespace livlina::testing::sim

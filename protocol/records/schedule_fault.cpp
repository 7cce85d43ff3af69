#include "protocol/records/schedule_fault.hpp"

#include <algorithm>

#include "protocol/records/verifier.hpp"

namespace livlina::protocol {

namespace {

constexpr int minutes_per_day = 24 * 60;
constexpr int minutes_per_week = 7 * minutes_per_day;

bool zone_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '+' || c == '-' || c == '/';
}

bool possible(std::uint8_t weekdays, std::uint16_t minute) {
  return weekdays != 0 && (weekdays & 0x80) == 0 && minute < minutes_per_day;
}

// On the minutes of the week as on a circle, whether one begins `window_s` or less after the one
// before it, of `length` minutes, has ended. (Where the clock goes forward they come closer on that
// one day; both are open then.)
bool windows_meet(const std::vector<WeeklyTime>& begin, int length, std::int64_t window_s) {
  std::vector<int> at;
  for (int weekday = 0; weekday < 7; ++weekday)
    for (const WeeklyTime& t : begin)
      if ((t.weekdays >> weekday & 1) != 0) at.push_back(weekday * minutes_per_day + t.minute);
  std::sort(at.begin(), at.end());
  for (std::size_t i = 0; i < at.size(); ++i) {
    const int next = i + 1 < at.size() ? at[i + 1] : at.front() + minutes_per_week;
    if ((next - at[i] - length) * std::int64_t{60} <= window_s) return true;
  }
  return false;
}

bool good_reminders(const Schedule& s) {
  if (s.reminders_s.size() > max_reminders) return false;
  for (std::size_t i = 0; i < s.reminders_s.size(); ++i)
    if (s.reminders_s[i] >= s.grace_s || (i > 0 && s.reminders_s[i] <= s.reminders_s[i - 1]))
      return false;
  return true;
}

std::optional<ScheduleFault> fault_of_times(const Schedule& s, std::int64_t window_s) {
  const bool good = !s.times.empty() && s.times.size() <= max_times &&
                    s.interval == IntervalWindow{} &&
                    std::all_of(s.times.begin(), s.times.end(),
                                [](const WeeklyTime& t) { return possible(t.weekdays, t.minute); });
  if (!good) return ScheduleFault::times;
  if (windows_meet(s.times, 0, window_s)) return ScheduleFault::overlap;
  return std::nullopt;
}

std::optional<ScheduleFault> fault_of_interval(const Schedule& s, std::int64_t window_s) {
  const IntervalWindow& w = s.interval;
  if (!s.times.empty()) return ScheduleFault::times;
  if (w.every < least_interval) return ScheduleFault::interval;
  if (!possible(w.weekdays, w.from) || w.length >= minutes_per_day || w.length < w.every)
    return ScheduleFault::window;
  const bool meet = w.every * std::int64_t{60} <= window_s ||
                    windows_meet({{w.weekdays, w.from}}, w.length, window_s);
  return meet ? std::optional(ScheduleFault::overlap) : std::nullopt;
}

}  // namespace

std::optional<ScheduleFault> fault_of(const Schedule& s) {
  if (s.rule != ScheduleRule::weekly && s.rule != ScheduleRule::interval)
    return ScheduleFault::rule;
  if (s.zone.empty() || s.zone.size() > max_zone_name ||
      !std::all_of(s.zone.begin(), s.zone.end(), zone_char))
    return ScheduleFault::zone;
  if (!sane_date(s.valid_from) || !sane_date(s.valid_to) || s.valid_to <= s.valid_from)
    return ScheduleFault::dates;
  if (s.opens_before_s > max_opens_before_s) return ScheduleFault::opening;
  if (s.grace_s == 0 || s.grace_s > max_grace_s) return ScheduleFault::grace;
  if (!good_reminders(s)) return ScheduleFault::reminders;
  const std::int64_t window_s = std::int64_t{s.opens_before_s} + s.grace_s;
  return s.rule == ScheduleRule::weekly ? fault_of_times(s, window_s)
                                        : fault_of_interval(s, window_s);
}

}  // namespace livlina::protocol

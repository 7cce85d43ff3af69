#include "protocol/schedule/slots.hpp"

#include <algorithm>

namespace livlina::protocol {

namespace {

constexpr int minutes_per_day = 24 * 60;

constexpr Duration seconds(std::uint32_t s) { return s * second; }

// Monday is 0; 1970-01-01 was a Thursday.
int weekday(LocalDay day) { return static_cast<int>(((std::int64_t{day} + 3) % 7 + 7) % 7); }

// How a walk over the check-ins of a day ended.
enum class Walked : std::uint8_t {
  whole,       // there may be more on other days
  enough,      // `take` wanted no more
  unreadable,  // the zone's rules cannot be read
};

class WeeklyDays {
 public:
  WeeklyDays(const Schedule& schedule, const Zones& zones) : schedule_(schedule), zones_(zones) {
    for (int d = 0; d < 7; ++d) {
      for (const WeeklyTime& t : schedule.times)
        if ((t.weekdays >> d & 1) != 0) week_[d].push_back(t.minute);
      std::sort(week_[d].begin(), week_[d].end());
    }
  }
  // Calls `take(index, due)` for the check-ins of a local day in order while it says true.
  template <class Take>
  Walked walk(LocalDay day, Take take) const {
    const std::vector<int>& minutes = week_[weekday(day)];
    for (std::size_t i = 0; i < minutes.size(); ++i) {
      const auto due = zones_.resolve(schedule_.zone, day, minutes[i]);
      if (!due) return Walked::unreadable;
      if (!take(i, *due)) return Walked::enough;
    }
    return Walked::whole;
  }

 private:
  const Schedule& schedule_;
  const Zones& zones_;
  std::vector<int> week_[7];
};

class IntervalDays {
 public:
  IntervalDays(const Schedule& schedule, const Zones& zones)
      : schedule_(schedule), zones_(zones), window_(schedule.interval) {}
  // The same for the window that starts on that day. It may end on the next: both its ends are
  // found by the local clock, and what lies between them is elapsed time.
  template <class Take>
  Walked walk(LocalDay day, Take take) const {
    if ((window_.weekdays >> weekday(day) & 1) == 0) return Walked::whole;
    const int until = window_.from + window_.length;
    const auto start = zones_.resolve(schedule_.zone, day, window_.from);
    const auto end =
        zones_.resolve(schedule_.zone, day + until / minutes_per_day, until % minutes_per_day);
    if (!start || !end) return Walked::unreadable;
    // What no verified plan says must not go on for ever either.
    const Duration every = std::max(window_.every, least_interval) * minute;
    std::size_t i = 0;
    for (Instant due = *start; due <= *end; due += every, ++i)
      if (!take(i, due)) return Walked::enough;
    return Walked::whole;
  }

 private:
  const Schedule& schedule_;
  const Zones& zones_;
  const IntervalWindow& window_;
};

// Calls `take(slot)` for the slots with opens_at > after in order until it says false. Local times
// that a clock change moves onto one instant (a skipped hour, a skipped day) are one slot: the
// first. False: the zone's rules cannot be read, and there may be more.
template <class Days, class Take>
bool walk(const Schedule& schedule, Instant after, const Zones& zones, const Days& days,
          Take take) {
  if (after >= schedule.valid_to) return true;
  const Duration opens_before = seconds(schedule.opens_before_s);
  // A skipped time is due up to a day later than its own date, where midnight comes twice the first
  // one belongs to the next date already, and a window may have begun the day before: so a day more
  // at both ends. The instants decide.
  const auto first = zones.local_day(
      schedule.zone, std::max(after, schedule.valid_from - opens_before) + opens_before);
  const auto last = zones.local_day(schedule.zone, schedule.valid_to);
  if (!first || !last) return false;

  Instant reached = std::max(after, schedule.valid_from - opens_before - 1);
  for (LocalDay day = *first - 1; day <= *last + 1; ++day) {
    const Walked walked = days.walk(day, [&](std::size_t index, Instant due) {
      if (due >= schedule.valid_to) return false;
      const Instant opens_at = due - opens_before;
      if (opens_at <= reached) return true;
      reached = opens_at;
      return take(Slot{schedule.id, day, static_cast<std::uint16_t>(index), opens_at, due,
                       due + seconds(schedule.grace_s)});
    });
    if (walked != Walked::whole) return walked == Walked::enough;
  }
  return true;
}

template <class Take>
bool walk(const Schedule& schedule, Instant after, const Zones& zones, Take take) {
  if (schedule.rule == ScheduleRule::interval)
    return walk(schedule, after, zones, IntervalDays(schedule, zones), take);
  return walk(schedule, after, zones, WeeklyDays(schedule, zones), take);
}

}  // namespace

NextSlot next_slot(const Schedule& schedule, Instant after, const Zones& zones) {
  NextSlot out;
  out.computed = walk(schedule, after, zones, [&](const Slot& slot) {
    out.slot = slot;
    return false;
  });
  return out;
}

Slots slots_between(const Schedule& schedule, Instant from, Instant to, std::size_t most,
                    const Zones& zones) {
  Slots out;
  if (most == 0) return out;
  out.computed = walk(schedule, from, zones, [&](const Slot& slot) {
    if (slot.opens_at > to) return false;
    out.list.push_back(slot);
    return out.list.size() < most;
  });
  return out;
}

}  // namespace livlina::protocol

#include "protocol/schedule/slots.hpp"

#include <algorithm>

namespace livlina::protocol {

namespace {

constexpr Duration seconds(std::uint32_t s) { return s * second; }

// Monday is 0; 1970-01-01 was a Thursday.
int weekday(LocalDay day) { return static_cast<int>(((std::int64_t{day} + 3) % 7 + 7) % 7); }

// The minutes of one weekday in order.
std::vector<int> minutes_of(const Schedule& schedule, int weekday) {
  std::vector<int> out;
  for (const WeeklyTime& t : schedule.times)
    if ((t.weekdays >> weekday & 1) != 0) out.push_back(t.minute);
  std::sort(out.begin(), out.end());
  return out;
}

// Calls `take(slot)` for the slots with opens_at > after in order until it says false. Local times
// that a clock change moves onto one instant (a skipped hour, a skipped day) are one slot: the
// first. False: the zone's rules cannot be read, and there may be more.
template <class Take>
bool walk(const Schedule& schedule, Instant after, const Zones& zones, Take take) {
  if (after >= schedule.valid_to) return true;
  const Duration opens_before = seconds(schedule.opens_before_s);
  // A skipped time is due up to a day later than its own date, and where midnight comes twice the
  // first one belongs to the next date already: so a day more at both ends. The instants decide.
  const auto first = zones.local_day(
      schedule.zone, std::max(after, schedule.valid_from - opens_before) + opens_before);
  const auto last = zones.local_day(schedule.zone, schedule.valid_to);
  if (!first || !last) return false;

  std::vector<int> week[7];
  for (int d = 0; d < 7; ++d) week[d] = minutes_of(schedule, d);

  Instant reached = std::max(after, schedule.valid_from - opens_before - 1);
  for (LocalDay day = *first - 1; day <= *last + 1; ++day) {
    const std::vector<int>& minutes = week[weekday(day)];
    for (std::size_t i = 0; i < minutes.size(); ++i) {
      const auto due = zones.resolve(schedule.zone, day, minutes[i]);
      if (!due) return false;
      if (*due >= schedule.valid_to) return true;
      const Instant opens_at = *due - opens_before;
      if (opens_at <= reached) continue;
      reached = opens_at;
      if (!take(Slot{schedule.id, day, static_cast<std::uint16_t>(i), opens_at, *due,
                     *due + seconds(schedule.grace_s)}))
        return true;
    }
  }
  return true;
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

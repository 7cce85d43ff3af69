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
// first.
template <class Take>
void walk(const Schedule& schedule, Instant after, const Zones& zones, Take take) {
  if (after >= schedule.valid_to) return;
  const Duration opens_before = seconds(schedule.opens_before_s);
  // A skipped time is due up to a day later than its own date, and where midnight comes twice the
  // first one belongs to the next date already: so a day more at both ends. The instants decide.
  const auto first = zones.local_day(
      schedule.zone, std::max(after, schedule.valid_from - opens_before) + opens_before);
  const auto last = zones.local_day(schedule.zone, schedule.valid_to);
  if (!first || !last) return;

  std::vector<int> week[7];
  for (int d = 0; d < 7; ++d) week[d] = minutes_of(schedule, d);

  Instant reached = std::max(after, schedule.valid_from - opens_before - 1);
  for (LocalDay day = *first - 1; day <= *last + 1; ++day) {
    const std::vector<int>& minutes = week[weekday(day)];
    for (std::size_t i = 0; i < minutes.size(); ++i) {
      const auto due = zones.resolve(schedule.zone, day, minutes[i]);
      if (!due || *due >= schedule.valid_to) return;
      const Instant opens_at = *due - opens_before;
      if (opens_at <= reached) continue;
      reached = opens_at;
      if (!take(Slot{schedule.id, day, static_cast<std::uint16_t>(i), opens_at, *due,
                     *due + seconds(schedule.grace_s)}))
        return;
    }
  }
}

}  // namespace

std::optional<Slot> next_slot(const Schedule& schedule, Instant after, const Zones& zones) {
  std::optional<Slot> out;
  walk(schedule, after, zones, [&](const Slot& slot) {
    out = slot;
    return false;
  });
  return out;
}

std::vector<Slot> slots_between(const Schedule& schedule, Instant from, Instant to,
                                std::size_t most, const Zones& zones) {
  std::vector<Slot> out;
  if (most == 0) return out;
  walk(schedule, from, zones, [&](const Slot& slot) {
    if (slot.opens_at > to) return false;
    out.push_back(slot);
    return out.size() < most;
  });
  return out;
}

}  // namespace livlina::protocol

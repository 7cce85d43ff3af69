#include "server/policy/outage.hpp"

namespace livlina::server::policy {

std::vector<std::vector<OccurrenceEvent>> on_gap(const std::vector<GapSlot>& slots, Instant from,
                                                 Instant to) {
  // The newest of those that lie wholly in the gap.
  const GapSlot* newest = nullptr;
  for (const GapSlot& s : slots)
    if (!s.there && s.deadline <= to && (newest == nullptr || s.due > newest->due)) newest = &s;

  std::vector<std::vector<OccurrenceEvent>> out;
  for (const GapSlot& s : slots) {
    std::vector<OccurrenceEvent> events;
    if (s.there) {
      events.emplace_back(occurrence_event::Gap{from, to});
    } else if (s.deadline <= to) {
      events.emplace_back(
          occurrence_event::BlindOpening{s.opens_at, s.due, s.deadline, &s == newest, to});
    } else {
      events.emplace_back(occurrence_event::Opening{s.opens_at, s.due, s.deadline, false});
      events.emplace_back(occurrence_event::Gap{from, to});
    }
    out.push_back(std::move(events));
  }
  return out;
}

}  // namespace livlina::server::policy

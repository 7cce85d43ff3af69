#include "server/policy/outage.hpp"

namespace livlina::server::policy {

std::vector<std::vector<OccurrenceEvent>> on_gap(const std::vector<UnmadeSlot>& slots,
                                                 Instant now) {
  const UnmadeSlot* newest = nullptr;
  for (const UnmadeSlot& s : slots)
    if (s.deadline <= now && (newest == nullptr || s.due > newest->due)) newest = &s;

  std::vector<std::vector<OccurrenceEvent>> out;
  for (const UnmadeSlot& s : slots) {
    std::vector<OccurrenceEvent> events;
    if (s.deadline <= now) {
      events.emplace_back(
          occurrence_event::BlindOpening{s.opens_at, s.due, s.deadline, &s == newest, now});
    } else {
      events.emplace_back(occurrence_event::Opening{s.opens_at, s.due, s.deadline, false});
      events.emplace_back(occurrence_event::Gap{s.opens_at, now});
    }
    out.push_back(std::move(events));
  }
  return out;
}

}  // namespace livlina::server::policy

// Rule 17's on_gap for one schedule: which of the slots that nobody was asked about in their time
// are asked now, excused or extended.
#pragma once

#include <vector>

#include "server/policy/occurrence.hpp"

namespace livlina::server::policy {

// A slot whose opening has come and of which there is no row yet.
struct UnmadeSlot {
  Instant opens_at = 0;
  Instant due = 0;
  Instant deadline = 0;
};

// The events for such slots of ONE schedule, in the order given, at `now`. Of those whose deadline
// has come the newest is asked again, older ones are excused. One that still runs gets an Opening,
// then a Gap since its opening: two events, the second of which does nothing when it is made in
// time.
[[nodiscard]] std::vector<std::vector<OccurrenceEvent>> on_gap(const std::vector<UnmadeSlot>& slots,
                                                               Instant now);

}  // namespace livlina::server::policy

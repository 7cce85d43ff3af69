// Rule 17's on_gap for one schedule: which occurrences are asked again, excused or extended.
#pragma once

#include <vector>

#include "server/policy/occurrence.hpp"

namespace livlina::server::policy {

// A slot that opened while the server was blind, or was open before.
struct GapSlot {
  bool there = false;  // a row exists already, still open
  Instant opens_at = 0;
  Instant due = 0;
  Instant deadline = 0;
};

// The events for the slots of ONE schedule, in the order given: every slot with opens_at <= to.
// Those with deadline <= to: the newest is asked again, older ones are excused; those that are
// there are asked again (extended, once); every other one that overlaps is extended, once. A slot
// that is not there and ends after `to` gets an Opening first, then the Gap: two events.
[[nodiscard]] std::vector<std::vector<OccurrenceEvent>> on_gap(const std::vector<GapSlot>& slots,
                                                               Instant from, Instant to);

}  // namespace livlina::server::policy

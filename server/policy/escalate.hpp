// ESCALATE (watch.md): which step fires now, and when the next one does.
#pragma once

#include "server/policy/incident.hpp"

namespace livlina::server::policy {

// Of a notifying incident whose next_at has come.
[[nodiscard]] IncidentStep escalate(const Incident& incident, const Policy& policy,
                                    const IncidentFacts& facts, Instant now);

// The wait of a policy; that of a calm incident, unless it is of category 1, is its calm_wait where
// that is longer.
[[nodiscard]] Duration wait_of(const Policy& policy, bool calm);

}  // namespace livlina::server::policy

// An incident as it is shown, and to whom.
#pragma once

#include "server/services/escalation.hpp"

namespace livlina::v1 {
class Incident;
}

namespace livlina::server {

// Fills `out` with at most `details` triggers and events each, besides the signed ones.
void show(Turn& turn, const store::IncidentRow& row, std::size_t details, v1::Incident& out);

// IncidentChanged to every online device that may see it: helpers, and for the open and drill lanes
// the participant's primary. Nothing of the silent lane goes to a participant's device (I5). It
// bears the newest few details only: who needs more asks.
void tell_incident(Turn& turn, const IncidentId& incident);

inline constexpr std::size_t details_in_full = 200;
inline constexpr std::size_t details_in_lists = 20;
inline constexpr std::size_t details_in_push = 5;

}  // namespace livlina::server

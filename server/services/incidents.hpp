// Writing down what the incident's step function decided: rows, events, notices, pushes.
#pragma once

#include "server/services/escalation.hpp"
#include "server/store/incident_log.hpp"

namespace livlina::server {

// The signed word behind an event.
struct Origin {
  std::optional<std::int64_t> act;     // row of table act
  std::optional<std::int64_t> record;  // row of table checkin_record
  std::optional<crypto::Hash> hash;    // of its bytes: the incident's new head
};

// Saves the row with `step.next`, its effects in order, and tells those who may see it.
void apply(Turn& turn, const CircleFacts& circle, store::IncidentRow& row,
           const policy::IncidentStep& step, const Origin& origin);
// The same, by whoever has looked up the helpers of the row's lane.
void apply(Turn& turn, store::IncidentRow& row, const policy::IncidentStep& step,
           const Origin& origin, const Helpers& who);

// A trigger: opens an incident in its lane, or joins the one that is unresolved. `at` of the row is
// set to now and `incident` is found here.
void raise(Turn& turn, const CircleFacts& circle, store::TriggerRow trigger, const Origin& origin);
// The same, by whoever has looked up the helpers of the trigger's lane.
void raise(Turn& turn, const CircleFacts& circle, store::TriggerRow trigger, const Origin& origin,
           const Helpers& who);

// A new incident after `ended`, by a signed act.
[[nodiscard]] store::IncidentRow reopen(Turn& turn, const CircleFacts& circle,
                                        const store::IncidentRow& ended, const Origin& origin);

// Steps what is due: ESCALATE, lease reminders and ends; true: more is waiting.
[[nodiscard]] bool step_due_incidents(Turn& turn, std::size_t most);

// Every notice of the step that fired last has failed for good: the next one follows at once, if it
// is still time for it.
void step_failed(Turn& turn, const IncidentId& id);

// A newer manifest, list or roster may have ended the rights of a holder.
void check_holders(Turn& turn, const CircleFacts& circle);

}  // namespace livlina::server

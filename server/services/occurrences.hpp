// Writing down what the occurrence's step function decided, and telling the members of it.
#pragma once

#include "server/services/people.hpp"
#include "server/store/occurrences.hpp"
#include "server/store/schedules.hpp"

namespace livlina::server {

[[nodiscard]] policy::OccurrenceFacts occurrence_facts(const Turn& turn,
                                                       const protocol::Schedule& schedule);
// Those of the row's own schedule.
[[nodiscard]] policy::OccurrenceFacts facts_of(Turn& turn, const store::OccurrenceRow& row);

// Saves a stepped row with what follows from it: a miss with its trigger and the members' word in
// the same transaction, a reminder, reminders that are obsolete.
void apply(Turn& turn, const CircleFacts& circle, store::OccurrenceRow& row,
           const policy::OccurrenceStep& step);

// The server's word about an occurrence to members with the check-in scope; `plain_only`: those
// without the alarm scope, who do not get the signed record.
void post_word(Turn& turn, const CircleFacts& circle, const store::OccurrenceRow& row,
               bool plain_only);

// Inserts a slot's row as the step says; false when the slot is there already.
[[nodiscard]] bool insert_slot(Turn& turn, const CircleFacts& circle,
                               const store::ScheduleRow& schedule, const protocol::Slot& slot,
                               const policy::OccurrenceStep& step, store::OccurrenceRow& row);

// Occurrences past their deadline are missed; true: more is waiting.
[[nodiscard]] bool miss_overdue(Turn& turn, std::size_t most);

[[nodiscard]] inline bool is_watched(CircleState state) {
  return state == CircleState::armed || state == CircleState::degraded;
}

}  // namespace livlina::server

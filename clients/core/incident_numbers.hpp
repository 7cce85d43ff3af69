// The numbers of v1::Incident, v1::Trigger and v1::IncidentEvent (protocol/spec/wire.md). What a
// later version may bring stays as it came, and is none of these.
#pragma once

#include <cstdint>

namespace livlina::client {

enum IncidentLane : std::uint32_t { lane_open = 1, lane_silent = 2, lane_drill = 3 };

// From state_resolved on it is over.
enum IncidentState : std::uint32_t {
  state_notifying = 1,
  state_taken = 2,
  state_resolved = 3,
  state_cancelled = 4
};

enum TriggerKind : std::uint32_t {
  trigger_miss = 1,
  trigger_talk = 2,
  trigger_not_ok = 3,
  trigger_loud = 4,
  trigger_silent = 5,
  trigger_duress = 6,
  trigger_drill = 7
};

enum EventKind : std::uint32_t {
  event_opened = 1,
  event_trigger_added = 2,
  event_late_ok = 3,
  event_mistake = 4,
  event_cancel_late = 5,
  event_step_fired = 6,
  event_step_empty = 7,
  event_nobody = 8,
  event_seen = 9,
  event_taken = 10,
  event_taken_over = 11,
  event_assigned = 12,
  event_renewed = 13,
  event_offered = 14,
  event_accepted = 15,
  event_declined = 16,
  event_lease_reminded = 17,
  event_lease_ended = 18,
  event_rights_ended = 19,
  event_resolved = 20,
  event_cancelled = 21,
  event_reopened = 22,
  event_policy_switched = 23,
  event_shadow_seen = 24,
  event_rerun = 25,
  event_miss_undone = 26
};

}  // namespace livlina::client

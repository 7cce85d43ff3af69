// What must hold in the small world, said without the code of the steps: of every single step and
// of every state. Each function returns what is wrong, with the number of what it breaks first;
// nothing: all is well.
#pragma once

#include "tests/policy/search_world.hpp"

namespace livlina::server::policy::search {

using Wrong = const char*;  // nullptr: nothing

// One call of INCIDENT's step function, with the lane as it was before.
struct IncidentCall {
  const World& w;
  const LaneState& lane;
  const Incident& before;
  const IncidentEvent& event;
  const Policy& policy;
  const IncidentFacts& facts;
  const IncidentStep& step;
};
[[nodiscard]] Wrong wrong(const IncidentCall& call);

// The first step of an incident, by a trigger.
[[nodiscard]] Wrong wrong_opening(const IncidentStep& step, TriggerKind kind, const Policy& policy,
                                  Instant now);

// One call of OCCURRENCE's; before: nothing for the two openings.
struct SlotCall {
  Instant now = 0;
  const std::optional<Occurrence>& before;
  const OccurrenceEvent& event;
  const OccurrenceStep& step;
};
[[nodiscard]] Wrong wrong(const SlotCall& call);

// I10: the steps of two answers to the same slot, but for the answer.
[[nodiscard]] bool alike(const OccurrenceStep& a, const OccurrenceStep& b);

// A state between two transactions.
[[nodiscard]] Wrong wrong(const World& w, const Bounds& bounds);

}  // namespace livlina::server::policy::search

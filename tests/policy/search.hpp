// The search: every state of the small world that events can lead to, breadth first, so that the
// way to the first thing that is wrong is a shortest one.
#pragma once

#include "tests/policy/search_driver.hpp"

namespace livlina::server::policy::search {

struct Report {
  std::size_t states = 0;
  std::size_t transitions = 0;
  bool complete = false;           // every state was reached
  std::string broken;              // what was wrong first; empty: nothing
  std::vector<std::string> trace;  // the events that lead to it
};

// Looks at a state and an event besides the invariants: what is wrong; nullptr: nothing.
using Look = Wrong (*)(const Steps& steps, const Bounds& bounds, const World& before,
                       const Event& event, const World& after);

[[nodiscard]] Report search(const Bounds& bounds, const Steps& steps = {}, Look look = nullptr);

// I5: what the participant could see, and the other lanes, go on alike when the silent lane is
// empty.
[[nodiscard]] Wrong silent_lane_shows(const Steps& steps, const Bounds& bounds, const World& before,
                                      const Event& event, const World& after);

// G4: from here time alone leads to somebody being called, or the operator, for every incident.
[[nodiscard]] Wrong nobody_is_called(const Steps& steps, const Bounds& bounds, const World& before,
                                     const Event& event, const World& after);

}  // namespace livlina::server::policy::search

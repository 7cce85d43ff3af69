// What must become of each slot, by watch.md and promises.md alone: from the plan, the outages,
// and the answers that phones were told of. Calls nothing of the server.
#pragma once

#include <vector>

#include "tests/sim/due_times.hpp"

namespace livlina::testing::sim {

// A time in which the server was down, or could not write.
struct Interval {
  Instant from = 0;
  Instant to = 0;
};

// A check-in that was accepted.
struct Answer {
  Instant received_at = 0;
  int value = 1;
  Instant claimed_at = 0;
  Instant slot = 0;  // the due time that it names; 0: none
  bool decoy = false;
};

enum class Fate : std::uint8_t { open = 1, answered = 2, missed = 3, excused = 4 };

struct Expected {
  DueTime time;  // by the plan
  Instant deadline = 0;
  bool outage = false;  // asked again, extended or excused because of one
  Fate fate = Fate::open;
  int answer = 0;  // the most severe in time
  Instant answered_at = 0;
  Instant missed_at = 0;
  bool answered_by_plan = false;  // before the deadline of the plan
  bool by_decoy = false;          // one of its answers in time
};

// Whether an answer speaks of a slot: it names it, or was pressed when it was open.
[[nodiscard]] bool speaks_of(const Answer& answer, const DueTime& slot);

// The slots of one schedule that opened after `armed_at` and until `end`. `answers` and `outages`
// in the order of time.
[[nodiscard]] std::vector<Expected> expected_slots(const Timetable& timetable, Instant armed_at,
                                                   Instant end,
                                                   const std::vector<Interval>& outages,
                                                   const std::vector<Answer>& answers);

}  // namespace livlina::testing::sim

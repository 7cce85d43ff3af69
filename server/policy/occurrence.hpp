// The step function of OCCURRENCE (watch.md): one due check-in from its opening to its end.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "server/policy/words.hpp"

namespace livlina::server::policy {

enum class OccurrenceState : std::uint8_t { open = 1, answered = 2, missed = 3, excused = 4 };
enum class Excuse : std::uint8_t { none = 0, pause = 1, outage = 2, staff = 3 };

struct Occurrence {
  Instant opens_at = 0;
  Instant due = 0;
  Instant deadline = 0;
  OccurrenceState state = OccurrenceState::open;
  Excuse excuse = Excuse::none;
  std::uint8_t answer = 0;  // the most severe answer in time; 0: none
  bool outage = false;      // asked again or extended after an outage, once
  int reminded = 0;         // how many reminders of the schedule have gone
  std::optional<Instant> next_at;

  bool operator==(const Occurrence&) const = default;
};

struct OccurrenceFacts {
  std::vector<Duration> reminders;  // after due, rising
  Duration reask = 15 * minute;
};

namespace occurrence_event {
// The slot's opening has come: tick or ensure_open.
struct Opening {
  Instant opens_at = 0;
  Instant due = 0;
  Instant deadline = 0;
  bool paused = false;  // a pause covers due
};
// The whole slot lies in a time in which the server was blind.
struct BlindOpening {
  Instant opens_at = 0;
  Instant due = 0;
  Instant deadline = 0;
  bool newest = false;  // of its schedule
  Instant gap_end = 0;
};
struct Tick {};
struct Answered {
  std::uint8_t answer = 1;  // protocol::Answer; a higher number is more severe
};
struct Gap {
  Instant from = 0;
  Instant to = 0;
};
struct Excused {};  // by a supporter's signed act, checked by the caller
// The wall clock was wrong and went back: what it did to a slot that still runs is undone.
struct ClockBack {
  Instant own_deadline = 0;  // of the slot, as the schedule says
};
}  // namespace occurrence_event

using OccurrenceEvent =
    std::variant<occurrence_event::Opening, occurrence_event::BlindOpening, occurrence_event::Tick,
                 occurrence_event::Answered, occurrence_event::Gap, occurrence_event::Excused,
                 occurrence_event::ClockBack>;

// What an answer is worth for the occurrence it met.
enum class Credit : std::uint8_t {
  none = 0,     // it met none: a contact only
  counts = 1,   // in time: the occurrence is answered by it
  stays = 2,    // answered before
  late = 3,     // it was missed
  contact = 4,  // it was excused
};

struct OccurrenceStep {
  Occurrence next;
  bool changed = false;
  bool missed = false;          // a trigger(miss) in the same transaction
  bool remind = false;          // notify the participant
  bool drop_reminders = false;  // what is pending of them is obsolete
  bool digest = false;          // one more for the desk's digest of an outage
  Credit credit = Credit::none;
};

// Rule 6: an open occurrence past its deadline is judged before anything else is looked at, but for
// Gap and ClockBack: on_gap runs before JUDGE, and what a wrong clock did is undone before it.
// `now <= deadline` is in time. `state` is empty only for the two openings.
[[nodiscard]] OccurrenceStep step(const std::optional<Occurrence>& state,
                                  const OccurrenceEvent& event, const OccurrenceFacts& facts,
                                  Instant now);

// An outage shorter than this extends nothing.
inline constexpr Duration shortest_gap = 60 * second;

}  // namespace livlina::server::policy

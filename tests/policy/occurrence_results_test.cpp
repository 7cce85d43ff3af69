// Whole results of OCCURRENCE: for each event the next row, and what its driver does.
#include <gtest/gtest.h>

#include <source_location>
#include <string>

#include "tests/policy/printers.hpp"

namespace livlina::server::policy {
namespace {

namespace ev = occurrence_event;

constexpr Instant at(int minutes) { return 6'000'000 + minutes * minute; }

// Opens at(0), due at(60) with reminders then and at(70), deadline at(90); asked again 15 minutes
// after an outage.
const OccurrenceFacts facts{{0, 10 * minute}, 15 * minute};

Occurrence open_one() {
  Occurrence o;
  o.opens_at = at(0);
  o.due = at(60);
  o.deadline = at(90);
  o.next_at = at(60);
  return o;
}

Occurrence ended(OccurrenceState state, Occurrence o = open_one()) {
  o.state = state;
  o.next_at.reset();
  return o;
}
Occurrence excused(Excuse why) {
  Occurrence o = ended(OccurrenceState::excused);
  o.excuse = why;
  return o;
}

// What the driver does of a step, in words.
std::string did(const OccurrenceStep& s) {
  std::string out;
  if (s.changed) out += "save ";
  if (s.missed) out += "trigger ";
  if (s.remind) out += "remind ";
  if (s.drop_reminders) out += "drop ";
  if (s.digest) out += "digest ";
  return out + std::to_string(static_cast<int>(s.credit));
}

void expect(const OccurrenceStep& got, const Occurrence& next, const char* does,
            std::source_location where = std::source_location::current()) {
  const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()), "this step");
  EXPECT_EQ(got.next, next);
  EXPECT_EQ(did(got), does);
}

TEST(OccurrenceResults, G1_opening) {
  const ev::Opening opening{at(0), at(60), at(90), false};
  expect(step(std::nullopt, opening, facts, at(0)), open_one(), "save 0");
  Occurrence quiet = open_one();  // of a schedule without reminders: the end, then judged
  quiet.next_at = at(90) + 1;
  expect(step(std::nullopt, opening, {}, at(0)), quiet, "save 0");
  const OccurrenceFacts late{{40 * minute}, 15 * minute};
  expect(step(std::nullopt, opening, late, at(0)), quiet, "save 0");
}

TEST(OccurrenceResults, H11_opening_under_a_pause) {
  expect(step(std::nullopt, ev::Opening{at(0), at(60), at(90), true}, facts, at(0)),
         excused(Excuse::pause), "save drop 0");
}

TEST(OccurrenceResults, G6_opening_when_it_is_over) {
  Occurrence older = excused(Excuse::outage);
  older.outage = true;
  expect(
      step(std::nullopt, ev::BlindOpening{at(0), at(60), at(90), false, at(300)}, facts, at(300)),
      older, "save drop digest 0");
  Occurrence newest = open_one();
  newest.outage = true;
  newest.deadline = at(315);
  newest.reminded = 2;
  newest.next_at = at(315) + 1;
  expect(step(std::nullopt, ev::BlindOpening{at(0), at(60), at(90), true, at(300)}, facts, at(300)),
         newest, "save remind 0");
}

TEST(OccurrenceResults, G1_ticks) {
  expect(step(open_one(), ev::Tick{}, facts, at(60) - 1), open_one(), "0");
  Occurrence once = open_one();
  once.reminded = 1;
  once.next_at = at(70);
  expect(step(open_one(), ev::Tick{}, facts, at(60)), once, "save remind 0");
  Occurrence twice = once;
  twice.reminded = 2;
  twice.next_at = at(90) + 1;
  expect(step(once, ev::Tick{}, facts, at(70)), twice, "save remind 0");
  expect(step(open_one(), ev::Tick{}, facts, at(70)), twice, "save remind 0");
  expect(step(twice, ev::Tick{}, facts, at(90)), twice, "0");
  const Occurrence missed = ended(OccurrenceState::missed, twice);
  expect(step(twice, ev::Tick{}, facts, at(90) + 1), missed, "save trigger drop 0");
  for (const Occurrence& over : {missed, ended(OccurrenceState::answered), excused(Excuse::staff)})
    expect(step(over, ev::Tick{}, facts, at(300)), over, "0");
}

TEST(OccurrenceResults, G2_answers) {
  Occurrence answered = ended(OccurrenceState::answered);
  answered.answer = 2;
  expect(step(open_one(), ev::Answered{2}, facts, at(90)), answered, "save drop 1");
  expect(step(answered, ev::Answered{1}, facts, at(91)), answered, "save 2");
  Occurrence graver = answered;
  graver.answer = 3;
  expect(step(answered, ev::Answered{3}, facts, at(91)), graver, "save 2");
  const Occurrence missed = ended(OccurrenceState::missed);
  expect(step(missed, ev::Answered{1}, facts, at(91)), missed, "3");
  expect(step(open_one(), ev::Answered{1}, facts, at(90) + 1), missed, "save trigger drop 3");
  for (const Excuse why : {Excuse::pause, Excuse::outage, Excuse::staff})
    expect(step(excused(why), ev::Answered{1}, facts, at(70)), excused(why), "4");
}

TEST(OccurrenceResults, G6_a_gap_extends_what_overlaps_it) {
  struct Row {
    const char* name;
    Instant from;
    Instant to;
    Instant deadline;
    int reminded;
    Instant next;
  };
  for (const Row& row : {
           Row{"ends when it opens", at(-5), at(0), at(90), 0, at(60)},
           Row{"a minute", at(30), at(31), at(90), 0, at(60)},
           Row{"to the first reminder", at(30), at(60), at(90), 1, at(70)},
           Row{"as long as it runs", at(65), at(75), at(90), 2, at(90) + 1},
           Row{"longer", at(65), at(76), at(91), 2, at(91) + 1},
           Row{"begins at its deadline", at(90), at(200), at(215), 2, at(215) + 1},
       }) {
    SCOPED_TRACE(row.name);
    Occurrence next = open_one();
    next.outage = true;
    next.deadline = row.deadline;
    next.reminded = row.reminded;
    next.next_at = row.next;
    expect(step(open_one(), ev::Gap{row.from, row.to}, facts, row.to), next, "save remind 0");
  }
}

TEST(OccurrenceResults, G6_a_gap_that_extends_nothing) {
  struct Row {
    const char* name;
    Occurrence given;
    Instant from;
    Instant to;
  };
  Occurrence extended = open_one();
  extended.outage = true;
  for (const Row& row : {
           Row{"less than a minute", open_one(), at(30), at(31) - 1},
           Row{"over before it opens", open_one(), at(-5), at(0) - 1},
           Row{"past its deadline", open_one(), at(90) + 1, at(200)},
           Row{"once before", extended, at(30), at(60)},
           Row{"answered", ended(OccurrenceState::answered), at(30), at(60)},
           Row{"missed", ended(OccurrenceState::missed), at(30), at(60)},
           Row{"excused", excused(Excuse::staff), at(30), at(60)},
       }) {
    SCOPED_TRACE(row.name);
    expect(step(row.given, ev::Gap{row.from, row.to}, facts, row.to), row.given, "0");
  }
}

TEST(OccurrenceResults, G1_an_excuse_is_in_time_or_none) {
  expect(step(open_one(), ev::Excused{}, facts, at(90)), excused(Excuse::staff), "save drop 0");
  const Occurrence missed = ended(OccurrenceState::missed);
  expect(step(open_one(), ev::Excused{}, facts, at(90) + 1), missed, "save trigger drop 0");
  for (const Occurrence& given : {missed, ended(OccurrenceState::answered), excused(Excuse::pause)})
    expect(step(given, ev::Excused{}, facts, at(70)), given, "0");
}

TEST(OccurrenceResults, H06_a_clock_that_went_back_undoes_what_it_did_to_a_slot_that_runs) {
  struct Row {
    const char* name;
    Instant now;
    Instant deadline;
    int reminded;
    Instant next;
  };
  for (const Row& row : {
           Row{"its own deadline", at(30), at(90), 0, at(60)},
           Row{"its reminder has come", at(60), at(90), 1, at(70)},
           Row{"too little of it is left", at(80), at(95), 2, at(95) + 1},
       }) {
    SCOPED_TRACE(row.name);
    Occurrence next = open_one();
    next.deadline = row.deadline;
    next.outage = true;
    next.reminded = row.reminded;
    next.next_at = row.next;
    Occurrence moved = open_one();  // to a deadline that only the wrong clock gave
    moved.deadline = at(500);
    moved.outage = true;
    moved.reminded = 2;
    moved.next_at = at(500) + 1;
    expect(step(moved, ev::ClockBack{at(90)}, facts, row.now), next, "save remind 0");
    Occurrence missed = ended(OccurrenceState::missed);
    missed.reminded = 2;
    expect(step(missed, ev::ClockBack{at(90)}, facts, row.now), next, "save remind 0");
  }
}

TEST(OccurrenceResults, H06_a_clock_that_went_back_leaves_the_rest_alone) {
  expect(step(open_one(), ev::ClockBack{at(90)}, facts, at(30)), open_one(), "0");
  Occurrence extended = open_one();
  extended.deadline = at(95);
  expect(step(extended, ev::ClockBack{at(90)}, facts, at(80)), extended, "0");
  for (Occurrence given : {ended(OccurrenceState::answered), excused(Excuse::outage)})
    for (const Instant deadline : {at(90), at(500)}) {
      given.deadline = deadline;
      expect(step(given, ev::ClockBack{at(90)}, facts, at(30)), given, "0");
    }
}

// What the clock did is undone before anything is judged: a row that stays open has no trigger.
TEST(OccurrenceResults, I1_a_clock_that_went_back_misses_nothing) {
  expect(step(open_one(), ev::ClockBack{at(90)}, facts, at(91)), open_one(), "0");
}

}  // namespace
}  // namespace livlina::server::policy

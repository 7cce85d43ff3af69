#include "server/policy/occurrence.hpp"

#include <gtest/gtest.h>

#include "tests/policy/printers.hpp"

namespace livlina::server::policy {
namespace {

namespace ev = occurrence_event;

constexpr Instant due = 1'000 * minute;
const OccurrenceFacts facts{{0, 10 * minute}, 15 * minute};

Occurrence open_one() {
  return step(std::nullopt, ev::Opening{due - hour, due, due + 30 * minute, false}, facts,
              due - hour)
      .next;
}

TEST(Occurrence, opens_with_its_first_reminder_next) {
  const auto s =
      step(std::nullopt, ev::Opening{due - hour, due, due + 30 * minute, false}, facts, due - hour);
  EXPECT_EQ(s.next.state, OccurrenceState::open);
  EXPECT_EQ(s.next.next_at, due);
  EXPECT_TRUE(s.changed);
}

TEST(Occurrence, H11_a_pause_over_due_excuses_and_ends) {
  const auto s =
      step(std::nullopt, ev::Opening{due - hour, due, due + 30 * minute, true}, facts, due - hour);
  EXPECT_EQ(s.next.state, OccurrenceState::excused);
  EXPECT_EQ(s.next.excuse, Excuse::pause);
  EXPECT_FALSE(s.next.next_at);
}

TEST(Occurrence, reminders_go_in_order_then_the_deadline) {
  auto s = step(open_one(), ev::Tick{}, facts, due);
  EXPECT_TRUE(s.remind);
  EXPECT_EQ(s.next.next_at, due + 10 * minute);
  s = step(s.next, ev::Tick{}, facts, due + 10 * minute);
  EXPECT_TRUE(s.remind);
  EXPECT_EQ(s.next.reminded, 2);
  EXPECT_EQ(s.next.next_at, due + 30 * minute + 1);
}

TEST(Occurrence, a_tick_that_comes_early_changes_nothing) {
  const Occurrence o = open_one();
  const auto s = step(o, ev::Tick{}, facts, due - 1);
  EXPECT_EQ(s.next, o);
  EXPECT_FALSE(s.changed);
}

TEST(Occurrence, G1_deadline_itself_is_in_time_and_one_millisecond_later_is_not) {
  EXPECT_FALSE(step(open_one(), ev::Tick{}, facts, due + 30 * minute).missed);
  EXPECT_EQ(step(open_one(), ev::Answered{1}, facts, due + 30 * minute).credit, Credit::counts);
  const auto s = step(open_one(), ev::Tick{}, facts, due + 30 * minute + 1);
  EXPECT_TRUE(s.missed);
  EXPECT_TRUE(s.drop_reminders);
  EXPECT_EQ(s.next.state, OccurrenceState::missed);
  EXPECT_FALSE(s.next.next_at);
}

TEST(Occurrence, G1_a_miss_happens_once) {
  auto s = step(open_one(), ev::Tick{}, facts, due + hour);
  ASSERT_TRUE(s.missed);
  EXPECT_FALSE(step(s.next, ev::Tick{}, facts, due + 2 * hour).missed);
}

TEST(Occurrence, an_answer_past_the_deadline_first_misses_then_is_late) {
  const auto s = step(open_one(), ev::Answered{1}, facts, due + hour);
  EXPECT_TRUE(s.missed);
  EXPECT_EQ(s.credit, Credit::late);
  EXPECT_EQ(s.next.state, OccurrenceState::missed);
  EXPECT_EQ(s.next.answer, 0);
}

TEST(Occurrence, I10_every_answer_is_written_alike) {
  for (std::uint8_t answer = 1; answer <= 3; ++answer) {
    const auto s = step(open_one(), ev::Answered{answer}, facts, due);
    EXPECT_EQ(s.credit, Credit::counts);
    EXPECT_TRUE(s.changed && s.drop_reminders);
    EXPECT_FALSE(s.missed || s.remind || s.digest);
    EXPECT_EQ(s.next.state, OccurrenceState::answered);
    EXPECT_EQ(s.next.answer, answer);
  }
}

TEST(Occurrence, a_second_answer_keeps_the_more_severe_one) {
  auto s = step(open_one(), ev::Answered{2}, facts, due);
  s = step(s.next, ev::Answered{1}, facts, due + 1);
  EXPECT_EQ(s.credit, Credit::stays);
  EXPECT_EQ(s.next.answer, 2);
  s = step(s.next, ev::Answered{3}, facts, due + 2);
  EXPECT_EQ(s.next.answer, 3);
  EXPECT_EQ(s.next.state, OccurrenceState::answered);
}

TEST(Occurrence, G6_whole_slot_in_the_gap_newest_is_asked_again_older_is_excused) {
  const Instant b = due + 5 * hour;
  auto s =
      step(std::nullopt, ev::BlindOpening{due - hour, due, due + 30 * minute, true, b}, facts, b);
  EXPECT_EQ(s.next.state, OccurrenceState::open);
  EXPECT_EQ(s.next.deadline, b + 15 * minute);
  EXPECT_TRUE(s.next.outage && s.remind);
  s = step(std::nullopt, ev::BlindOpening{due - hour, due, due + 30 * minute, false, b}, facts, b);
  EXPECT_EQ(s.next.state, OccurrenceState::excused);
  EXPECT_EQ(s.next.excuse, Excuse::outage);
  EXPECT_TRUE(s.digest);
}

TEST(Occurrence, G6_overlap_extends_once_and_never_shortens) {
  auto s =
      step(open_one(), ev::Gap{due + 20 * minute, due + 40 * minute}, facts, due + 40 * minute);
  EXPECT_EQ(s.next.state, OccurrenceState::open);
  EXPECT_EQ(s.next.deadline, due + 55 * minute);
  EXPECT_TRUE(s.remind);
  const auto again =
      step(s.next, ev::Gap{due + 50 * minute, due + 70 * minute}, facts, due + 70 * minute);
  EXPECT_EQ(again.next, s.next) << "once per occurrence";
  const auto early =
      step(open_one(), ev::Gap{due - hour, due - 50 * minute}, facts, due - 50 * minute);
  EXPECT_EQ(early.next.deadline, due + 30 * minute) << "max(deadline, b + reask)";
}

TEST(Occurrence, G6_a_gap_below_a_minute_or_beside_it_extends_nothing) {
  const Occurrence o = open_one();
  EXPECT_EQ(step(o, ev::Gap{due, due + 59 * second}, facts, due + 59 * second).next, o);
  EXPECT_EQ(step(o, ev::Gap{due - 5 * hour, due - 3 * hour}, facts, due - 3 * hour).next, o);
  EXPECT_NE(step(o, ev::Gap{due, due + 60 * second}, facts, due + 60 * second).next, o);
}

TEST(Occurrence, an_ended_one_never_moves) {
  for (const auto state :
       {OccurrenceState::answered, OccurrenceState::missed, OccurrenceState::excused}) {
    Occurrence o = open_one();
    o.state = state;
    o.next_at.reset();
    for (const OccurrenceEvent& e :
         {OccurrenceEvent{ev::Tick{}}, OccurrenceEvent{ev::Gap{due, due + hour}},
          OccurrenceEvent{ev::Excused{}}, OccurrenceEvent{ev::Answered{1}}})
      EXPECT_EQ(step(o, e, facts, due + 2 * hour).next.state, state);
  }
}

TEST(Occurrence, an_excuse_ends_an_open_one_only_in_time) {
  EXPECT_EQ(step(open_one(), ev::Excused{}, facts, due).next.excuse, Excuse::staff);
  EXPECT_EQ(step(open_one(), ev::Excused{}, facts, due + hour).next.state, OccurrenceState::missed);
}

}  // namespace
}  // namespace livlina::server::policy

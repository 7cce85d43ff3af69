// What was answered when the server's clock goes back: which of both times was wrong is not known
// to it, so the signed time of the press decides.
#include <gtest/gtest.h>

#include "tests/services/clock_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using policy::OccurrenceState;
using protocol::RecordStatus;

constexpr Instant opens = noon_at - hour;

// For a minute the clock shows a time that is `by` earlier.
void set_back_by_mistake(ClockTown& town, Duration by) {
  const Instant right = town.now;
  town.clock_to(right - by);
  town.advance(minute);
  town.clock_to(right + minute);
}

void expect_answered_and_quiet(ClockTown& town) {
  EXPECT_EQ(town.in_state(OccurrenceState::answered), 2);
  EXPECT_EQ(town.in_state(OccurrenceState::missed), 0);
  EXPECT_FALSE(town.unresolved());
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE incident IS NOT NULL"), 0);
  for (const std::uint32_t said : town.words()) EXPECT_EQ(said, 2u) << "T35: answered, as it is";
}

TEST(ClockAnswers, G2_H06_a_clock_set_back_by_mistake_takes_no_answer_back) {
  for (const Duration by : {50 * minute, 2 * hour, 26 * hour}) {
    ClockTown town;
    town.accept_plan({town.daily_at(noon)});
    town.answer_at({opens + 5 * minute, opens + day + 5 * minute});
    town.advance_to(noon_at + day - 30 * minute);
    set_back_by_mistake(town, by);
    expect_answered_and_quiet(town);
    town.advance_to(noon_deadline + day + 20 * minute);
    expect_answered_and_quiet(town);
  }
}

TEST(ClockAnswers, I5_H06_the_shadows_answer_stays_as_the_primarys_does) {
  ClockTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(opens + 5 * minute);
  EXPECT_EQ(town.answer({}, 1).status, RecordStatus::received);
  town.round();
  set_back_by_mistake(town, 50 * minute);
  town.advance_to(noon_deadline + 20 * minute);
  EXPECT_EQ(town.in_state(OccurrenceState::answered), 1);
  EXPECT_EQ(town.in_state(OccurrenceState::missed), 0);
}

TEST(ClockAnswers, H06_a_phone_whose_clock_is_not_quite_right_keeps_its_answer) {
  for (const Instant claimed : {opens - protocol::press_slack, noon_deadline + 5 * minute}) {
    ClockTown town;
    town.accept_plan({town.daily_at(noon)});
    town.advance_to(opens + minute);
    EXPECT_EQ(town.answer({.claimed = claimed}).status, RecordStatus::received);
    set_back_by_mistake(town, 50 * minute);
    EXPECT_EQ(town.in_state(OccurrenceState::answered), 1);
  }
}

// The phone's clock is right, and it names what the server asks for.
TEST(ClockAnswers, H05_H06_under_a_clock_ahead_no_check_in_of_another_day_is_answered) {
  for (const bool just_before : {false, true}) {
    ClockTown town;
    town.accept_plan({town.daily_at(noon)});
    town.advance(hour);
    const Instant right = town.now;
    const Instant claimed = just_before ? opens - protocol::press_slack - 1 : right;
    town.clock_to(opens + 5 * minute);
    EXPECT_EQ(town.answer({.slot = noon_at, .claimed = claimed}).status, RecordStatus::received);
    town.round();
    ASSERT_EQ(town.in_state(OccurrenceState::answered), 1);
    town.clock_to(right + minute);
    EXPECT_TRUE(town.occurrences().empty());
    town.advance_to(noon_deadline + second);
    EXPECT_EQ(town.in_state(OccurrenceState::missed), 1) << "G1";
  }
}

TEST(ClockAnswers, H06_a_second_answer_that_came_in_its_time_counts) {
  ClockTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(opens - 40 * minute);
  town.clock_to(town.now + 50 * minute);
  EXPECT_EQ(town.answer({.slot = noon_at, .claimed = opens - 40 * minute}).status,
            RecordStatus::received);
  town.advance(30 * minute);
  EXPECT_EQ(town.answer({.claimed = opens - 10 * minute}).status, RecordStatus::received);
  town.round();
  town.clock_to(opens - 9 * minute);
  EXPECT_EQ(town.in_state(OccurrenceState::answered), 1);
  town.advance_to(noon_deadline + second);
  EXPECT_EQ(town.in_state(OccurrenceState::missed), 0);
}

// One of another schedule was not meant.
TEST(ClockAnswers, H06_an_answer_to_one_schedule_keeps_no_other) {
  ClockTown town;
  const auto first = town.daily_at(noon);
  const auto second_one = town.daily_at(noon + 30);
  town.accept_plan({first, second_one});
  town.advance_to(opens - 20 * minute);
  town.clock_to(opens + 40 * minute);
  EXPECT_EQ(town.answer({.schedule = first.id, .slot = noon_at, .claimed = opens}).status,
            RecordStatus::received);
  EXPECT_EQ(town.answer({.schedule = second_one.id,
                         .slot = noon_at + 30 * minute,
                         .claimed = opens - 20 * minute})
                .status,
            RecordStatus::received);
  ASSERT_EQ(town.in_state(OccurrenceState::answered), 2);
  town.clock_to(opens - 19 * minute);
  ASSERT_EQ(town.occurrences().size(), 1u);
  EXPECT_EQ(town.occurrences()[0].o.due, noon_at);
}

}  // namespace
}  // namespace livlina::testing

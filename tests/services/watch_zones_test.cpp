// Zones that cannot be read: no check-in is lost by them, and somebody is told.
#include <gtest/gtest.h>

#include "server/store/schedules.hpp"
#include "tests/services/clock_town.hpp"
#include "tests/services/harness.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using policy::IncidentState;
using policy::NoticeCode;
using policy::OccurrenceState;
using protocol::RecordStatus;

TEST(WatchClock, G1_a_zone_that_cannot_be_read_for_a_moment_ends_no_schedule) {
  ClockTown town;
  town.accept_plan({town.daily_at(noon)});
  town.losable.lost = true;
  town.advance_to(noon_at - hour + 5 * minute);  // it should have opened five minutes ago
  EXPECT_TRUE(town.occurrences().empty());
  EXPECT_EQ(town.count("SELECT state FROM schedule"), 1) << "running";
  EXPECT_EQ(town.desk_told(NoticeCode::zone_unreadable), 1) << "once for each loss";
  EXPECT_EQ(town.lines("zone_unreadable"), 1);
  town.losable.lost = false;
  town.advance(minute);
  ASSERT_EQ(town.occurrences().size(), 1u);
  EXPECT_EQ(town.occurrences()[0].o.state, OccurrenceState::open);
  EXPECT_EQ(town.occurrences()[0].o.deadline, noon_deadline);
  EXPECT_EQ(town.answer({}).status, RecordStatus::received);
  town.answer_at({noon_at + day, noon_at + 2 * day});
  EXPECT_EQ(town.occurrences().size(), 3u) << "and the next days as ever";
  EXPECT_EQ(town.desk_told(NoticeCode::zone_unreadable), 1);
}

TEST(WatchClock, G6_slots_whose_zone_could_not_be_read_are_asked_again_or_excused) {
  ClockTown town;
  town.accept_plan({town.daily_at(noon)});
  town.losable.lost = true;
  town.advance_to(town_start + 2 * day + 12 * hour);
  EXPECT_EQ(town.desk_told(NoticeCode::zone_unreadable), 1);
  town.losable.lost = false;
  town.advance(minute);
  EXPECT_EQ(town.in_state(OccurrenceState::excused), 2);
  ASSERT_EQ(town.in_state(OccurrenceState::open), 1);
  EXPECT_EQ(town.occurrences().back().o.due, noon_at + 2 * day);
  EXPECT_LE(town.occurrences().back().o.deadline, town.now + 15 * minute);
  EXPECT_EQ(town.desk_told(NoticeCode::outage_digest), 1);
  town.advance(16 * minute);
  EXPECT_TRUE(town.unresolved()) << "who does not answer now is missed";
}

TEST(WatchClock, G1_a_gap_while_the_zone_cannot_be_read_loses_nothing) {
  ClockTown town;
  town.accept_plan({town.daily_at(noon)});
  town.losable.lost = true;
  town.clock_to(noon_at + 5 * hour);
  EXPECT_EQ(town.count("SELECT state FROM schedule"), 1);
  town.losable.lost = false;
  town.advance(minute);
  ASSERT_EQ(town.occurrences().size(), 1u);
  EXPECT_EQ(town.occurrences()[0].o.due, noon_at);
  EXPECT_EQ(town.occurrences()[0].o.state, OccurrenceState::open);
}

TEST(WatchClock, G1_a_second_loss_is_told_again) {
  ClockTown town;
  town.accept_plan({town.daily_at(noon)});
  for (int loss = 0; loss < 2; ++loss) {
    town.losable.lost = true;
    town.advance_to(noon_at + loss * day);
    town.losable.lost = false;
    town.advance(2 * minute);
    (void)town.answer({});
  }
  EXPECT_EQ(town.desk_told(NoticeCode::zone_unreadable), 2);
  EXPECT_EQ(town.lines("zone_unreadable"), 2);
}

TEST(WatchClock, G1_a_plan_that_starts_without_its_zone_waits_for_it) {
  ClockTown town;
  town.losable.lost = true;
  town.accept_plan({town.daily_at(noon)});
  EXPECT_EQ(town.desk_told(NoticeCode::zone_unreadable), 1);
  town.advance(hour);
  town.losable.lost = false;
  town.advance_to(noon_at);
  ASSERT_EQ(town.occurrences().size(), 1u);
  EXPECT_EQ(town.occurrences()[0].o.deadline, noon_deadline);
}

TEST(WatchClock, G1_zones_of_running_schedules_are_checked_before_a_start) {
  ClockTown town;
  auto stockholm = daily(town.random, "Europe/Stockholm", {noon}, town.now, town.now + 30 * day);
  town.accept_plan({town.daily_at(noon), stockholm});
  EXPECT_TRUE(unreadable_zones(town.db, town.losable, town.now).empty());
  town.losable.lost = true;
  EXPECT_EQ(unreadable_zones(town.db, town.losable, town.now),
            (std::vector<std::string>{"Europe/Stockholm", "UTC"}));
  town.losable.lost = false;
  town.accept_plan({});
  town.losable.lost = true;
  EXPECT_TRUE(unreadable_zones(town.db, town.losable, town.now).empty()) << "nobody needs them";
}

TEST(WatchClock, G1_the_desk_is_told_when_the_last_schedule_has_ended) {
  ClockTown town;
  auto two_days = town.daily_at(noon);
  two_days.valid_to = noon_at + day + minute;
  auto one_day = town.daily_at(noon + 120);
  one_day.valid_to = noon_at + 3 * hour;
  town.accept_plan({two_days, one_day});
  town.answer_at({noon_at, noon_at + 2 * hour});
  EXPECT_EQ(town.desk_told(NoticeCode::schedules_ended), 0) << "one still runs";
  town.answer_at({noon_at + day});
  EXPECT_EQ(town.occurrences().size(), 3u);
  EXPECT_EQ(town.desk_told(NoticeCode::schedules_ended), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM schedule WHERE state = 3"), 2);
}

}  // namespace
}  // namespace livlina::testing

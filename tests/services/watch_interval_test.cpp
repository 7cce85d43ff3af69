// A schedule by intervals, through the services on a real database.
#include <gtest/gtest.h>

#include "server/store/schedules.hpp"
#include "tests/services/clock_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using policy::OccurrenceState;
using protocol::RecordStatus;

// Every 4 h from 08:00 to 20:00 UTC, open an hour before and half an hour after. The town starts
// at 08:00.
protocol::Schedule by_day(WatchTown& town) {
  auto s = town.daily_at(noon);
  s.rule = protocol::ScheduleRule::interval;
  s.times = {};
  s.interval = {0x7f, 8 * 60, 12 * 60, 4 * 60};
  return s;
}

TEST(WatchInterval, G1_a_miss_is_one_trigger_in_one_incident) {
  ClockTown town;
  town.accept_plan({by_day(town)});
  town.advance_to(noon_deadline);
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::open);
  EXPECT_FALSE(town.unresolved());
  town.advance_to(noon_deadline + 2 * second);
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::missed);
  ASSERT_TRUE(town.unresolved());
  EXPECT_EQ(town.unresolved()->i.severity, 2);
  EXPECT_EQ(town.count("SELECT count(*) FROM trigger_row"), 1);
}

TEST(WatchInterval, I2_every_check_in_of_the_window_is_asked_and_none_at_night) {
  ClockTown town;
  town.accept_plan({by_day(town)});
  town.advance_to(noon_at);
  EXPECT_EQ(town.answer({}).next_due, noon_at + 4 * hour);
  town.answer_at({noon_at + 4 * hour});
  town.advance_to(noon_at + 8 * hour);
  EXPECT_EQ(town.answer({}).next_due, noon_at + 20 * hour) << "tomorrow at eight";
  town.answer_at({noon_at + 20 * hour, noon_at + day});
  const auto rows = town.occurrences();
  ASSERT_EQ(rows.size(), 5U);
  const std::uint16_t slots[] = {1, 2, 3, 0, 1};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].slot, slots[i]);
    EXPECT_EQ(rows[i].o.state, OccurrenceState::answered);
  }
  EXPECT_EQ(rows[2].o.due, noon_at + 8 * hour);
  EXPECT_EQ(rows[2].day + 1, rows[3].day);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident"), 0);
}

TEST(WatchInterval, G6_of_a_night_without_a_server_the_newest_is_asked_again) {
  ClockTown town;
  auto nights = by_day(town);
  nights.interval = {0x7f, 22 * 60, 8 * 60, 2 * 60};
  nights.opens_before_s = 1800;
  town.accept_plan({nights});
  town.advance_to(noon_at + 8 * hour);
  town.clock_to(noon_at + 20 * hour);
  EXPECT_EQ(town.in_state(OccurrenceState::excused), 4) << "22:00 to 04:00";
  ASSERT_EQ(town.in_state(OccurrenceState::open), 1);
  EXPECT_EQ(town.occurrences().back().o.due, noon_at + 18 * hour);
  EXPECT_EQ(town.occurrences().back().slot, 4);
  town.advance(16 * minute);
  EXPECT_TRUE(town.unresolved());
}

TEST(WatchInterval, H07_a_new_plan_takes_over_at_its_first_opening) {
  ClockTown town;
  town.accept_plan({by_day(town)});
  town.advance_to(noon_at - 10 * minute);
  auto later = by_day(town);
  later.interval = {0x7f, 13 * 60, 4 * 60, 2 * 60};
  town.accept_plan({later});
  town.answer_at({noon_at, noon_at + hour, noon_at + 3 * hour, noon_at + 5 * hour});
  EXPECT_EQ(town.occurrences().size(), 4U) << "noon of the old one, 13:00, 15:00, 17:00";
  EXPECT_EQ(town.in_state(OccurrenceState::answered), 4);
}

TEST(WatchInterval, I9_is_read_back_as_the_plan_says_it) {
  WatchTown town;
  const auto interval = by_day(town);
  auto both = town.daily_at(noon);
  both.times.push_back({0x40, 20 * 60});
  town.accept_plan({interval, both});
  const auto rows = store::Schedules(town.db).live(town.circle.id);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].schedule.rule, protocol::ScheduleRule::interval);
  EXPECT_EQ(rows[0].schedule.interval, interval.interval);
  EXPECT_TRUE(rows[0].schedule.times.empty());
  EXPECT_EQ(rows[1].schedule.rule, protocol::ScheduleRule::weekly);
  EXPECT_EQ(rows[1].schedule.interval, protocol::IntervalWindow{});
  ASSERT_EQ(rows[1].schedule.times.size(), 2U);
  EXPECT_EQ(rows[1].schedule.times[1].minute, 20 * 60);
}

// A build that knows weekly times only takes the stored bytes for such.
TEST(WatchInterval, G1_who_does_not_know_intervals_is_not_silent_about_them) {
  WatchTown town;
  town.accept_plan({by_day(town)});
  auto q = town.db.query("SELECT times FROM schedule");
  ASSERT_TRUE(q.step());
  auto as_weekly = town.daily_at(noon);
  as_weekly.times.clear();
  for (ByteReader r(q.blob(0)); r.left() > 0;) {
    protocol::WeeklyTime t;
    t.weekdays = r.u8();
    t.minute = r.u16();
    as_weekly.times.push_back(t);
  }
  EXPECT_EQ(as_weekly.times.size(), 4U);
  for (const Instant from : {town_start, town_start + 3 * day + 11 * hour}) {
    bool computed = true;
    Instant after = from;
    // What it finds before that may be asked; a day later at most it finds out.
    for (int i = 0; i < 3 && computed; ++i) {
      const auto next = protocol::next_slot(as_weekly, after, protocol::tzdata_zones());
      computed = next.computed;
      if (next) after = next->opens_at;
    }
    EXPECT_FALSE(computed);
  }
}

}  // namespace
}  // namespace livlina::testing

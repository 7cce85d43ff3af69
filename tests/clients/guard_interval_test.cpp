// A member's own client watches a schedule by intervals from the signed plan alone.
#include <gtest/gtest.h>

#include <set>

#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

using Who = WatchBench::Who;

// From a quarter past noon until midnight UTC.
protocol::Schedule every(const WatchBench& b, std::uint16_t minutes, std::uint32_t opens_before_s,
                         std::uint32_t grace_s) {
  protocol::Schedule s = b.circle.plan.schedules.at(0);
  s.rule = protocol::ScheduleRule::interval;
  s.times = {};
  s.interval = {0x7f, 12 * 60 + 15, 11 * 60 + 45, minutes};
  s.opens_before_s = opens_before_s;
  s.grace_s = grace_s;
  s.reminders_s = {};
  return s;
}

TEST(GuardInterval, T35_each_check_in_that_does_not_come_is_noticed) {
  WatchBench b(Who::bo);
  b.new_plan({every(b, 120, 10 * 60, 30 * 60)}, b.noon);
  b.online();
  b.drained();
  const Instant first = b.noon + 15 * minute;
  (void)b.run_to(first + 30 * minute + b.member_wait - 1);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
  (void)b.run_to(first + 30 * minute + b.member_wait);
  EXPECT_EQ(b.warnings("nothing_came"), 1);
  b.shown_all();
  b.reopen();
  b.online();
  b.drained();
  (void)b.run_to(b.noon + 10 * hour);
  EXPECT_EQ(b.warnings("nothing_came"), 5) << "12:15, 14:15, 16:15, 18:15, 20:15";
  (void)b.run_to(b.noon + day);
  EXPECT_EQ(b.warnings("nothing_came"), 6) << "and 22:15, and none until the next noon";
}

TEST(GuardInterval, T35_a_press_is_credited_to_the_check_in_that_was_open) {
  WatchBench b(Who::bo);
  b.new_plan({every(b, 120, 10 * 60, 30 * 60)}, b.noon);
  b.online();
  b.drained();
  const Instant second_due = b.noon + 2 * hour + 15 * minute;
  (void)b.run_to(second_due);
  protocol::CheckinRecord record = b.spoken(1, b.now);
  record.slot_utc = second_due;
  b.forward(b.signed_record(record), b.now);
  (void)b.run_to(second_due + hour);
  EXPECT_EQ(b.shown(second_due), 2u) << "verified ok";
  EXPECT_EQ(b.shown(b.noon + 15 * minute), 7u) << "nothing came";
}

// More of them than any weekly schedule has: none of the newest is left out.
TEST(GuardInterval, T35_a_client_that_was_shut_for_two_weeks_expects_all_of_them) {
  WatchBench b(Who::bo);
  auto dense = every(b, 30, 0, 20 * 60);
  dense.interval = {0x7f, 0, 23 * 60 + 30, 30};
  b.new_plan({dense}, b.noon);
  b.online();
  b.drained();
  b.tick();
  b.offline();
  b.now += 14 * day;
  b.tick();
  std::set<Instant> shown;
  const v1::Status status = b.status();
  for (const v1::CheckinView& c : status.checkins())
    if (c.due() > b.now - day && c.due() <= b.now) shown.insert(c.due());
  EXPECT_EQ(shown.size(), 48U);
}

}  // namespace
}  // namespace livlina::testing

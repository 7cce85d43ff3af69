// The instant by which dates are judged, before servers and phones whose clocks are wrong.
#include "clients/core/trusted_clock.hpp"

#include <gtest/gtest.h>

namespace livlina::testing {
namespace {

using client::clock_tolerance;
constexpr Instant start = 1'772'438'400'000;  // 2026-03-02, 08:00 UTC

struct ClockTest : ::testing::Test {
  ClockTest() { EXPECT_TRUE(clock.load(store).ok()); }
  client::TrustedClock::Told told(Instant server, Instant phone) {
    return clock.logged_in(store, server, phone);
  }
  bool kept(Instant server, Instant phone) { return told(server, phone).kept; }
  crypto::Vault::Values nothing;
  client::Store store{nothing};
  client::TrustedClock clock;
};

TEST_F(ClockTest, T28_phone_clock_years_off) {
  EXPECT_EQ(clock.trusted(5), 5) << "nothing is known yet";
  const Instant phone = start + 3 * 365 * day;
  ASSERT_TRUE(kept(start, phone));
  EXPECT_EQ(clock.trusted(phone), start + clock_tolerance);
  EXPECT_EQ(clock.trusted(phone + hour), start + hour + clock_tolerance);
  EXPECT_EQ(clock.server_time(phone + hour), start + hour);
  EXPECT_TRUE(clock.differs());
  // Set back by the user: never below the floor.
  EXPECT_EQ(clock.trusted(0), start);
  // The floor rises by what passed and a day at most.
  EXPECT_FALSE(kept(start + hour + 25 * hour, phone + hour));
  EXPECT_EQ(clock.trusted(0), start);
  EXPECT_TRUE(kept(start + 24 * hour, phone + hour));
  EXPECT_EQ(clock.trusted(0), start + 24 * hour);
  // An older time moves nothing back.
  EXPECT_TRUE(kept(start, phone + 2 * hour));
  EXPECT_EQ(clock.trusted(0), start + 24 * hour);
}

TEST_F(ClockTest, T28_what_is_signed_now_is_not_dated_ahead_of_the_servers_clock) {
  EXPECT_EQ(clock.dated(5), 5) << "nothing is known yet";
  const Instant phone = start + 20 * minute;
  ASSERT_TRUE(kept(start, phone));
  EXPECT_EQ(clock.dated(phone + hour), start + hour);
  EXPECT_EQ(clock.trusted(phone + hour), phone + hour);
  // Behind it, a day at most, and not below the floor.
  EXPECT_EQ(clock.dated(0), start);
  EXPECT_EQ(clock.dated(phone + 3 * day), start + 3 * day);
}

TEST_F(ClockTest, T28_quick_log_ins_do_not_move_the_floor_day_by_day) {
  ASSERT_TRUE(kept(start, start));
  EXPECT_TRUE(kept(start + day, start + second));
  for (int i = 2; i < 12; ++i) EXPECT_FALSE(kept(start + i * day, start + i * second)) << i;
  EXPECT_LE(clock.trusted(start + minute), start + day + minute);
  // Nor when it swings back and forth.
  for (int i = 0; i < 10; ++i) {
    (void)kept(start + minute, start + minute);
    (void)kept(start + minute + day, start + minute);
  }
  EXPECT_LE(clock.trusted(start + minute), start + day + minute);
  // A day of the phone's time earns no more than a day's jump.
  EXPECT_TRUE(kept(start + day + minute, start + day + minute)) << "what both clocks show";
  EXPECT_TRUE(kept(start + 2 * day + minute, start + day + 2 * minute));
  EXPECT_FALSE(kept(start + 3 * day + 2 * minute, start + day + 3 * minute));
}

TEST_F(ClockTest, T28_a_wrong_time_at_the_first_log_in_is_not_for_good) {
  ASSERT_TRUE(kept(start + 3650 * day, start));
  EXPECT_TRUE(clock.differs());
  ASSERT_TRUE(kept(start + 3650 * day, start + hour));
  ASSERT_TRUE(kept(start + 2 * hour, start + 2 * hour));
  EXPECT_LE(clock.trusted(start + 2 * hour), start + clock_tolerance + 2 * hour);
  EXPECT_FALSE(clock.differs());
}

TEST_F(ClockTest, T28_a_servers_clock_that_was_put_right_is_taken) {
  ASSERT_TRUE(kept(start, start));
  EXPECT_TRUE(told(start, start + 10 * day).differs) << "it has stood still";
  EXPECT_TRUE(kept(start + 11 * day, start + 11 * day)) << "both clocks say so";
  EXPECT_EQ(clock.trusted(0), start + 11 * day);
}

TEST_F(ClockTest, T28_differences_and_steps_back_are_told) {
  const auto first = told(start, start);
  EXPECT_FALSE(first.differs || first.went_back);
  const auto slow = told(start + hour - 61 * minute, start + hour);
  EXPECT_TRUE(slow.differs);
  EXPECT_EQ(slow.ahead, -61 * minute);
  const auto fine = told(start + 2 * hour + 59 * minute, start + 2 * hour);
  EXPECT_FALSE(fine.differs);
  const auto back = told(start + 2 * hour + 30 * minute, start + 2 * hour);
  EXPECT_TRUE(back.went_back && !back.differs);
  EXPECT_FALSE(told(start + 2 * hour + 30 * minute - second, start + 2 * hour).went_back)
      << "a clock that is corrected";
}

TEST_F(ClockTest, T28_a_time_outside_of_all_dates_is_a_jump) {
  for (const Instant wild : {INT64_MAX, INT64_MIN, Instant{0}, Instant{-1}})
    EXPECT_FALSE(kept(wild, start)) << wild;
  EXPECT_EQ(clock.trusted(start), start) << "nothing is known yet";
  ASSERT_TRUE(kept(start, start));
  EXPECT_FALSE(kept(INT64_MAX, start));
  EXPECT_EQ(clock.server_time(start), start);
}

TEST_F(ClockTest, T28_what_is_known_survives) {
  ASSERT_TRUE(kept(start, start));
  ASSERT_TRUE(kept(start + 23 * hour, start + second));
  crypto::Vault::Values stored;
  for (auto& [key, value] : store.take_changes())
    if (value) stored.emplace(key, std::move(*value));
  client::Store again(stored);
  client::TrustedClock other;
  ASSERT_TRUE(other.load(again).ok());
  EXPECT_EQ(other.trusted(start), clock.trusted(start));
  EXPECT_TRUE(other.differs());
  EXPECT_FALSE(other.logged_in(again, start + 26 * hour, start + minute).kept)
      << "the credit is spent";
  again.put("clock", ByteWriter().u8(1).i64(1).i64(1).i64(1).get());
  EXPECT_FALSE(other.load(again).ok());
}

}  // namespace
}  // namespace livlina::testing

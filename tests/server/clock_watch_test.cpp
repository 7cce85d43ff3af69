// Suspension and steps of the wall clock are told apart; small corrections are none.
#include "server/time/clock_watch.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "server/time/clocks.hpp"
#include "server/time/sleeper.hpp"

namespace livlina::server {
namespace {

constexpr Instant wall0 = 1'700'000'000'000;
using Kind = ClockEvent::Kind;

TEST(ClockWatch, time_that_goes_on_is_no_event) {
  ClockWatch watch(wall0, 500);
  EXPECT_FALSE(watch.observe(wall0 + 10'000, 10'500));
  EXPECT_FALSE(watch.observe(wall0 + 40'000, 40'500));  // exactly the tolerance
}

TEST(ClockWatch, H06_a_step_forward_of_an_hour) {
  ClockWatch watch(wall0, 0);
  const auto e = watch.observe(wall0 + hour + 10'000, 10'000);
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind, Kind::forward);
  EXPECT_EQ(e->from, wall0);
  EXPECT_EQ(e->to, wall0 + hour + 10'000);
  EXPECT_EQ(e->size, hour);
  EXPECT_FALSE(watch.observe(wall0 + hour + 20'000, 20'000));  // told once
}

TEST(ClockWatch, H06_a_step_backward_of_an_hour) {
  ClockWatch watch(wall0, 0);
  const auto e = watch.observe(wall0 - hour + 10'000, 10'000);
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind, Kind::backward);
  EXPECT_EQ(e->from, wall0 + 10'000);
  EXPECT_EQ(e->to, wall0 - hour + 10'000);
  EXPECT_EQ(e->size, hour);
}

TEST(ClockWatch, H06_suspension_moves_both_clocks) {
  ClockWatch watch(wall0, 0);
  const auto e = watch.observe(wall0 + hour, hour);
  ASSERT_TRUE(e);
  EXPECT_EQ(e->kind, Kind::blind);
  EXPECT_EQ(e->from, wall0);
  EXPECT_EQ(e->to, wall0 + hour);
}

TEST(ClockWatch, H06_a_leap_second_and_slow_drift_are_none) {
  ClockWatch watch(wall0, 0);
  EXPECT_FALSE(watch.observe(wall0 + 9'000, 10'000));
  EXPECT_FALSE(watch.observe(wall0 + 20'500, 20'000));
}

TEST(Sleeper, wakes_by_call_before_and_during_sleep_and_by_time) {
  Sleeper sleeper;
  const Duration far = system_clocks().boot() + hour;
  sleeper.wake();
  sleeper.sleep(far);  // the call came before
  std::thread other([&] { sleeper.wake(); });
  sleeper.sleep(far);
  other.join();
  const Duration soon = system_clocks().boot() + 20;
  while (system_clocks().boot() < soon) sleeper.sleep(soon);
  sleeper.sleep(0);  // long past
}

}  // namespace
}  // namespace livlina::server

// How a member's client waits: by its own clocks, over any number of connections, and honest about
// what it could not know.
#include <gtest/gtest.h>

#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

using Who = WatchBench::Who;
constexpr std::uint32_t waiting = 1, ok = 2, nothing = 7, not_connected = 11;

// ---- connections ----

TEST(GuardWait, T35_never_drained_and_closed_every_nine_minutes_is_noticed) {
  WatchBench b(Who::bo);
  (void)b.run_to(b.opens);
  while (b.now < b.deadline + hour) {
    b.online();
    (void)b.run_to(b.now + 9 * minute);
    b.offline();
    b.now += second;
  }
  EXPECT_EQ(b.warnings("nothing_came"), 1);
  EXPECT_EQ(b.shown(), nothing);
}

TEST(GuardWait, T35_short_undrained_connections_add_up_over_restarts) {
  WatchBench b(Who::bo);
  (void)b.run_to(b.deadline);
  int rounds = 0;
  while (b.warnings("nothing_came") == 0 && rounds < 30) {
    b.online();
    (void)b.run_to(b.now + minute);
    b.offline();
    b.reopen();
    ++rounds;
  }
  EXPECT_EQ(rounds, 12) << "ten minutes of patience, and the wait of two";
}

TEST(GuardWait, T35_a_drained_queue_gives_the_patience_back) {
  WatchBench b(Who::bo);
  b.online();
  (void)b.run_to(b.now + 9 * minute);
  b.drained();
  b.offline();
  (void)b.run_to(b.deadline);
  b.online();
  (void)b.run_to(b.deadline + 9 * minute);
  EXPECT_EQ(b.warnings("nothing_came"), 0) << "there is a backlog, and it comes";
  (void)b.run_to(b.deadline + 12 * minute);
  EXPECT_EQ(b.warnings("nothing_came"), 1);
}

// ---- not connected ----

TEST(GuardWait, T35_who_is_not_connected_is_told_so) {
  WatchBench b(Who::bo);
  (void)b.run_to(b.opens);
  EXPECT_EQ(b.status().checkins(0).state(), waiting);
  const Instant known = b.deadline + b.member_wait + client::blind_patience;
  (void)b.run_to(known - 1);
  EXPECT_EQ(b.warnings("not_connected"), 0);
  (void)b.run_to(known);
  ASSERT_EQ(b.warnings("not_connected"), 1);
  EXPECT_EQ(b.shown(), not_connected);
  EXPECT_EQ(b.warnings("nothing_came"), 0) << "it does not know that";
  (void)b.run_to(known + 12 * hour);
  EXPECT_EQ(b.warnings("not_connected"), 1) << "once";
  // What it could have known is then told.
  b.online();
  b.drained();
  (void)b.run_to(b.now + b.member_wait);
  EXPECT_EQ(b.shown(), nothing);
  EXPECT_EQ(b.warnings("nothing_came"), 1);
}

TEST(GuardWait, T35_a_server_that_only_lets_in_for_moments_is_told_as_no_connection) {
  WatchBench b(Who::bo);
  (void)b.run_to(b.deadline);
  while (b.now < b.deadline + b.member_wait + client::blind_patience + 3 * minute) {
    b.online();
    (void)b.run_to(b.now + second);
    b.offline();
    (void)b.run_to(b.now + 29 * second);
  }
  EXPECT_EQ(b.warnings("not_connected"), 1);
}

TEST(GuardWait, who_has_just_been_opened_is_given_a_minute_to_connect) {
  WatchBench b(Who::bo);
  (void)b.run_to(b.opens);
  b.now = b.deadline + 10 * hour;  // the machine was off
  b.reopen();
  b.tick();
  EXPECT_EQ(b.status().checkins(0).state(), not_connected) << "whoever asks is told";
  (void)b.run_to(b.now + 30 * second);
  EXPECT_EQ(b.warnings("not_connected"), 0);
  b.online();
  b.drained();
  EXPECT_EQ(b.status().checkins(0).state(), waiting);
  b.forward(b.signed_record(b.spoken(1, b.due)), b.due);
  (void)b.run_to(b.now + hour);
  EXPECT_EQ(b.shown(), ok);
  EXPECT_EQ(b.warnings("not_connected") + b.warnings("nothing_came"), 0);
}

TEST(GuardWait, many_that_could_not_be_known_are_one_warning) {
  WatchBench b(Who::bo);
  b.now += 5 * day;
  b.reopen();
  (void)b.run_to(b.now + hour);
  ASSERT_EQ(b.warnings("not_connected"), 1);
  EXPECT_EQ(b.last(v1::Event::kWarning)->warning().detail(), "5");
}

// ---- clocks ----

TEST(GuardWait, T28_a_server_whose_clock_stands_still_silences_nobody) {
  WatchBench b(Who::bo);
  ASSERT_TRUE(b.context().clock.logged_in(b.store(), b.noon, b.now).kept);
  for (const Instant end = b.noon + 10 * day; b.now < end;) {
    (void)b.context().clock.logged_in(b.store(), b.noon, b.now);
    b.online();
    b.drained();
    (void)b.run_to(b.now + 6 * hour);
    b.offline();
  }
  EXPECT_EQ(b.warnings("nothing_came"), 10);
}

TEST(GuardWait, T28_a_server_whose_clock_runs_ahead_silences_nobody) {
  WatchBench b(Who::bo);
  for (int i = 0; i < 10; ++i) {
    b.now += second;
    (void)b.context().clock.logged_in(b.store(), b.now + i * day, b.now);
  }
  b.online();
  b.drained();
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.warnings("nothing_came"), 1);
}

TEST(GuardWait, T28_a_wall_clock_that_is_set_back_does_not_begin_the_wait_anew) {
  WatchBench b(Who::bo);
  b.online();
  b.drained();
  (void)b.run_to(b.deadline + minute);
  b.tick();
  b.step_clock(-hour);
  b.tick();
  b.step_clock(hour);
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.warnings("nothing_came"), 1) << "a minute and a minute are two";
}

TEST(GuardWait, T28_while_the_machine_slept_nothing_was_waited_for) {
  WatchBench b(Who::bo);
  b.online();
  b.drained();
  (void)b.run_to(b.opens);
  b.step_clock(2 * hour);  // shut; it wakes with a connection that seems to stand
  b.tick();
  EXPECT_EQ(b.warnings("nothing_came"), 0);
  b.forward(b.signed_record(b.spoken(1, b.due)), b.due);
  EXPECT_EQ(b.shown(), ok);
}

TEST(GuardWait, T28_a_clock_that_was_years_ahead_for_a_moment_loses_no_evening) {
  WatchBench b(Who::bo);
  b.online();
  b.drained();
  b.step_clock(200 * day);
  b.tick();
  b.step_clock(-200 * day);
  b.tick();
  b.events.clear();
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.shown(), nothing);
}

}  // namespace
}  // namespace livlina::testing

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
  EXPECT_EQ(b.status().checkins(0).state(), not_connected) << "nor is it known yet";
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

// ---- connections for moments ----

TEST(GuardWait, T35_drained_and_closed_again_and_again_is_told_as_no_connection) {
  WatchBench b(Who::bo);
  (void)b.run_to(b.deadline);
  while (b.now < b.deadline + b.member_wait + client::blind_patience + 2 * minute) {
    b.online();
    b.drained();
    b.offline();
    (void)b.run_to(b.now + 40 * second);
  }
  EXPECT_EQ(b.warnings("not_connected"), 1);
  EXPECT_EQ(b.shown(), not_connected);
}

TEST(GuardWait, T35_one_short_connection_still_gives_the_minute_to_connect) {
  WatchBench b(Who::bo);
  (void)b.run_to(b.deadline + b.member_wait + client::blind_patience - 10 * second);
  b.online();
  b.drained();
  b.offline();
  (void)b.run_to(b.now + 59 * second);
  EXPECT_EQ(b.warnings("not_connected"), 0);
  (void)b.run_to(b.now + second);
  EXPECT_EQ(b.warnings("not_connected"), 1);
}

TEST(GuardWait, T30_T35_the_mark_is_missed_over_connections_for_moments) {
  WatchBench b(Who::bo);
  b.disk.erase("circle/" + b.circle.id.hex() + "/shadow");
  b.reopen();
  (void)b.run_to(b.due);
  b.online();
  b.drained();
  (void)b.check_in(1);
  const Instant said = b.now;
  while (b.warnings("mark_missing") == 0 && b.now < said + hour) {
    b.offline();
    (void)b.run_to(b.now + 40 * second);
    b.online();
    b.drained();
  }
  EXPECT_EQ(b.warnings("mark_missing"), 1);
  EXPECT_GE(b.now - said, client::mark_patience);
  EXPECT_LE(b.now - said, 5 * minute);
}

TEST(GuardWait, T35_an_unsigned_word_does_not_stand_in_for_a_connection) {
  for (const std::uint32_t said : {2u, 4u}) {
    WatchBench b(Who::bo);
    (void)b.run_to(b.opens);
    b.online();
    b.drained();
    b.word(said);
    b.offline();
    (void)b.run_to(b.deadline + b.member_wait + client::blind_patience);
    EXPECT_EQ(b.warnings("not_connected"), 1) << said;
    EXPECT_EQ(b.shown(), not_connected) << said;
  }
  // A line without records has nothing but the word, and a miss says more than not knowing.
  for (const bool missed : {false, true}) {
    WatchBench b(Who::bo, missed ? scope_all : scope_checkin);
    (void)b.run_to(b.opens);
    b.online();
    b.word(missed ? 3 : 2);
    b.offline();
    (void)b.run_to(b.deadline + hour);
    EXPECT_EQ(b.warnings("not_connected"), 0);
    EXPECT_EQ(b.status().checkins(0).state(), missed ? 6u : 5u);
  }
}

// ---- a clock of the phone's own that was wrong ----

struct ClockAhead : WatchBench {
  ClockAhead() : WatchBench(Who::bo) {
    (void)context().clock.logged_in(store(), now, now);
    online();
    drained();
    tick();
  }
  void wrong_for(Duration by, Duration how_long) {
    step_clock(by);
    tick();
    (void)run_to(now + how_long);
    step_clock(-by);
    tick();
    events.clear();
  }
};

TEST(GuardWait, T28_T35_a_clock_that_was_a_day_ahead_uses_up_no_warning) {
  ClockAhead b;
  b.wrong_for(day, 5 * minute);
  EXPECT_EQ(b.status().checkins_size(), 0) << "nothing is open";
  (void)b.run_to(b.deadline + b.member_wait - 1);
  EXPECT_EQ(b.warnings("nothing_came"), 0) << "nor was it waited already";
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.warnings("nothing_came"), 1);
  EXPECT_EQ(b.shown(), nothing);
}

TEST(GuardWait, T28_T35_after_a_clock_that_was_ahead_an_answer_is_in_time) {
  for (const bool open : {false, true}) {
    ClockAhead b;
    if (open) (void)b.run_to(b.opens + minute);
    b.wrong_for(day, 5 * minute);
    (void)b.run_to(b.due);
    (void)b.check_in(1);
    EXPECT_EQ(b.shown(), ok);
    EXPECT_EQ(b.warnings("received_at_contradicts") + b.warnings("server_contradicts"), 0);
    (void)b.run_to(b.deadline + hour);
    EXPECT_EQ(b.warnings("nothing_came"), 0);
  }
}

TEST(GuardWait, T28_T35_a_clock_that_was_weeks_ahead_forgets_nothing) {
  ClockAhead b;
  (void)b.run_to(b.due);
  (void)b.check_in(3);
  (void)b.run_to(b.opens + day + minute);
  b.wrong_for(30 * day, 5 * minute);
  v1::Status status = b.status();
  ASSERT_EQ(status.checkins_size(), 2) << "none of next month";
  EXPECT_EQ(status.checkins(0).state(), 4u);
  EXPECT_EQ(status.records_size(), 1) << "what was said stays";
  (void)b.run_to(b.deadline + day + b.member_wait);
  EXPECT_EQ(b.shown(b.due + day), nothing);
  EXPECT_EQ(b.warnings("nothing_came"), 1) << "and nothing of yesterday";
}

TEST(GuardWait, T28_T35_evenings_that_a_clock_ahead_skipped_are_looked_for) {
  ClockAhead b;
  b.offline();
  b.step_clock(3 * day + 30 * day);  // off for three days, and weeks ahead when it is opened
  b.reopen();
  b.tick();
  b.step_clock(-30 * day);
  b.tick();
  b.events.clear();
  (void)b.context().clock.logged_in(b.store(), b.now, b.now);
  b.online();
  b.drained();
  (void)b.run_to(b.now + b.member_wait);
  EXPECT_EQ(b.warnings("nothing_came"), 3);
}

TEST(GuardWait, T28_T35_a_clock_that_was_set_back_accuses_nobody) {
  for (const Duration by : {23 * hour, 20 * day, 20000 * day}) {
    ClockAhead b;
    b.wrong_for(-by, 0);
    (void)b.run_to(b.now + 5 * minute);
    EXPECT_EQ(b.warnings("nothing_came"), 0);
    EXPECT_EQ(b.status().checkins_size(), 0);
    (void)b.run_to(b.deadline + b.member_wait);
    EXPECT_EQ(b.warnings("nothing_came"), 1) << "tonight is watched";
  }
}

TEST(GuardWait, T28_T35_a_plan_taken_while_the_clock_was_slow_asks_for_nothing_from_before) {
  ClockAhead b;
  auto moved = b.circle.plan.schedules.at(0);
  moved.times = {{0x7f, 10 * 60}};  // this morning it was not asked for
  const Instant signed_at = b.now;
  b.step_clock(-23 * hour);
  b.new_plan({moved}, signed_at);
  b.tick();
  b.step_clock(23 * hour);
  b.tick();
  (void)b.run_to(b.now + 5 * minute);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
}

}  // namespace
}  // namespace livlina::testing

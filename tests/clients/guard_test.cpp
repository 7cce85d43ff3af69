// A member's own client before a server that is silent, lies, withholds or repeats.
#include <gtest/gtest.h>

#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

using Who = WatchBench::Who;
constexpr std::uint32_t waiting = 1, ok = 2, talk = 3, not_ok = 4, says_ok = 5, reports_miss = 6,
                        nothing = 7, contradicts = 8, late = 10;
constexpr std::uint32_t said_answered = 2, said_missed = 3, said_excused = 4;

TEST(Guard, T35_silence_of_the_server_is_noticed_after_the_wait) {
  WatchBench b(Who::bo);
  b.online();
  b.drained();
  (void)b.run_to(b.opens);
  ASSERT_EQ(b.status().checkins_size(), 1) << "expected from the signed plan";
  EXPECT_EQ(b.status().checkins(0).state(), waiting);
  (void)b.run_to(b.deadline + b.member_wait - 1);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.warnings("nothing_came"), 1);
  EXPECT_EQ(b.shown(), nothing);
  b.shown_all();
  b.reopen();
  b.online();
  b.drained();
  (void)b.run_to(b.deadline + hour);
  EXPECT_EQ(b.warnings("nothing_came"), 1) << "once";
  EXPECT_EQ(b.status().checkins(0).state(), nothing);
}

TEST(Guard, T35_record_in_time_is_verified_by_this_client_alone) {
  for (const std::uint8_t answer : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{3}}) {
    Evening b;
    (void)b.check_in(answer);
    EXPECT_EQ(b.shown(), std::uint32_t{answer} + 1);
    EXPECT_EQ(b.view()->answered_at(), b.now);
    EXPECT_EQ(b.waiting(v1::Request::kAckDeliveries).size(), 1u);
    (void)b.run_to(b.deadline + hour);
    EXPECT_EQ(b.warnings("nothing_came"), 0);
  }
}

TEST(Guard, T35_server_lies_ok_over_a_miss) {
  Evening b;
  b.word(said_answered);
  EXPECT_EQ(b.shown(), says_ok) << "no more than the server's word";
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.shown(), contradicts);
  EXPECT_EQ(b.warnings("server_contradicts"), 1);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
}

TEST(Guard, T35_server_lies_ok_after_the_wait) {
  Evening b;
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.shown(), nothing);
  b.word(said_answered);
  EXPECT_EQ(b.shown(), contradicts);
  EXPECT_EQ(b.warnings("server_contradicts"), 1);
}

TEST(Guard, T35_server_lies_miss_over_an_ok_whichever_comes_first) {
  for (const bool word_first : {false, true}) {
    Evening b;
    if (word_first) b.word(said_missed);
    if (word_first) {
      EXPECT_EQ(b.shown(), reports_miss);
    }
    (void)b.check_in(1);
    if (!word_first) {
      EXPECT_EQ(b.shown(), ok);
    }
    if (!word_first) b.word(said_missed);
    EXPECT_EQ(b.shown(), contradicts);
    EXPECT_EQ(b.warnings("server_contradicts"), 1);
  }
}

TEST(Guard, T35_honest_words_agree_in_either_order) {
  for (const bool word_first : {false, true}) {
    Evening b;
    if (word_first) b.word(said_answered);
    (void)b.check_in(1);
    if (!word_first) b.word(said_answered);
    (void)b.run_to(b.deadline + hour);
    EXPECT_EQ(b.shown(), ok);
    EXPECT_EQ(b.warnings("server_contradicts") + b.warnings("nothing_came"), 0);
  }
}

TEST(Guard, T35_server_moves_the_deadline) {
  Evening b;
  b.word(said_answered, b.due, b.deadline + 3 * hour);
  EXPECT_TRUE(b.view()->moved());
  EXPECT_EQ(b.view()->deadline(), b.deadline) << "the plan's, whatever the server says";
  EXPECT_EQ(b.warnings("deadline_moved"), 1);
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.shown(), contradicts) << "the wait is counted from the plan's deadline";
  // A record that comes within the moved deadline is late, and shown as that.
  b.now = b.deadline + hour;
  b.forward(b.signed_record(b.spoken(1, b.deadline - minute)), b.now);
  EXPECT_EQ(b.shown(), late);
}

TEST(Guard, T35_unsigned_excuse_stops_nothing) {
  Evening b;
  b.word(said_excused);
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.shown(), nothing);
  ASSERT_EQ(b.warnings("nothing_came"), 1);
  EXPECT_EQ(b.last(v1::Event::kWarning)->warning().detail(), "excused_by_server");
}

TEST(Guard, T35_old_record_replayed_is_no_answer) {
  Evening b;
  const Bytes yesterday = b.check_in(1);
  b.events.clear();
  (void)b.run_to(b.due + day);
  b.forward(yesterday, b.now);
  EXPECT_EQ(b.shown(b.due + day), 0u);
  (void)b.run_to(b.deadline + day + b.member_wait);
  EXPECT_EQ(b.shown(b.due + day), nothing);
}

TEST(Guard, T35_record_withheld_yesterday_is_no_answer_today) {
  Evening b;
  const Bytes withheld = b.signed_record(b.spoken(1, b.due));
  (void)b.run_to(b.due + day);
  b.forward(withheld, b.now);  // its number is new, and the server says that it came just now
  EXPECT_EQ(b.shown(), late) << "of yesterday, too late";
  (void)b.run_to(b.deadline + day + b.member_wait);
  EXPECT_EQ(b.shown(b.due + day), nothing);
}

TEST(Guard, T35_server_never_says_drained) {
  WatchBench b(Who::bo);
  b.online();
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.warnings("nothing_came"), 1) << "connected for hours";
}

TEST(Guard, T35_server_that_closes_the_connection_again_and_again) {
  WatchBench b(Who::bo);
  (void)b.run_to(b.deadline);
  int rounds = 0;
  while (b.warnings("nothing_came") == 0 && rounds < 20) {
    b.online();
    b.drained();
    (void)b.run_to(b.now + 30 * second);
    b.offline();
    b.reopen();  // and the client is opened anew each time
    ++rounds;
  }
  EXPECT_EQ(rounds, 4) << "four times half a minute are two";
}

TEST(Guard, T35_a_queue_that_is_not_drained_is_no_silence) {
  WatchBench b(Who::bo);
  (void)b.run_to(b.deadline + 3 * hour);  // away over the deadline
  EXPECT_EQ(b.warnings("nothing_came"), 0);
  b.online();
  b.tick();
  EXPECT_EQ(b.warnings("nothing_came"), 0);
  b.forward(b.signed_record(b.spoken(1, b.due)), b.due);  // it had come in time
  b.drained();
  (void)b.run_to(b.now + hour);
  EXPECT_EQ(b.shown(), ok);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
}

TEST(Guard, H05_record_that_arrives_before_the_slot_opens_is_no_answer_to_it) {
  WatchBench b(Who::bo);
  b.online();
  b.drained();
  (void)b.run_to(b.opens - minute);
  auto early = b.spoken(1, b.now);
  early.slot_utc = 0;
  b.forward(b.signed_record(early), b.now);
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.shown(), nothing);
}

TEST(Guard, late_answer_is_shown_as_late) {
  Evening b;
  b.now = b.deadline + 10 * minute;
  b.tick();
  b.word(said_missed);
  auto r = b.spoken(1, b.now);  // pressed when nothing was open any more
  r.slot_utc = 0;
  b.forward(b.signed_record(r), b.now);
  EXPECT_EQ(b.shown(), late);
  EXPECT_EQ(b.warnings("server_contradicts"), 0);
}

TEST(Guard, second_answer_counts_when_it_is_more_severe) {
  Evening b;
  (void)b.check_in(2);
  (void)b.check_in(1);
  EXPECT_EQ(b.shown(), talk);
  (void)b.check_in(3);
  EXPECT_EQ(b.shown(), not_ok);
}

TEST(Guard, T30_the_shadow_marks_duress_and_hides_nothing) {
  Evening b;
  (void)b.check_in(1);
  (void)b.check_in(1, true);
  EXPECT_EQ(b.shown(), ok);
  EXPECT_TRUE(b.view()->duress_came());
  // A late one by the shadow marks as well, and turns nothing into late.
  Evening c;
  (void)c.check_in(1);
  c.now = c.deadline + minute;
  c.forward(c.signed_record(c.spoken(1, c.deadline - minute), true), c.now);
  EXPECT_EQ(c.shown(), ok);
  EXPECT_TRUE(c.view()->duress_came());
}

TEST(Guard, without_the_alarm_scope_the_servers_word_must_do) {
  Evening b(scope_checkin);
  b.word(said_answered);
  (void)b.run_to(b.deadline + hour);
  EXPECT_EQ(b.shown(), says_ok);
  EXPECT_EQ(b.warnings("server_contradicts"), 0);
  (void)b.run_to(b.deadline + day + b.member_wait);
  EXPECT_EQ(b.warnings("nothing_came"), 1) << "but silence is silence";
}

// After an outage the deadline is later, and the answer came within it.
TEST(Guard, T35_a_line_without_records_takes_the_servers_late_word_for_what_it_is) {
  Evening b(scope_checkin);
  (void)b.run_to(b.deadline + hour);
  ASSERT_EQ(b.warnings("nothing_came"), 1);
  b.word(said_answered, b.due, b.deadline + 2 * hour);
  EXPECT_EQ(b.shown(), says_ok);
  EXPECT_EQ(b.warnings("server_contradicts"), 0);
  EXPECT_EQ(b.warnings("deadline_moved"), 1);
}

TEST(Guard, without_the_checkin_scope_nothing_is_watched) {
  WatchBench b(Who::bo, scope_alarm);
  b.online();
  b.drained();
  (void)b.run_to(b.deadline + day);
  EXPECT_EQ(b.status().checkins_size(), 0);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
}

TEST(Guard, H07_a_new_plan_leaves_open_slots_and_asks_for_its_own_from_now_on) {
  WatchBench b(Who::bo);
  b.online();
  b.drained();
  (void)b.run_to(b.opens + 10 * minute);
  // The check-in moves to 19:30, which opened at 18:30, and is due tomorrow for the first time.
  auto moved = b.circle.plan.schedules.at(0);
  moved.times = {{0x7f, 19 * 60 + 30}};
  b.new_plan({moved}, b.now);
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.shown(), nothing) << "tonight's slot stays";
  ASSERT_EQ(b.status().checkins_size(), 1);
  (void)b.run_to(b.due + day);
  ASSERT_EQ(b.status().checkins_size(), 2);
  EXPECT_EQ(b.status().checkins(1).due(), b.due + day - 30 * minute);
  (void)b.run_to(b.deadline + day);
  EXPECT_EQ(b.warnings("nothing_came"), 2);
}

TEST(Guard, H07_a_plan_that_changed_while_this_client_was_away) {
  WatchBench b(Who::bo);
  b.now += 3 * day;
  auto moved = b.circle.plan.schedules.at(0);
  moved.times = {{0x7f, 19 * 60 + 30}};
  // Signed on the second day at noon: that evening's slot was no longer sure to be at 20:00.
  b.new_plan({moved}, b.noon + 2 * day);
  b.online();
  b.drained();
  (void)b.run_to(b.now + b.member_wait);
  EXPECT_EQ(b.shown(b.due), nothing);
  EXPECT_EQ(b.shown(b.due + day), nothing);
  EXPECT_EQ(b.warnings("nothing_came"), 2);
}

TEST(Guard, long_absence_is_bounded_and_asked_for) {
  WatchBench b(Who::bo);
  b.now += 60 * day;
  b.online();
  b.drained();
  (void)b.run_to(b.now + b.member_wait);
  EXPECT_EQ(b.warnings("nothing_came"), 14);
  std::size_t kept = 0;
  (void)b.run_to(b.now + 30 * day);
  for (const auto& [key, value] : b.disk) kept += key.rfind("guard/", 0) == 0 ? 1 : 0;
  EXPECT_LE(kept, 14u + 3u);
  std::size_t warned = 0;
  for (const auto& [key, value] : b.disk) warned += key.rfind("warned/nothing_came", 0) == 0;
  EXPECT_LE(warned, 14u);
}

TEST(Guard, T24_words_of_a_flooding_server_take_bounded_room) {
  Evening b;
  for (int i = 0; i < 500; ++i) b.word(said_missed, b.due + (i + 1) * minute, b.deadline + day / 2);
  b.word(said_missed, b.due + 400 * day, b.due + 400 * day);
  b.word(said_missed, b.due - 400 * day, b.due - 400 * day);
  std::size_t slots = 0;
  for (const auto& [key, value] : b.disk) slots += key.find("/slot/") != std::string::npos;
  EXPECT_LE(slots, 101u);
}

TEST(Guard, T28_clock_that_goes_back_loses_no_slot_and_does_not_spin) {
  Evening b;
  b.step_clock(12 * hour);  // a jump over the deadline, and back
  b.tick();
  b.step_clock(-20 * hour);
  b.tick();
  EXPECT_LT(b.run_to(b.deadline + hour), 20);
  (void)b.run_to(b.due + day - hour);
  EXPECT_EQ(b.status().checkins_size(), 2);
  (void)b.run_to(b.deadline + day + b.member_wait);
  EXPECT_EQ(b.shown(b.due + day), nothing);
}

TEST(Guard, wakes_only_when_there_is_something_to_do) {
  WatchBench b(Who::bo);
  b.online();
  b.drained();
  // Three evenings: a slot opens, and its silence is noticed.
  EXPECT_LE(b.run_to(b.noon + 3 * day, 20), 6);
  EXPECT_EQ(b.warnings("nothing_came"), 3);
  b.offline();
  // A slot opens, and that it could not be known is said.
  EXPECT_LE(b.run_to(b.noon + 6 * day, 20), 6);
}

TEST(Guard, what_became_due_between_two_ticks_asks_for_one_at_once) {
  Evening b;
  b.now = b.deadline + b.member_wait + second;
  b.word(0);  // any frame but a tick
  ASSERT_TRUE(b.wake_at());
  EXPECT_LE(*b.wake_at(), b.now);
  b.tick();
  EXPECT_EQ(b.warnings("nothing_came"), 1);
  EXPECT_GT(*b.wake_at(), b.now);
}

TEST(Guard, an_answer_shows_for_a_slot_that_opened_before_the_plan_was_known) {
  WatchBench b(Who::bo);
  auto earlier = b.circle.plan.schedules.at(0);
  earlier.times = {{0x7f, 12 * 60 + 15}};  // open since a quarter past eleven
  b.new_plan({earlier}, b.now);
  b.online();
  b.drained();
  b.tick();
  const Instant slot_due = b.noon + 15 * minute;
  auto r = b.spoken(1, b.now);
  r.slot_utc = slot_due;
  b.forward(b.signed_record(r), b.now);
  EXPECT_EQ(b.shown(slot_due), 14u) << "nobody asks for it: the plan is younger";
  b.events.clear();
  (void)b.run_to(b.noon + 2 * hour);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
}

TEST(Guard, T35_circle_that_is_not_armed_expects_nothing) {
  WatchBench b(Who::bo, scope_all, false);
  b.online();
  b.drained();
  (void)b.run_to(b.deadline + day);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
}

TEST(Guard, the_participants_own_device_watches_nobody) {
  WatchBench b(Who::sami);
  b.online();
  b.drained();
  (void)b.run_to(b.deadline + day);
  EXPECT_EQ(b.status().checkins_size(), 0);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
}

}  // namespace
}  // namespace livlina::testing

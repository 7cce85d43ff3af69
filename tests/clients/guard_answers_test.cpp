// What a record answers: when it was pressed, when it can have arrived, and by which device.
#include <gtest/gtest.h>

#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

using Who = WatchBench::Who;
constexpr std::uint32_t ok = 2, talk = 3, nothing = 7, contradicts = 8, late = 10, other_time = 12,
                        ok_unmarked = 13;
constexpr std::uint32_t waiting = 1, said_open = 1, said_answered = 2, said_missed = 3,
                        said_excused = 4;

// ---- banked presses ----

TEST(GuardAnswers, T35_record_pressed_yesterday_that_names_todays_slot_is_no_answer) {
  WatchBench b(Who::bo);
  b.online();
  b.drained();
  (void)b.run_to(b.due + day);
  auto banked = b.spoken(1, b.due);
  banked.slot_utc = b.due + day;
  b.forward(b.signed_record(banked), b.now);
  EXPECT_EQ(b.shown(b.due + day), other_time);
  EXPECT_EQ(b.view(b.due + day)->pressed_at(), b.due);
  EXPECT_EQ(b.view(b.due + day)->answered_at(), b.now);
  EXPECT_EQ(b.warnings("pressed_other_time"), 1);
  b.word(said_answered, b.due + day, b.deadline + day);
  EXPECT_EQ(b.shown(b.due + day), other_time) << "whatever the server says";
  // The true answer comes.
  b.forward(b.signed_record(b.spoken(1, b.now)), b.now);
  EXPECT_EQ(b.shown(b.due + day), ok);
}

TEST(GuardAnswers, T35_server_that_moves_the_participants_clock_gets_no_banked_record) {
  WatchBench s(Who::sami);
  s.now = s.due;
  ASSERT_TRUE(s.context().clock.logged_in(s.store(), s.now, s.now).kept);
  s.now += minute;
  ASSERT_TRUE(s.context().clock.logged_in(s.store(), s.now + day - 2 * minute, s.now).kept);
  s.online();
  EXPECT_EQ(s.status().next_due(), s.due) << "tonight's, by the phone's own clock";
  s.command(press(1));
  (void)s.run_to(s.now + 4 * second);
  const auto posts = s.waiting(v1::Request::kPostRecord);
  ASSERT_EQ(posts.size(), 1u);
  EXPECT_EQ(s.warnings("clock_differs"), 1);
  const auto record = protocol::verify_checkin(livlina::view(posts[0]->post_record().record()),
                                               s.sami.primary().sig.public_key());
  ASSERT_TRUE(record.ok());
  ASSERT_EQ((**record).slot_utc, s.due + day) << "what the server says is open";
  // Forwarded at once it answers tonight, for which it was pressed; kept back it answers nothing.
  for (const Instant arrives : {Evening::due, Evening::due + day}) {
    Evening b;
    (void)b.run_to(arrives);
    auto same = b.spoken(1, (**record).claimed_at);
    same.slot_utc = (**record).slot_utc;
    b.forward(b.signed_record(same), b.now);
    (void)b.run_to(b.deadline + day + b.member_wait);
    const bool at_once = arrives == b.due;
    EXPECT_EQ(b.shown(), at_once ? ok : late);
    EXPECT_EQ(b.shown(b.due + day), at_once ? nothing : other_time);
  }
}

TEST(GuardAnswers, T35_a_due_time_that_two_schedules_share_is_named_for_both) {
  WatchBench b(Who::bo);
  auto wide = b.circle.plan.schedules.at(0);
  auto narrow = wide;
  narrow.id = ScheduleId{b.random.array<16>()};
  narrow.opens_before_s = 1200;
  b.new_plan({wide, narrow}, b.noon);
  b.online();
  b.drained();
  // Without a network while only the wide one was open, and given when both were.
  const Instant pressed = b.opens + minute;
  (void)b.run_to(b.due - minute);
  b.forward(b.signed_record(b.spoken(1, pressed)), b.now);
  const v1::Status status = b.status();
  EXPECT_EQ(status.checkins_size(), 2);
  for (const v1::CheckinView& slot : status.checkins()) EXPECT_EQ(slot.state(), ok);
  EXPECT_EQ(b.warnings("pressed_other_time"), 0);
}

// ---- the time of arrival ----

TEST(GuardAnswers, T35_pressed_hours_late_is_not_in_time_by_the_servers_word) {
  Evening b;
  (void)b.run_to(b.deadline + 3 * hour);
  ASSERT_EQ(b.warnings("nothing_came"), 1);
  auto r = b.spoken(1, b.now);
  r.slot_utc = 0;
  b.forward(b.signed_record(r), b.deadline - minute);
  EXPECT_EQ(b.shown(), late);
  EXPECT_EQ(b.warnings("received_at_contradicts"), 1);
  EXPECT_EQ(b.view()->pressed_at(), b.now);
  EXPECT_EQ(b.view()->answered_at(), b.deadline - minute);
  b.word(said_answered);
  EXPECT_EQ(b.shown(), contradicts);
}

TEST(GuardAnswers, T35_arrival_before_the_moment_at_which_nothing_had_come_is_refused) {
  Evening b;
  (void)b.run_to(b.deadline + hour);
  ASSERT_EQ(b.shown(), nothing);
  b.forward(b.signed_record(b.spoken(1, b.due)), b.deadline - minute);  // withheld for an hour?
  EXPECT_EQ(b.shown(), late) << "or pressed by a phone whose clock was put back";
  EXPECT_EQ(b.warnings("received_at_contradicts"), 1);
}

TEST(GuardAnswers, a_server_whose_clock_is_a_little_slow_is_not_accused) {
  Evening b;
  ASSERT_TRUE(b.context().clock.logged_in(b.store(), b.now - 5 * minute, b.now).kept);
  (void)b.run_to(b.deadline + b.member_wait);
  ASSERT_EQ(b.shown(), nothing) << "by our clock";
  b.now += minute;
  b.forward(b.signed_record(b.spoken(1, b.now)), b.deadline - 2 * minute);
  EXPECT_EQ(b.shown(), ok) << "its clock has not come to the deadline yet";
  EXPECT_EQ(b.warnings("received_at_contradicts"), 0);
}

TEST(GuardAnswers, both_times_are_shown_of_a_press_without_a_network) {
  Evening b;
  const Instant pressed = b.due - 5 * minute;
  b.now = b.due + 2 * hour;
  b.tick();
  b.forward(b.signed_record(b.spoken(1, pressed)), b.now);
  EXPECT_EQ(b.shown(), late);
  EXPECT_EQ(b.view()->pressed_at(), pressed);
  EXPECT_EQ(b.view()->answered_at(), b.now);
  EXPECT_EQ(b.warnings("received_at_contradicts"), 0);
}

TEST(GuardAnswers, T28_an_answer_counts_on_a_phone_whose_clock_is_hours_slow) {
  WatchBench b(Who::bo);
  b.online();
  b.drained();
  (void)b.run_to(b.due - 3 * hour);  // by this phone; elsewhere it is eight
  b.forward(b.signed_record(b.spoken(1, b.due)), b.due);
  EXPECT_EQ(b.shown(), ok);
  (void)b.run_to(b.deadline + hour);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
}

// ---- the shadow that is not known ----

struct Unmarked : Evening {
  Unmarked() {
    disk.erase("circle/" + circle.id.hex() + "/shadow");
    reopen();
    online();
    drained();
    events.clear();
  }
};

TEST(GuardAnswers, T30_without_the_mark_nothing_is_plainly_ok) {
  for (const bool by_shadow : {false, true}) {
    Unmarked b;
    (void)b.check_in(1, by_shadow);
    EXPECT_EQ(b.shown(), ok_unmarked);
    EXPECT_TRUE(b.view()->duress_unknown());
    EXPECT_FALSE(b.view()->under_duress());
    EXPECT_EQ(b.warnings("mark_missing"), 0) << "perhaps it is on its way";
    EXPECT_EQ(b.count(v1::Event::kRecord), 0) << "it is an ok, as far as anybody can tell";
    (void)b.run_to(b.now + client::mark_patience - second);
    EXPECT_EQ(b.warnings("mark_missing"), 0);
    (void)b.run_to(b.now + second);
    EXPECT_EQ(b.warnings("mark_missing"), 1);
    (void)b.check_in(2, by_shadow);
    EXPECT_EQ(b.shown(), talk);
    EXPECT_TRUE(b.view()->duress_unknown());
  }
}

TEST(GuardAnswers, T30_the_mark_is_waited_for_while_all_that_there_is_was_heard) {
  Unmarked b;
  (void)b.check_in(1);
  b.now += 30 * second;
  b.offline();
  b.now += hour;
  b.online();
  (void)b.run_to(b.now + 5 * minute);
  EXPECT_EQ(b.warnings("mark_missing"), 0) << "it may be in the queue";
  b.drained();
  (void)b.run_to(b.now + 29 * second);
  EXPECT_EQ(b.warnings("mark_missing"), 0);
  (void)b.run_to(b.now + second);
  EXPECT_EQ(b.warnings("mark_missing"), 1);
  // Nothing was said here yet, so nothing is missing.
  Unmarked silent;
  (void)silent.run_to(silent.now + hour);
  EXPECT_EQ(silent.warnings("mark_missing"), 0);
}

TEST(GuardAnswers, T30_a_mark_that_comes_later_shows_what_was_said_under_duress) {
  for (const bool by_shadow : {false, true}) {
    Unmarked b;
    (void)b.check_in(1, by_shadow);
    b.reopen();
    b.online();
    b.drained();
    b.events.clear();
    ASSERT_TRUE(b.trust().accept_shadow_mark(b.sami.shadow_mark()).ok());
    b.commit();
    EXPECT_EQ(b.shown(), ok);
    EXPECT_FALSE(b.view()->duress_unknown());
    EXPECT_EQ(b.view()->under_duress(), by_shadow);
    EXPECT_EQ(b.count(v1::Event::kRecord), by_shadow ? 1 : 0);
    EXPECT_EQ(b.status().records_size(), by_shadow ? 1 : 0);
    (void)b.check_in(1);
    EXPECT_EQ(b.warnings("mark_missing"), 0);
  }
}

// ---- words before the time, and words taken back ----

TEST(GuardAnswers, T35_a_word_before_the_slot_opens_ends_no_watch) {
  for (const std::uint32_t said : {said_answered, said_missed, said_excused}) {
    WatchBench b(Who::bo);
    b.online();
    b.drained();
    b.tick();
    b.word(said);
    b.reopen();
    b.online();
    b.drained();
    (void)b.run_to(b.deadline + b.member_wait);
    EXPECT_EQ(b.shown(), said == said_answered ? contradicts : nothing) << said;
    EXPECT_EQ(b.warnings("nothing_came") + b.warnings("server_contradicts"), 1) << said;
    EXPECT_EQ(b.warnings("deadline_moved"), 0);
  }
}

TEST(GuardAnswers, T35_a_deadline_that_is_moved_before_the_slot_opens_is_told) {
  WatchBench b(Who::bo);
  b.online();
  b.drained();
  b.tick();
  b.word(said_missed, b.due, b.deadline + 5 * hour);
  (void)b.run_to(b.opens);
  EXPECT_EQ(b.warnings("deadline_moved"), 1);
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.shown(), nothing);
  EXPECT_EQ(b.view()->deadline(), b.deadline);
}

TEST(GuardAnswers, T35_an_early_word_of_an_honest_server_leaves_the_answer_an_answer) {
  WatchBench b(Who::bo);
  b.online();
  b.drained();
  (void)b.run_to(b.opens - hour);  // by this phone, which is two hours slow
  b.word(said_answered);
  b.forward(b.signed_record(b.spoken(1, b.opens + 5 * minute)), b.opens + 5 * minute);
  EXPECT_EQ(b.shown(), ok);
  (void)b.run_to(b.deadline + hour);
  EXPECT_EQ(b.shown(), ok);
  EXPECT_EQ(b.warnings("nothing_came") + b.warnings("pressed_other_time"), 0);
}

TEST(GuardAnswers, T35_a_miss_that_the_server_takes_back_accuses_nobody) {
  for (const bool answered_first : {false, true}) {
    Evening b;
    if (answered_first) (void)b.check_in(1);
    b.word(said_missed);
    b.word(said_open);
    if (!answered_first) {
      EXPECT_EQ(b.shown(), waiting);
    }
    if (!answered_first) (void)b.check_in(1);
    EXPECT_EQ(b.shown(), ok);
    EXPECT_EQ(b.warnings("server_contradicts"), answered_first ? 1 : 0);
    const v1::Status status = b.status();
    for (const v1::Warning& w : status.warnings()) EXPECT_NE(w.code(), "server_contradicts");
  }
}

TEST(GuardAnswers, T35_a_word_that_is_taken_back_takes_back_no_silence) {
  Evening b;
  b.word(said_open);
  EXPECT_EQ(b.shown(), 0u) << "it says nothing";
  b.word(said_answered);
  (void)b.run_to(b.deadline + b.member_wait);
  b.word(said_open);
  EXPECT_EQ(b.shown(), nothing);
  EXPECT_EQ(b.warnings("server_contradicts"), 1);
}

}  // namespace
}  // namespace livlina::testing

// What the participant presses: stored first, given once, never held up, told truthfully.
#include <gtest/gtest.h>

#include "tests/clients/press_steps.hpp"

namespace livlina::testing {
namespace {

using Who = WatchBench::Who;
using protocol::RecordType;

TEST(Checkins, G2_received_is_said_when_the_server_said_so) {
  WatchBench b(Who::sami);
  b.online();
  b.now = b.due;
  b.command(press(1, "home"));
  no_sessions(b);
  ASSERT_EQ(b.waiting(post).size(), 1u);
  EXPECT_EQ(b.count(v1::Event::kCheckinAccepted), 0);
  EXPECT_EQ(b.count(v1::Event::kFinished), 0);
  EXPECT_EQ(b.status().queued_here(), 1u);
  const auto r = record_of(b, *b.waiting(post)[0]);
  EXPECT_EQ(r.type, RecordType::checkin);
  EXPECT_EQ(r.slot_utc, b.due);
  EXPECT_EQ(r.seq, 1u);
  EXPECT_EQ(r.plan_hash, crypto::sha256(b.circle.plan_record));
  EXPECT_EQ(r.heads.manifest_seq, 2u);
  EXPECT_EQ(r.heads.devlist_hash, crypto::sha256(b.sami.list_record));
  EXPECT_EQ(b.status().next_due(), b.due) << "not answered yet, as far as anybody knows";
  ASSERT_TRUE(b.answer_record());
  ASSERT_EQ(b.count(v1::Event::kCheckinAccepted), 1);
  EXPECT_EQ(b.last(v1::Event::kCheckinAccepted)->checkin_accepted().status(), 1u);
  EXPECT_EQ(finished(b), "");
  EXPECT_EQ(b.status().queued_here(), 0u);
  EXPECT_EQ(b.status().next_due(), b.due + day);
}

TEST(Checkins, T28_phone_whose_clock_is_hours_off_names_the_slot_that_the_server_asks_for) {
  for (const Duration off : {-3 * hour, 3 * hour}) {
    WatchBench b(Who::sami);
    b.now = b.due + off;
    ASSERT_TRUE(b.context().clock.logged_in(b.store(), b.due, b.now).kept);
    b.online();
    b.command(press(1));
    no_sessions(b);
    ASSERT_EQ(b.waiting(post).size(), 1u);
    EXPECT_EQ(record_of(b, *b.waiting(post)[0]).slot_utc, b.due);
    EXPECT_EQ(record_of(b, *b.waiting(post)[0]).claimed_at, b.now) << "and says what it shows";
    EXPECT_EQ(b.warnings("clock_differs"), 1);
  }
}

TEST(Checkins, H05_not_open_is_told_and_answers_nothing) {
  WatchBench b(Who::sami);
  b.online();
  b.command(press(1));
  no_sessions(b);
  EXPECT_EQ(record_of(b, *b.waiting(post)[0]).slot_utc, 0);
  ASSERT_TRUE(b.answer_record(protocol::RecordStatus::not_open));
  EXPECT_EQ(b.last(v1::Event::kCheckinAccepted)->checkin_accepted().status(), 2u);
  EXPECT_EQ(b.status().next_due(), b.due);
}

TEST(Checkins, H05_old_press_that_arrives_in_the_next_window_leaves_it_asked_for) {
  WatchBench b(Who::sami);
  b.now = b.due;
  b.command(press(1));  // without a network
  EXPECT_EQ(finished(b), "offline");
  b.now = b.due + day;
  b.online();
  no_sessions(b);
  ASSERT_TRUE(b.answer_record());  // the server counts it for today's
  EXPECT_EQ(b.status().next_due(), b.due + day);
}

TEST(Checkins, G2_reply_that_is_none_is_no_receipt) {
  WatchBench b(Who::sami);
  b.online();
  b.command(press(1));
  no_sessions(b);
  v1::ServerFrame done, garbage, other;
  (void)done.mutable_done();
  garbage.mutable_record_answer()->set_reply("received");
  other.mutable_record_answer()->set_reply(to_string(
      protocol::encode(protocol::RecordReply{protocol::RecordStatus::received, 9, 1, 0})));
  for (const auto* reply : {&done, &garbage, &other}) {
    ASSERT_TRUE(b.answer(post, reply));
    EXPECT_EQ(b.count(v1::Event::kCheckinAccepted), 0);
    EXPECT_EQ(b.status().queued_here(), 1u);
    EXPECT_TRUE(b.checkins().idle()) << "it is tried again later; nobody waits for that";
    (void)b.run_to(b.now + client::refused_retry);
    ASSERT_EQ(b.waiting(post).size(), 1u);
  }
  EXPECT_EQ(b.warnings("bad_reply"), 1);
  ASSERT_TRUE(b.answer_record());
  EXPECT_EQ(b.count(v1::Event::kCheckinAccepted), 1);
}

TEST(Checkins, I9_one_record_for_one_press_over_a_crash_at_every_step) {
  WatchBench b(Who::sami);
  b.now = b.due;
  b.command(press(2, "tired"));
  EXPECT_EQ(finished(b), "offline");
  std::string bytes;
  for (int step = 0; step < 5; ++step) {
    b.reopen();
    EXPECT_EQ(b.status().queued_here(), 1u);
    b.online();
    if (step > 0) no_sessions(b);  // crashes while the notes wait, later with the request sent
    if (step == 0) continue;
    ASSERT_EQ(b.waiting(post).size(), 1u);
    const std::string& record = b.waiting(post)[0]->post_record().record();
    if (bytes.empty()) bytes = record;
    EXPECT_EQ(record, bytes);
    if (step == 2) b.offline();  // the reply is lost
  }
  ASSERT_TRUE(b.answer_record());
  EXPECT_EQ(b.count(v1::Event::kCheckinAccepted), 1);
  b.reopen();
  b.online();
  EXPECT_EQ(b.status().queued_here(), 0u);
  EXPECT_TRUE(b.waiting(post).empty());
}

TEST(Checkins, I9_two_presses_are_two_records_in_order) {
  WatchBench b(Who::sami);
  b.command(press(1));
  b.command(press(2));
  b.command(alarm());
  EXPECT_EQ(b.status().queued_here(), 3u);
  b.reopen();
  b.online();
  no_sessions(b);
  const auto posts = b.waiting(post);
  ASSERT_EQ(posts.size(), 3u);
  crypto::Hash prev{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto r = record_of(b, *posts[i]);
    EXPECT_EQ(r.seq, i + 1);
    EXPECT_EQ(r.prev, prev);
    prev = crypto::sha256(view(posts[i]->post_record().record()));
  }
  EXPECT_EQ(record_of(b, *posts[2]).type, RecordType::alarm);
}

TEST(Checkins, nothing_holds_up_a_checkin_for_longer_than_the_wait) {
  WatchBench b(Who::sami);
  b.online();
  b.command(press(1, "note"));
  ASSERT_FALSE(b.waiting(v1::Request::kGetPrekeys).empty()) << "sessions are wanted";
  EXPECT_TRUE(b.waiting(post).empty());
  EXPECT_FALSE(b.checkins().idle());
  (void)b.run_to(b.now + client::checkin_seal_wait);  // and the server never answers
  ASSERT_EQ(b.waiting(post).size(), 1u);
  EXPECT_EQ(b.waiting(post)[0]->post_record().notes_size(), 0);
  ASSERT_TRUE(b.answer_record());
  EXPECT_EQ(b.count(v1::Event::kCheckinAccepted), 1);
}

TEST(Checkins, an_alarm_hurries_what_is_before_it) {
  WatchBench b(Who::sami);
  b.online();
  b.command(press(1, "note"));
  b.command(alarm(2, "help"));
  EXPECT_TRUE(b.waiting(post).empty());
  (void)b.run_to(b.now + client::alarm_seal_wait);
  ASSERT_EQ(b.waiting(post).size(), 2u) << "both, in order, without waiting for a reply";
  EXPECT_EQ(record_of(b, *b.waiting(post)[0]).type, RecordType::checkin);
  EXPECT_EQ(record_of(b, *b.waiting(post)[1]).type, RecordType::alarm);
}

TEST(Checkins, a_record_that_the_server_cannot_take_holds_up_no_alarm) {
  for (const auto code : {v1::INTERNAL, v1::FORBIDDEN, v1::BAD_RECORD, v1::DISK_FULL}) {
    WatchBench b(Who::sami);
    b.online();
    b.command(press(1));
    no_sessions(b);
    ASSERT_TRUE(b.refuse(post, code));
    b.command(alarm());
    no_sessions(b);
    ASSERT_EQ(b.waiting(post).size(), 1u) << code;
    EXPECT_EQ(record_of(b, *b.waiting(post)[0]).type, RecordType::alarm);
    ASSERT_TRUE(b.answer_record());
    EXPECT_TRUE(b.checkins().idle()) << "Sync does not wait for what is tried again later";
    EXPECT_EQ(b.status().queued_here(), 1u) << "and it is not lost";
    (void)b.run_to(b.now + client::refused_retry);
    ASSERT_EQ(b.waiting(post).size(), 1u);
    ASSERT_TRUE(b.answer_record());
    EXPECT_EQ(b.status().queued_here(), 0u);
  }
}

TEST(Checkins, a_refused_record_is_shown_and_given_up_after_a_month) {
  WatchBench b(Who::sami);
  b.online();
  b.command(press(1));
  no_sessions(b);
  ASSERT_TRUE(b.refuse(post, v1::FORBIDDEN));
  EXPECT_EQ(finished(b), "refused");
  EXPECT_EQ(b.warnings("record_refused"), 1);
  b.now += client::record_life;
  b.tick();
  EXPECT_EQ(b.status().queued_here(), 0u);
  EXPECT_EQ(b.warnings("record_given_up"), 1);
  // What was only kept because there was no network is given first.
  WatchBench c(Who::sami);
  c.command(press(1));
  c.now += 2 * client::record_life;
  c.online();
  no_sessions(c);
  EXPECT_EQ(c.waiting(post).size(), 1u);
}

TEST(Checkins, G2_before_the_lines_are_signed_nothing_is_kept_to_go_off_later) {
  WatchBench b(Who::sami);
  for (auto it = b.disk.begin(); it != b.disk.end();)
    it = it->first.find("/manifest/") != std::string::npos ? b.disk.erase(it) : std::next(it);
  b.reopen();
  b.online();
  b.command(alarm(2));
  EXPECT_EQ(finished(b), "wrong_state");
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().detail(), "nobody_yet");
  EXPECT_EQ(b.status().queued_here(), 0u);
  b.now += hour;
  b.tick();
  EXPECT_TRUE(b.waiting(post).empty());
}

TEST(Checkins, what_cannot_be_said_is_refused_here) {
  WatchBench b(Who::sami);
  b.command(press(0));
  EXPECT_EQ(finished(b), "bad_argument");
  b.command(press(4));
  EXPECT_EQ(finished(b), "bad_argument");
  b.command(press(257));
  EXPECT_EQ(finished(b), "bad_argument");
  b.command(alarm(9));
  EXPECT_EQ(finished(b), "bad_argument");
  b.command(press(1, std::string(client::max_note + 1, 'x')));
  EXPECT_EQ(finished(b), "too_large");
  EXPECT_EQ(b.status().queued_here(), 0u);
  WatchBench c(Who::bo);
  c.command(press(1));
  EXPECT_EQ(finished(c), "not_yours");
  c.command(cancel());
  EXPECT_EQ(finished(c), "not_yours");
}

TEST(Checkins, M1_what_waits_for_a_connection_is_signed_and_stored_before_there_is_one) {
  for (const bool connects : {true, false}) {
    WatchBench b(Who::sami);
    v1::Command call = alarm(1);
    call.mutable_raise_alarm()->set_wait(true);
    b.command(call);
    EXPECT_EQ(b.count(v1::Event::kFinished), 0);
    EXPECT_EQ(b.status().queued_here(), 1u);
    if (connects) {
      b.online();
      no_sessions(b);
      (void)b.run_to(b.now + 2 * second);
      ASSERT_TRUE(b.answer_record());
      EXPECT_EQ(finished(b), "");
      EXPECT_EQ(b.status().queued_here(), 0u);
    } else {
      b.offline();  // it did not come about
      EXPECT_EQ(finished(b), "offline");
      b.reopen();
      EXPECT_EQ(b.status().queued_here(), 1u);
    }
  }
}

TEST(Checkins, every_command_is_finished_once_whatever_the_connection_does) {
  WatchBench b(Who::sami);
  b.online();
  b.command(press(1));
  b.command(alarm());
  b.offline();
  EXPECT_EQ(b.count(v1::Event::kFinished), 2);
  b.online();
  no_sessions(b);
  while (b.answer_record()) {
  }
  EXPECT_EQ(b.count(v1::Event::kFinished), 2);
  EXPECT_EQ(b.count(v1::Event::kCheckinAccepted), 2) << "but what became of it is told";
  EXPECT_EQ(b.last(v1::Event::kCheckinAccepted)->command_id(), 0u);
}

TEST(Checkins, callbacks_that_come_at_once_do_no_harm_and_do_not_spin) {
  WatchBench b(Who::sami);
  b.online();
  b.requests.dying = true;  // logged in, and the connection is at its end
  b.command(press(1, "note"));
  b.command(alarm(2, "note"));
  EXPECT_LE(b.run_to(b.now + minute, 40), 30);
  EXPECT_LT(b.requests.sent, 100);
  b.requests.dying = false;
  b.offline();
  b.online();
  no_sessions(b);
  EXPECT_EQ(b.waiting(post).size(), 2u);
}

TEST(Checkins, wakes_only_when_there_is_something_to_do) {
  WatchBench b(Who::sami);
  b.command(press(1));
  EXPECT_EQ(b.run_to(b.now + 3 * day, 5), 0) << "without a network there is nothing to wake for";
  b.online();
  b.command(press(1, "two"));
  b.command(press(1, "three"));
  (void)b.run_to(b.now + minute, 5);  // nobody's prekeys come
  ASSERT_EQ(b.waiting(post).size(), 3u);
  while (b.refuse(post, v1::FORBIDDEN)) {
  }
  // Every ten minutes for three days, answered at once.
  int ticks = 0;
  const Instant end = b.now + 3 * day;
  while (b.now < end) {
    ticks += b.run_to(std::min(end, b.now + client::refused_retry), 3);
    while (b.refuse(post, v1::FORBIDDEN)) {
    }
  }
  EXPECT_LE(ticks, 3 * 24 * 6 + 1);
  EXPECT_EQ(b.warnings("record_refused"), 3 * 4) << "of each, once a day";
}

TEST(Checkins, a_wait_that_is_over_between_two_ticks_asks_for_one_at_once) {
  WatchBench b(Who::sami);
  b.online();
  b.command(press(1));
  b.now += client::checkin_seal_wait + second;
  v1::ServerFrame reminder;
  reminder.mutable_reminder()->set_due(b.due);
  b.push(reminder);
  ASSERT_TRUE(b.wake_at());
  EXPECT_LE(*b.wake_at(), b.now);
  b.tick();
  EXPECT_EQ(b.waiting(post).size(), 1u);
}

TEST(Checkins, T30_the_decoy_says_the_same_in_the_same_way) {
  WatchBench real(Who::sami), decoy(Who::decoy);
  for (WatchBench* b : {&real, &decoy}) {
    b->now = b->due;
    b->online();
    b->command(press(1, "home"));
    no_sessions(*b);
    ASSERT_EQ(b->waiting(post).size(), 1u);
    ASSERT_TRUE(b->status().next_due() == b->due);
  }
  EXPECT_EQ(real.waiting(post)[0]->ByteSizeLong(), decoy.waiting(post)[0]->ByteSizeLong());
  const auto a = record_of(real, *real.waiting(post)[0]);
  const auto b = record_of(decoy, *decoy.waiting(post)[0], true);
  EXPECT_EQ(a.heads, b.heads);
  EXPECT_EQ(a.slot_utc, b.slot_utc);
  EXPECT_EQ(a.plan_hash, b.plan_hash);
}

TEST(Checkins, G5_a_reminder_is_receipted_when_it_was_shown_and_not_before) {
  WatchBench b(Who::sami);
  b.online();
  v1::ServerFrame frame;
  frame.mutable_reminder()->set_notice_id(std::string(16, 'n'));
  frame.mutable_reminder()->set_due(b.due);
  frame.mutable_reminder()->set_deadline(b.deadline);
  b.push(frame);
  b.push(frame);
  EXPECT_EQ(b.count(v1::Event::kReminder), 1) << "repeated by the server, shown once";
  EXPECT_EQ(b.last(v1::Event::kReminder)->reminder().deadline(), b.deadline);
  EXPECT_TRUE(b.waiting(v1::Request::kReceiptNotices).empty());
  b.reopen();
  EXPECT_EQ(b.count(v1::Event::kReminder), 2) << "the process ended before it was shown";
  b.online();
  b.shown_all();
  ASSERT_EQ(b.waiting(v1::Request::kReceiptNotices).size(), 1u);
  EXPECT_EQ(b.waiting(v1::Request::kReceiptNotices)[0]->receipt_notices().notice_ids(0),
            std::string(16, 'n'));
  b.reopen();
  EXPECT_EQ(b.count(v1::Event::kReminder), 2);
}

}  // namespace
}  // namespace livlina::testing

// Who looks in for a moment: `drained` says that all that came was handed over.
#include <gtest/gtest.h>

#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

using Who = WatchBench::Who;
constexpr std::uint32_t waiting = 1, ok = 2, server_says_ok = 5, nothing = 7, not_connected = 11;

// Bo opens the client, and it was off for so long after the deadline.
struct LooksIn : WatchBench {
  explicit LooksIn(Duration late, std::uint16_t scope = scope_all) : WatchBench(Who::bo, scope) {
    (void)run_to(opens);
    look(deadline + late);
  }
  void look(Instant at) {
    now = at;
    reopen();
    tick();
  }
  void close() {
    offline();
    commit();
  }
  // An answer by a device that no list names.
  void forward_of_nobody() {
    auto unknown = spoken(1, due);
    unknown.device = random_id<DeviceId>(random);
    unknown.seq = 1;
    forward(protocol::sign_checkin(unknown, sami.primary().sig), due);
  }
  std::uint32_t state() {
    const v1::Status s = status();
    return s.checkins_size() == 0 ? 0 : s.checkins(s.checkins_size() - 1).state();
  }
};

TEST(GuardLook, T35_who_looks_in_late_is_told_at_once) {
  LooksIn b(8 * hour);
  b.online();
  b.drained();
  EXPECT_FALSE(b.guard().idle()) << "a command that syncs waits for it";
  (void)b.run_to(b.now + 3 * second);
  EXPECT_EQ(b.warnings("nothing_came"), 1);
  EXPECT_EQ(b.state(), nothing);
  EXPECT_TRUE(b.guard().idle());
}

TEST(GuardLook, T35_short_runs_every_twenty_minutes) {
  LooksIn b(0);
  Instant told = 0;
  for (int n = 0; n < 30 && told == 0; ++n) {
    b.online();
    b.drained();
    (void)b.run_to(b.now + 3 * second);
    if (b.warnings("nothing_came") > 0) told = b.now;
    b.close();
    b.look(b.now + 20 * minute);
  }
  EXPECT_NE(told, 0);
  EXPECT_LE(told, b.deadline + 21 * minute);
}

TEST(GuardLook, T35_a_server_that_says_drained_and_closes_does_not_put_it_off) {
  LooksIn b(hour);
  b.online();
  b.drained();
  b.offline();
  EXPECT_EQ(b.warnings("nothing_came"), 1);
}

TEST(GuardLook, T35_words_do_not_put_it_off) {
  for (const std::uint32_t said : {2u, 4u}) {
    LooksIn b(hour);
    b.online();
    b.word(said);
    b.drained();
    b.word(said);
    (void)b.run_to(b.now + 3 * second);
    EXPECT_EQ(b.warnings("nothing_came") + b.warnings("server_contradicts"), 1) << said;
  }
}

TEST(GuardLook, T35_what_the_server_had_comes_before_drained) {
  LooksIn b(8 * hour);
  b.online();
  b.forward(b.signed_record(b.spoken(1, b.due)), b.due);
  b.drained();
  EXPECT_TRUE(b.guard().idle());
  (void)b.run_to(b.now + minute);
  EXPECT_EQ(b.state(), ok);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
}

// The judge's word, which follows a record, is all that such a line gets.
TEST(GuardLook, T35_a_word_that_the_judge_had_not_written_yet_comes_in_time) {
  LooksIn b(hour, scope_checkin);
  b.online();
  b.drained();
  b.now += second;
  b.tick();
  b.word(2);
  (void)b.run_to(b.now + hour);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
  EXPECT_EQ(b.state(), server_says_ok);
}

// A record is there, and it is still being asked whose it is.
TEST(GuardLook, T35_a_record_of_a_new_device_is_looked_at_first) {
  LooksIn b(hour);
  b.online();
  b.forward_of_nobody();
  b.drained();
  (void)b.run_to(b.now + 10 * second);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
  (void)b.run_to(b.now + b.member_wait);
  EXPECT_EQ(b.warnings("nothing_came"), 1) << "but no later than ever";
}

// The server gives a record that is nobody's and no answer to whose it is: who looks in for a
// moment is told that it cannot be known, and not nothing.
TEST(GuardLook, T35_a_record_of_nobody_hides_no_silence_from_who_looks_in) {
  LooksIn b(hour);
  b.online();
  b.forward_of_nobody();
  b.drained();
  b.close();
  EXPECT_EQ(b.warnings("not_connected"), 1);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
  EXPECT_EQ(b.state(), not_connected);
}

// Its server was down over the deadline; the participant's phone sends what was pressed meanwhile.
TEST(GuardLook, G6_T35_who_runs_through_an_outage_gives_the_phone_its_time) {
  WatchBench b(Who::bo);
  b.online();
  b.drained();
  (void)b.run_to(b.due);
  b.offline();
  (void)b.run_to(b.deadline + 10 * minute);
  b.online();
  b.drained();
  (void)b.run_to(b.now + minute);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
  b.forward(b.signed_record(b.spoken(1, b.due)), b.now);
  EXPECT_EQ(b.shown(), 10u) << "late, and not missing";
  (void)b.run_to(b.now + hour);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
}

TEST(GuardLook, T35_before_the_wait_is_over_nothing_is_told) {
  LooksIn b(WatchBench::member_wait - second);
  b.online();
  b.drained();
  EXPECT_TRUE(b.guard().idle());
  EXPECT_EQ(b.state(), waiting);
  (void)b.run_to(b.now + 3 * second);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
}

TEST(GuardLook, T35_waiting_is_shown_no_longer_than_anybody_waits) {
  LooksIn b(WatchBench::member_wait - 1);
  EXPECT_EQ(b.state(), waiting);
  b.now += 1;
  EXPECT_EQ(b.state(), not_connected);
  b.online();
  EXPECT_EQ(b.state(), not_connected) << "not known, until the mailbox was handed over";
}

}  // namespace
}  // namespace livlina::testing

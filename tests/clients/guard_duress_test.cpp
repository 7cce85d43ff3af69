// Each check-in bears the mark of its own record, and a sign of duress is lost behind none (T30).
#include <gtest/gtest.h>

#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

constexpr std::uint32_t ok = 2, talk = 3, late = 10;

struct Mark {
  std::uint32_t state;
  std::uint32_t answer;
  bool under_duress;  // the answer that is shown
  bool duress_came;   // and another
};

Mark mark_of(const WatchBench& b) {
  const v1::CheckinView* v = b.view();
  return {v->state(), v->answer(), v->under_duress(), v->duress_came()};
}

void expect(const Mark& seen, const Mark& wanted) {
  EXPECT_EQ(seen.state, wanted.state);
  EXPECT_EQ(seen.answer, wanted.answer);
  EXPECT_EQ(seen.under_duress, wanted.under_duress);
  EXPECT_EQ(seen.duress_came, wanted.duress_came);
}

TEST(GuardDuress, T30_an_answer_of_the_real_pin_is_not_marked_because_duress_came_too) {
  Evening b;
  (void)b.check_in(1);
  expect(mark_of(b), {ok, 1, false, false});
  b.now += second;
  (void)b.check_in(1, true);
  expect(mark_of(b), {ok, 1, false, true});
  EXPECT_EQ(b.view()->pressed_at(), b.now - second) << "the real one's own time";
  // A talk of the real PIN afterwards: it may be answered, and the sign is still there.
  b.now += second;
  (void)b.check_in(2);
  expect(mark_of(b), {talk, 2, false, true});
  b.reopen();
  const v1::Status status = b.status();
  ASSERT_EQ(status.checkins_size(), 1);
  EXPECT_FALSE(status.checkins(0).under_duress());
  EXPECT_TRUE(status.checkins(0).duress_came());
}

TEST(GuardDuress, T30_an_answer_under_duress_keeps_its_mark_and_a_graver_real_one_has_none) {
  Evening b;
  (void)b.check_in(1, true);
  expect(mark_of(b), {ok, 1, true, false});
  b.now += second;
  const int shown = b.count(v1::Event::kCheckin);
  (void)b.check_in(1);
  expect(mark_of(b), {ok, 1, true, false});
  EXPECT_EQ(b.view()->pressed_at(), b.now - second) << "what is shown is what was marked";
  EXPECT_EQ(b.count(v1::Event::kCheckin), shown) << "nothing that is shown has changed";
  (void)b.check_in(2);
  expect(mark_of(b), {talk, 2, false, true});
  b.reopen();
  EXPECT_TRUE(b.status().checkins(0).duress_came());
  ASSERT_GE(b.status().records_size(), 1);
  EXPECT_TRUE(b.status().records(0).under_duress() || b.status().records(1).under_duress());
}

TEST(GuardDuress, T30_late_answers_in_both_orders) {
  for (const bool duress_first : {false, true}) {
    Evening b;
    b.now = b.deadline + minute;
    b.tick();
    (void)b.check_in(1, duress_first);
    expect(mark_of(b), {late, 1, duress_first, false});
    b.now += second;
    (void)b.check_in(2, !duress_first);
    // The graver one is shown, with its own mark.
    expect(mark_of(b), {late, 2, !duress_first, duress_first});
    b.now += second;
    (void)b.check_in(1, duress_first);
    expect(mark_of(b), {late, 2, !duress_first, duress_first});
  }
}

// A wish to talk by the real PIN is told once as a record and once for its slot: neither forbids
// the call.
TEST(GuardDuress, T30_record_and_slot_of_one_press_bear_the_same_mark) {
  Evening b;
  (void)b.check_in(1, true);
  b.now += second;
  (void)b.check_in(2);
  ASSERT_NE(b.heard(), nullptr);
  EXPECT_EQ(b.heard()->pressed_at(), b.view()->pressed_at());
  EXPECT_FALSE(b.heard()->under_duress());
  EXPECT_FALSE(b.view()->under_duress());
  EXPECT_TRUE(b.view()->duress_came());
}

TEST(GuardDuress, T30_a_mark_that_comes_later_finds_the_other_record_too) {
  for (const bool duress_first : {false, true}) {
    WatchBench b(WatchBench::Who::bo);
    b.disk.erase("circle/" + b.circle.id.hex() + "/shadow");
    b.reopen();
    b.online();
    b.drained();
    (void)b.run_to(b.deadline - minute);
    (void)b.check_in(1, duress_first);
    b.now += second;
    (void)b.check_in(1, !duress_first);
    EXPECT_FALSE(b.view()->duress_came());
    EXPECT_TRUE(b.view()->duress_unknown());
    b.events.clear();
    ASSERT_TRUE(b.trust().accept_shadow_mark(b.sami.shadow_mark()).ok());
    b.commit();
    expect(mark_of(b), {ok, 1, duress_first, !duress_first});
  }
}

}  // namespace
}  // namespace livlina::testing

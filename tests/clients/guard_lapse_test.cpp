// A member's line, or its check-in scope, that was away for a while and came back.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

using Who = WatchBench::Who;
constexpr std::uint32_t ok = 2, nothing = 7;

struct Lapse : WatchBench {
  Lapse() : WatchBench(Who::bo), whole(circle.manifest.lines) {
    online();
    drained();
    tick();
  }
  [[nodiscard]] std::vector<protocol::Line> without(bool scope_only) const {
    auto lines = whole;
    for (protocol::Line& l : lines)
      if (l.key == bo.key()) l.scope = scope_messages;
    if (!scope_only)
      lines.erase(std::remove_if(lines.begin(), lines.end(),
                                 [&](const protocol::Line& l) { return l.key == bo.key(); }),
                  lines.end());
    return lines;
  }
  Bytes signed_at(const std::vector<protocol::Line>& lines, Instant at) {
    return circle.next_manifest(sami, lines, true, at);
  }
  void take(const Bytes& manifest) {
    EXPECT_TRUE(trust().accept_manifest(manifest, {}).ok());
    commit();
    tick();
  }
  std::vector<protocol::Line> whole;
};

TEST(GuardLapse, T35_nothing_is_expected_of_the_time_without_a_line_or_its_scope) {
  for (const bool scope_only : {true, false})
    for (const bool restarted : {false, true}) {
      Lapse b;
      b.take(b.signed_at(b.without(scope_only), b.now));
      (void)b.run_to(b.now + 3 * day);
      if (restarted) {
        b.reopen();
        b.online();
        b.drained();
        b.tick();
      }
      (void)b.run_to(b.now + 3 * day);
      b.take(b.signed_at(b.whole, b.now));
      if (restarted) {
        b.reopen();
        b.online();
        b.drained();
      }
      (void)b.run_to(b.now + hour);
      EXPECT_EQ(b.warnings("nothing_came"), 0) << scope_only << restarted;
      EXPECT_EQ(b.status().checkins_size(), 0);
      (void)b.run_to(b.deadline + 6 * day + b.member_wait);
      EXPECT_EQ(b.warnings("nothing_came"), 1) << "the next evening is watched";
    }
}

// turn_back looks again from where the plan was followed.
TEST(GuardLapse, T28_T35_nor_after_a_clock_that_was_set_back) {
  Lapse b;
  (void)b.context().clock.logged_in(b.store(), b.now, b.now);
  b.take(b.signed_at(b.without(true), b.now));
  (void)b.run_to(b.now + 6 * day);
  b.take(b.signed_at(b.whole, b.now));
  b.step_clock(-5 * day);
  b.tick();
  b.step_clock(5 * day);
  b.tick();
  (void)b.run_to(b.now + hour);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
}

// Both manifests come at once, to a machine that was running without a connection.
TEST(GuardLapse, T35_a_lapse_that_is_heard_of_afterwards_accuses_nobody) {
  for (const bool running : {true, false}) {
    Lapse b;
    b.offline();
    const Bytes dropped = b.signed_at(b.without(true), b.now + day);
    const Bytes given_back = b.signed_at(b.whole, b.now + 5 * day);
    if (running)
      (void)b.run_to(b.now + 6 * day);
    else
      b.now += 6 * day;
    b.reopen();
    b.tick();
    EXPECT_TRUE(b.trust().accept_manifest(dropped, {}).ok());
    EXPECT_TRUE(b.trust().accept_manifest(given_back, {}).ok());
    b.online();
    b.drained();
    (void)b.run_to(b.now + hour);
    EXPECT_EQ(b.warnings("nothing_came"), 1) << "of the first evening, when it was there";
    EXPECT_EQ(b.shown(b.due), nothing);
  }
}

TEST(GuardLapse, T35_what_was_asked_before_is_still_told) {
  Lapse b;
  b.offline();
  b.now = b.deadline + 10 * hour;  // the machine was off, and the line was there
  b.reopen();
  b.tick();
  b.take(b.signed_at(b.without(true), b.now));
  b.now += 2 * day;
  b.take(b.signed_at(b.whole, b.now));
  b.online();
  b.drained();
  (void)b.run_to(b.now + hour);
  EXPECT_EQ(b.warnings("nothing_came"), 1);
  EXPECT_EQ(b.shown(b.due), nothing);
}

// Whoever holds the phone drops Bo and adds him again while a check-in is open.
TEST(GuardLapse, T35_an_open_check_in_stays_expected_of_who_was_away_for_a_moment) {
  for (const bool apart : {false, true}) {
    Lapse b;
    (void)b.run_to(b.due);
    if (apart) {
      b.take(b.signed_at(b.without(false), b.now));
      (void)b.run_to(b.now + minute);
    } else {
      EXPECT_TRUE(b.trust().accept_manifest(b.signed_at(b.without(false), b.now), {}).ok());
    }
    b.take(b.signed_at(b.whole, b.now));
    (void)b.run_to(b.deadline + b.member_wait);
    EXPECT_EQ(b.warnings("nothing_came"), 1) << apart;
  }
}

TEST(GuardLapse, T35_after_the_return_answers_count) {
  Lapse b;
  b.take(b.signed_at(b.without(false), b.now));
  (void)b.run_to(b.now + 2 * day);
  b.take(b.signed_at(b.whole, b.now));
  (void)b.run_to(b.due + 2 * day);
  auto record = b.spoken(1, b.now);
  record.slot_utc = b.due + 2 * day;
  b.forward(b.signed_record(record), b.now);
  EXPECT_EQ(b.shown(b.due + 2 * day), ok);
}

// ---- a line that runs out ----

struct Ends : Lapse {
  // Bo's line runs out then.
  explicit Ends(Instant at) {
    for (protocol::Line& l : whole)
      if (l.key == bo.key()) l.not_after = at;
    take(signed_at(whole, now));
  }
  void renew(Instant from) {
    for (protocol::Line& l : whole)
      if (l.key == bo.key()) {
        l.not_before = from;
        l.not_after = from + 300 * day;
      }
    take(signed_at(whole, now));
  }
};

TEST(GuardLapse, T35_a_line_that_is_renewed_late_leaves_the_gap_alone) {
  Ends b(WatchBench::noon + day);
  (void)b.run_to(b.deadline + hour);
  EXPECT_EQ(b.warnings("nothing_came"), 1);
  (void)b.run_to(b.noon + 5 * day);
  b.renew(b.now);
  (void)b.run_to(b.now + hour);
  EXPECT_EQ(b.warnings("nothing_came"), 1);
}

TEST(GuardLapse, T35_a_line_that_was_renewed_in_time_has_no_gap) {
  Ends b(WatchBench::noon + day);
  b.offline();
  b.now = b.noon + 3 * day;  // off, and first it finds its old line run out
  b.reopen();
  b.tick();
  b.renew(b.noon + day - hour);
  b.online();
  b.drained();
  (void)b.run_to(b.now + hour);
  EXPECT_EQ(b.warnings("nothing_came"), 3);
}

TEST(GuardLapse, T28_T35_a_clock_ahead_that_ends_a_line_for_a_moment_loses_no_evening) {
  Ends b(WatchBench::noon + 3 * day);
  b.step_clock(10 * day);
  b.tick();
  b.step_clock(-10 * day);
  b.tick();
  b.events.clear();
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.shown(), nothing);
  EXPECT_EQ(b.warnings("nothing_came"), 1);
}

}  // namespace
}  // namespace livlina::testing

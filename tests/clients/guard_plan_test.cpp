// What ends a watch, and what does not: plans that nobody approved, manifests that disarm, zones
// that this machine lacks.
#include <gtest/gtest.h>

#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

using Who = WatchBench::Who;
constexpr std::uint32_t nothing = 7;

TEST(GuardPlan, H32_a_plan_that_nobody_approved_ends_no_watch) {
  WatchBench b(Who::bo);
  const Bytes in_force = b.circle.plan_record;
  const Bytes empty = b.circle.next_plan(b.sami, {}, b.noon);
  EXPECT_TRUE(b.trust().accept_plan(empty, {}).ok());
  b.commit();
  EXPECT_EQ(b.warnings("plan_unapproved"), 1);
  EXPECT_EQ(b.trust().circle(b.circle.id)->plan->hash(), crypto::sha256(in_force));
  b.online();
  b.drained();
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.shown(), nothing);
  // Nor is it approved by somebody who may not, or by an approval of another plan.
  EXPECT_TRUE(b.trust().accept_plan(empty, b.approval(empty, b.stranger)).ok());
  EXPECT_TRUE(b.trust().accept_plan(empty, b.approval(in_force, b.bo)).ok());
  EXPECT_EQ((*b.trust().circle(b.circle.id)->plan)->version, 1u);
  // An approval takes it over.
  EXPECT_TRUE(b.trust().accept_plan(empty, b.approval(empty, b.bo)).ok());
  b.commit();
  b.events.clear();
  EXPECT_EQ((*b.trust().circle(b.circle.id)->plan)->version, 2u);
  (void)b.run_to(b.deadline + 3 * day);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
}

TEST(GuardPlan, H32_who_is_left_out_later_has_approved_what_was_signed_before) {
  WatchBench b(Who::bo);
  const auto version = [&] { return (*b.trust().circle(b.circle.id)->plan)->version; };
  const auto approved_by_cam = [&](const Bytes& plan) {
    EXPECT_TRUE(b.trust().accept_plan(plan, b.approval(plan, b.cam)).ok());
    b.commit();
    return version();
  };
  const Bytes before = b.circle.next_plan(b.sami, {}, b.noon - 1);
  std::vector<protocol::Line> lines;
  for (const protocol::Line& line : b.circle.manifest.lines)
    if (line.key == b.bo.key()) lines.push_back(line);
  const Bytes without_cam = b.circle.next_manifest(b.sami, lines, true, b.noon);
  ASSERT_TRUE(b.trust().accept_manifest(without_cam, {}).ok());
  EXPECT_EQ(approved_by_cam(before), 2u);
  EXPECT_EQ(b.warnings("plan_unapproved"), 0);
  EXPECT_FALSE(b.trust().approves(b.approval(before, b.cam), *b.trust().circle(b.circle.id),
                                  crypto::sha256(before)))
      << "as an approval that comes now";
  // In the instant of the new manifest it is over.
  EXPECT_EQ(approved_by_cam(b.circle.next_plan(b.sami, {}, b.noon)), 2u);
  EXPECT_EQ(b.warnings("plan_unapproved"), 1);
}

TEST(GuardPlan, H32_several_wishes_of_one_version_freeze_nothing) {
  WatchBench b(Who::bo);
  TestCircle twin = b.circle;
  const Bytes one = b.circle.next_plan(b.sami, {}, b.noon);
  const Bytes other = twin.next_plan(b.sami, {}, b.noon + 1);
  EXPECT_TRUE(b.trust().accept_plan(one, {}).ok());
  EXPECT_TRUE(b.trust().accept_plan(other, {}).ok());
  EXPECT_FALSE(b.trust().circle(b.circle.id)->frozen);
  EXPECT_TRUE(b.trust().accept_plan(other, b.approval(other, b.bo)).ok());
  // Two that were approved are a fork: of the plan alone.
  EXPECT_FALSE(b.trust().accept_plan(one, b.approval(one, b.bo)).ok());
  b.commit();
  EXPECT_EQ(b.warnings("plan_fork"), 1);
  EXPECT_FALSE(b.trust().circle(b.circle.id)->frozen);
}

TEST(GuardPlan, T17_of_two_approved_plans_the_stricter_is_watched_until_a_higher_one_comes) {
  for (const bool strict_first : {true, false}) {
    WatchBench b(Who::bo);
    TestCircle twin = b.circle;
    const Bytes strict = b.circle.next_plan(b.sami, b.circle.plan.schedules, b.noon);
    const Bytes empty = twin.next_plan(b.sami, {}, b.noon);
    const Bytes& first = strict_first ? strict : empty;
    const Bytes& second_one = strict_first ? empty : strict;
    ASSERT_TRUE(b.trust().accept_plan(first, b.approval(first, b.bo)).ok());
    EXPECT_FALSE(b.trust().accept_plan(second_one, b.approval(second_one, b.bo)).ok());
    b.commit();
    b.reopen();
    EXPECT_EQ(b.trust().circle(b.circle.id)->plan->hash(), crypto::sha256(strict));
    EXPECT_FALSE(b.trust().accept_plan(empty, b.approval(empty, b.bo)).ok()) << "known, and weaker";
    EXPECT_EQ(b.trust().circle(b.circle.id)->plan->hash(), crypto::sha256(strict));
    // The circle goes on: people can be dropped.
    const Bytes dropped = b.circle.next_manifest(
        b.sami, {b.circle.manifest.lines.at(0), b.circle.manifest.lines.at(1)}, true, b.noon + 1);
    EXPECT_TRUE(b.trust().accept_manifest(dropped, {}).ok());
    EXPECT_FALSE(b.trust().reach(*b.trust().circle(b.circle.id), scope_alarm, b.noon).empty());
    // A higher one that was approved ends it, whichever of the two it follows.
    const Bytes next = twin.next_plan(b.sami, twin.plan.schedules, b.noon + 2);
    EXPECT_TRUE(b.trust().accept_plan(next, b.approval(next, b.bo)).ok());
    EXPECT_EQ(b.trust().circle(b.circle.id)->plan->hash(), crypto::sha256(next));
  }
}

TEST(GuardPlan, T17_a_manifest_that_names_another_desk_is_refused_once_armed) {
  WatchBench b(Who::bo);
  const auto other = make_desk(b.random, {&b.cam}, {}, b.noon);
  const Bytes in_force = b.circle.manifest_record;
  TestCircle twin = b.circle;
  b.circle.manifest.recovery.desk = other.key();
  const Bytes moved = b.circle.next_manifest(b.sami, b.circle.manifest.lines, true, b.noon);
  EXPECT_FALSE(b.trust().accept_manifest(moved, {}).ok());
  b.commit();
  EXPECT_EQ(b.warnings("desk_handover"), 1);
  EXPECT_EQ(b.trust().circle(b.circle.id)->newest()->hash(), crypto::sha256(in_force));
  EXPECT_FALSE(b.trust().circle(b.circle.id)->frozen);
  const Bytes next = twin.next_manifest(b.sami, twin.manifest.lines, true, b.noon);
  EXPECT_TRUE(b.trust().accept_manifest(next, {}).ok());
}

TEST(GuardPlan, H32_in_the_set_up_no_approval_is_needed) {
  WatchBench b(Who::bo, scope_all, false);
  EXPECT_TRUE(b.trust().accept_plan(b.circle.next_plan(b.sami, {}, b.noon), {}).ok());
  EXPECT_EQ((*b.trust().circle(b.circle.id)->plan)->version, 2u);
  const Bytes arms = b.circle.next_manifest(b.sami, b.circle.manifest.lines, true, b.noon + 1);
  EXPECT_TRUE(b.trust().accept_manifest(arms, {}).ok());
  b.commit();
  EXPECT_EQ(b.warnings("plan_unapproved"), 0);
}

TEST(GuardPlan, H32_the_first_plan_that_a_new_member_sees_is_watched_and_told_when_unapproved) {
  WatchBench b(Who::bo);
  b.disk.erase("circle/" + b.circle.id.hex() + "/plan");
  b.disk.erase("guard/" + b.circle.id.hex() + "/plan");
  b.reopen();
  const Bytes later = b.circle.next_plan(b.sami, b.circle.plan.schedules, b.noon);
  EXPECT_TRUE(b.trust().accept_plan(later, {}).ok());
  b.commit();
  EXPECT_EQ(b.warnings("plan_unapproved"), 1);
  b.tick();
  b.online();
  b.drained();
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.shown(), nothing);
}

TEST(GuardPlan, H36_a_manifest_that_disarms_is_refused_and_shown) {
  WatchBench b(Who::bo);
  TestCircle twin = b.circle;
  const Bytes disarms = b.circle.next_manifest(b.sami, b.circle.manifest.lines, false, b.noon);
  EXPECT_FALSE(b.trust().accept_manifest(disarms, {}).ok());
  b.commit();
  EXPECT_EQ(b.warnings("disarmed"), 1);
  EXPECT_FALSE(b.trust().circle(b.circle.id)->frozen);
  b.online();
  b.drained();
  (void)b.run_to(b.deadline + b.member_wait);
  EXPECT_EQ(b.shown(), nothing);
  // What the participant signs instead is taken: dropping everybody keeps it armed.
  EXPECT_TRUE(b.trust().accept_manifest(twin.next_manifest(b.sami, {}, true, b.noon), {}).ok());
}

TEST(GuardPlan, T35_a_zone_that_this_machine_does_not_know_is_told) {
  WatchBench b(Who::bo);
  auto nowhere = b.circle.plan.schedules.at(0);
  nowhere.zone = "Mars/Base";
  b.new_plan({nowhere}, b.noon);
  b.tick();
  ASSERT_EQ(b.warnings("zone_unknown"), 1);
  EXPECT_EQ(b.last(v1::Event::kWarning)->warning().detail(), "Mars/Base");
}

TEST(GuardPlan, H32_a_zone_that_the_participants_own_machine_lacks_is_told) {
  WatchBench b(Who::sami);
  auto nowhere = b.circle.plan.schedules.at(0);
  nowhere.zone = "Mars/Base";
  b.new_plan({nowhere}, b.noon);
  b.online();
  EXPECT_EQ(b.warnings("zone_unknown"), 1);
}

TEST(GuardPlan, G1_a_circle_armed_inside_a_window_is_not_said_to_be_watched) {
  for (const bool answered : {false, true}) {
    WatchBench b(Who::bo, scope_all, false);
    b.now = b.opens + 10 * minute;
    b.online();
    b.drained();
    const Bytes arms = b.circle.next_manifest(b.sami, b.circle.manifest.lines, true, b.now);
    ASSERT_TRUE(b.trust().accept_manifest(arms, {}).ok());
    b.commit();
    b.tick();
    b.now += minute;
    (void)b.check_in(1);
    EXPECT_EQ(b.shown(), 14u) << "verified, and nobody would have asked for it";
    if (answered) b.word(2);
    EXPECT_EQ(b.shown(), answered ? 2u : 14u) << "the server says that it does";
    // Without a press nobody is called missing by this client either; the next one is watched.
    (void)b.run_to(b.deadline + b.member_wait);
    EXPECT_EQ(b.warnings("nothing_came"), 0);
    (void)b.run_to(b.deadline + day + b.member_wait);
    EXPECT_EQ(b.shown(b.due + day), nothing);
  }
}

TEST(GuardPlan, G1_the_phone_names_the_first_check_in_that_is_watched) {
  WatchBench b(Who::sami, scope_all, false);
  b.now = b.opens + 10 * minute;
  b.tick();
  EXPECT_EQ(b.status().next_due(), b.due);
  const Bytes arms = b.circle.next_manifest(b.sami, b.circle.manifest.lines, true, b.now);
  ASSERT_TRUE(b.trust().accept_manifest(arms, {}).ok());
  b.commit();
  EXPECT_EQ(b.status().next_due(), b.due + day);
}

// ---- heads ----

TEST(GuardPlan, T17_a_participant_who_is_kept_on_an_old_plan_is_noticed) {
  Evening b;
  b.new_plan({b.circle.plan.schedules.at(0)}, b.now);
  b.tick();
  auto r = b.spoken(1, b.now + 10 * minute);
  r.heads.plan_version = 1;
  r.plan_hash = crypto::Hash{1};
  b.forward(b.signed_record(r), b.now);
  EXPECT_EQ(b.warnings("rollback"), 0) << "pressed while the approval was on its way";
  r.claimed_at = b.now + 16 * minute;
  b.forward(b.signed_record(r), b.now);
  EXPECT_EQ(b.warnings("rollback"), 1);
}

TEST(GuardPlan, T17_a_participant_with_another_plan_of_the_same_version_is_noticed) {
  Evening b;
  auto r = b.spoken(1, b.now);
  r.plan_hash = crypto::Hash{1};
  b.forward(b.signed_record(r), b.now);
  EXPECT_EQ(b.warnings("fork"), 1);
  EXPECT_EQ(b.shown(), 2u) << "the answer itself stands";
}

}  // namespace
}  // namespace livlina::testing

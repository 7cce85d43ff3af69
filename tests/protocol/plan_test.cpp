#include "protocol/records/plan.hpp"

#include <gtest/gtest.h>

#include "tests/protocol/record_samples.hpp"
#include "tests/protocol/why.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

std::optional<Error> refusal(const Plan& plan) {
  return why(verify_plan(sign_plan(plan, owner())));
}
Verified<Plan> verified(const Plan& plan) {
  return must<Plan>(verify_plan, sign_plan(plan, owner()));
}
// The sample with its first schedule changed.
template <class Change>
std::optional<Error> with(Change change) {
  Plan plan = sample_plan();
  change(plan.schedules[0]);
  return refusal(plan);
}

TEST(Plan, T17_only_the_next_version_with_the_right_hash_follows) {
  const auto known = verified(sample_plan());
  Plan next = sample_plan();
  next.version = 6;
  next.prev = known.hash();
  EXPECT_TRUE(check_successor(known, verified(next)).ok());
  Plan gap = next;
  gap.version = 7;
  EXPECT_EQ(why(check_successor(known, verified(gap))), Error::bad_chain);
  Plan other_prev = next;
  other_prev.prev = hash_of(0x99);
  EXPECT_EQ(why(check_successor(known, verified(other_prev))), Error::bad_chain);
  Plan fork = sample_plan();
  fork.schedules.pop_back();
  EXPECT_EQ(why(check_successor(known, verified(fork))), Error::fork);
  EXPECT_EQ(why(check_successor(known, known)), Error::stale);
  EXPECT_EQ(why(check_successor(verified(next), known)), Error::stale);
  Plan other_circle = next;
  other_circle.circle = id_of<CircleId>(0xc2);
  EXPECT_EQ(why(check_successor(known, verified(other_circle))), Error::bad_chain);
}

TEST(Plan, T1_a_plan_by_another_key_is_refused) {
  EXPECT_EQ(why(verify_plan(sign_plan(sample_plan(), sign_key(0x70)))), Error::bad_signature);
}

TEST(Plan, zone_names_are_plain) {
  EXPECT_EQ(with([](Schedule& s) { s.zone = ""; }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.zone = std::string(65, 'a'); }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.zone = std::string(64, 'a'); }), std::nullopt);
  EXPECT_EQ(with([](Schedule& s) { s.zone = "America/Argentina/Buenos_Aires"; }), std::nullopt);
  EXPECT_EQ(with([](Schedule& s) { s.zone = "Etc/GMT+5"; }), std::nullopt);
  for (const char* bad : {"../etc/passwd", "Europe Stockholm", "Europe/Malm\xc3\xb6", "a:b", "a\n"})
    EXPECT_EQ(with([&](Schedule& s) { s.zone = bad; }), Error::bad_schedule) << bad;
  EXPECT_EQ(with([](Schedule& s) { s.zone = std::string("UTC\0", 4); }), Error::bad_schedule);
}

TEST(Plan, ids_rules_and_dates_are_checked) {
  EXPECT_EQ(with([](Schedule& s) { s.id = ScheduleId{}; }), Error::bad_id);
  EXPECT_EQ(with([](Schedule& s) { s.id = id_of<ScheduleId>(0xb2); }), Error::bad_id);
  EXPECT_EQ(with([](Schedule& s) { s.rule = static_cast<ScheduleRule>(0); }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.rule = static_cast<ScheduleRule>(2); }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.valid_to = s.valid_from; }), Error::bad_dates);
  EXPECT_EQ(with([](Schedule& s) { s.valid_from = 0; }), Error::bad_dates);
  EXPECT_EQ(with([](Schedule& s) { s.valid_to = 4102444800000; }), Error::bad_dates);
  EXPECT_EQ(with([](Schedule& s) { s.valid_to = 4102444799999; }), std::nullopt);
}

TEST(Plan, grace_opening_and_reminders_are_bounded) {
  EXPECT_EQ(with([](Schedule& s) { s.reminders_s = {}, s.grace_s = 0; }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.reminders_s = {}, s.grace_s = 1; }), std::nullopt);
  EXPECT_EQ(with([](Schedule& s) {
              s.times = {{0x01, 0}};
              s.grace_s = 12 * 3600 + 1;
            }),
            Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) {
              s.times = {{0x01, 0}};
              s.opens_before_s = 24 * 3600;
              s.grace_s = 12 * 3600;
            }),
            std::nullopt);
  EXPECT_EQ(with([](Schedule& s) {
              s.times = {{0x01, 0}};
              s.opens_before_s = 24 * 3600 + 1;
            }),
            Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.reminders_s = {600, 600}; }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.reminders_s = {600, 0}; }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.reminders_s = {1800}; }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.reminders_s = {1799}; }), std::nullopt);
  EXPECT_EQ(with([](Schedule& s) { s.reminders_s = {1, 2, 3, 4, 5}; }), Error::too_large);
}

TEST(Plan, times_are_possible_and_bounded) {
  EXPECT_EQ(with([](Schedule& s) { s.times = {}; }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.times = {{0, 600}}; }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.times = {{0x80, 600}}; }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.times = {{1, 1440}}; }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.times = {{1, 1439}}; }), std::nullopt);
  EXPECT_EQ(with([](Schedule& s) { s.times.assign(25, {1, 0}); }), Error::too_large);
}

TEST(Plan, windows_of_one_schedule_do_not_overlap) {
  // 2 h before and 30 min after: the next due time is more than 150 minutes later.
  EXPECT_EQ(with([](Schedule& s) { s.times = {{1, 600}, {1, 600}}; }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.times = {{1, 600}, {3, 600}}; }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.times = {{1, 600}, {2, 600}}; }), std::nullopt);
  EXPECT_EQ(with([](Schedule& s) { s.times = {{1, 600}, {1, 750}}; }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.times = {{1, 600}, {1, 751}}; }), std::nullopt);
  EXPECT_EQ(with([](Schedule& s) { s.times = {{1, 751}, {1, 600}}; }), std::nullopt);
  // Over midnight, and from Sunday to Monday.
  EXPECT_EQ(with([](Schedule& s) { s.times = {{1, 1400}, {2, 110}}; }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.times = {{1, 1400}, {2, 111}}; }), std::nullopt);
  EXPECT_EQ(with([](Schedule& s) { s.times = {{0x40, 1400}, {1, 110}}; }), Error::bad_schedule);
  EXPECT_EQ(with([](Schedule& s) { s.times = {{0x40, 1400}, {1, 111}}; }), std::nullopt);
  // Two schedules may.
  Plan plan = sample_plan();
  plan.schedules[1] = plan.schedules[0];
  plan.schedules[1].id = id_of<ScheduleId>(0xb3);
  EXPECT_EQ(refusal(plan), std::nullopt);
}

TEST(Plan, counts_and_member_wait_are_bounded) {
  Plan plan = sample_plan();
  plan.schedules.clear();
  EXPECT_EQ(refusal(plan), std::nullopt);
  for (std::uint8_t i = 1; i <= 17; ++i) {
    plan.schedules.push_back(sample_schedule());
    plan.schedules.back().id = id_of<ScheduleId>(i);
  }
  EXPECT_EQ(refusal(plan), Error::too_large);
  plan.schedules.pop_back();
  EXPECT_EQ(refusal(plan), std::nullopt);
  plan.member_wait_s = 0;
  EXPECT_EQ(refusal(plan), Error::bad_schedule);
  plan.member_wait_s = 3601;
  EXPECT_EQ(refusal(plan), Error::bad_schedule);
  plan.member_wait_s = 3600;
  EXPECT_EQ(refusal(plan), std::nullopt);
}

// The largest plan that the rules allow fits the size limit.
TEST(Plan, the_largest_one_is_accepted) {
  Plan plan = sample_plan();
  plan.schedules.clear();
  for (std::uint8_t i = 1; i <= max_schedules; ++i) {
    Schedule s = sample_schedule();
    s.id = id_of<ScheduleId>(i);
    s.zone = std::string(64, 'z');
    s.opens_before_s = 0;
    s.grace_s = 60 * 30;
    s.reminders_s = {1, 2, 3, 4};
    s.times.clear();
    for (std::uint16_t t = 0; t < max_times; ++t)
      s.times.push_back({0x7f, static_cast<std::uint16_t>(t * 60)});
    plan.schedules.push_back(s);
  }
  EXPECT_EQ(refusal(plan), std::nullopt);
}

}  // namespace
}  // namespace livlina::testing

#include "protocol/records/plan.hpp"

#include <gtest/gtest.h>

#include "protocol/records/schedule_fault.hpp"
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
  EXPECT_EQ(with([](Schedule& s) { s.rule = static_cast<ScheduleRule>(3); }), Error::bad_schedule);
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

// The sample of intervals with its first schedule changed: every 4 h from 22:00 to 06:00, open 2 h
// before and half an hour after.
template <class Change>
std::optional<Error> with_interval(Change change) {
  Plan plan = sample_interval_plan();
  change(plan.schedules[0], plan.schedules[0].interval);
  return refusal(plan);
}

TEST(Plan, an_interval_is_read_back_as_written) {
  const auto plan = verified(sample_interval_plan());
  ASSERT_EQ(plan->schedules.size(), 2U);
  EXPECT_EQ(plan->schedules[0].rule, ScheduleRule::interval);
  EXPECT_EQ(plan->schedules[0].interval, (IntervalWindow{0x7f, 1320, 480, 240}));
  EXPECT_TRUE(plan->schedules[0].times.empty());
  EXPECT_EQ(plan->schedules[1].interval, (IntervalWindow{0x1f, 495, 585, 90}));
}

TEST(Plan, both_rules_stand_in_one_plan) {
  Plan plan = sample_plan();
  Schedule nights = sample_interval_plan().schedules[0];
  nights.id = id_of<ScheduleId>(0xb3);
  plan.schedules.insert(plan.schedules.begin() + 1, nights);
  const auto back = verified(plan);
  EXPECT_EQ(back->schedules[1].interval, nights.interval);
  EXPECT_EQ(back->schedules[2].times.size(), 1U);
  EXPECT_EQ(back->schedules[0].interval, IntervalWindow{});
}

TEST(Plan, an_interval_has_a_possible_window) {
  const auto bad = Error::bad_schedule;
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow&) {}), std::nullopt);
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w.weekdays = 0; }), bad);
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w.weekdays = 0x80; }), bad);
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w.weekdays = 0x40; }), std::nullopt);
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w.from = 1440; }), bad);
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w.from = 1439; }), std::nullopt);
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w.length = 239; }), bad);
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w.length = 240; }), std::nullopt);
  // On one day of the week no other window comes near: a day is still the most.
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w = {1, 0, 1439, 240}; }),
            std::nullopt);
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w = {1, 0, 1440, 240}; }), bad);
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w = {1, 0, 0xffff, 240}; }), bad);
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w = {1, 0, 1439, 1439}; }),
            std::nullopt);
}

TEST(Plan, an_interval_is_at_least_half_an_hour) {
  const auto every = [](std::uint16_t minutes) {
    return with_interval([&](Schedule& s, IntervalWindow& w) {
      w.every = minutes;
      s.opens_before_s = 0;
      s.grace_s = 60;
      s.reminders_s = {};
    });
  };
  EXPECT_EQ(every(0), Error::bad_schedule);
  EXPECT_EQ(every(29), Error::bad_schedule);
  EXPECT_EQ(every(30), std::nullopt);
}

TEST(Plan, windows_of_one_interval_do_not_overlap) {
  // Two hours before and half an hour after: the next one is more than 150 minutes later.
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w.every = 150; }),
            Error::bad_schedule);
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w.every = 151; }), std::nullopt);
  EXPECT_EQ(with_interval([](Schedule& s, IntervalWindow& w) {
              w.every = 151;
              s.grace_s += 60;
            }),
            Error::bad_schedule);
  // From the end of a window, wherever its last check-in is, to the start of the next.
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w.length = 1440 - 150; }),
            Error::bad_schedule);
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w.length = 1440 - 151; }),
            std::nullopt);
  // From Sunday to Monday, and over days without one.
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w = {0x41, 1320, 1440 - 150, 240}; }),
            Error::bad_schedule);
  EXPECT_EQ(with_interval([](Schedule&, IntervalWindow& w) { w = {0x15, 1320, 1440 - 150, 240}; }),
            std::nullopt);
}

TEST(Plan, a_schedule_has_one_rule) {
  Schedule s = sample_schedule();
  s.interval = {1, 0, 60, 60};
  EXPECT_EQ(fault_of(s), ScheduleFault::times);
  s = sample_interval_plan().schedules[0];
  s.times = {{1, 600}};
  EXPECT_EQ(fault_of(s), ScheduleFault::times);
}

TEST(Plan, what_is_wrong_in_a_schedule_is_named) {
  const auto fault = [](auto change) {
    Schedule s = sample_interval_plan().schedules[0];
    change(s);
    return fault_of(s);
  };
  EXPECT_EQ(fault([](Schedule&) {}), std::nullopt);
  EXPECT_EQ(fault([](Schedule& s) { s.rule = static_cast<ScheduleRule>(3); }), ScheduleFault::rule);
  EXPECT_EQ(fault([](Schedule& s) { s.zone = "Mars Olympus"; }), ScheduleFault::zone);
  EXPECT_EQ(fault([](Schedule& s) { s.valid_to = 4102444800000; }), ScheduleFault::dates);
  EXPECT_EQ(fault([](Schedule& s) { s.opens_before_s = 86401; }), ScheduleFault::opening);
  EXPECT_EQ(fault([](Schedule& s) { s.grace_s = 0; }), ScheduleFault::grace);
  EXPECT_EQ(fault([](Schedule& s) { s.grace_s = 43201; }), ScheduleFault::grace);
  EXPECT_EQ(fault([](Schedule& s) { s.reminders_s = {1800}; }), ScheduleFault::reminders);
  EXPECT_EQ(fault([](Schedule& s) { s.reminders_s = {1, 2, 3, 4, 5}; }), ScheduleFault::reminders);
  EXPECT_EQ(fault([](Schedule& s) { s.interval.every = 29; }), ScheduleFault::interval);
  EXPECT_EQ(fault([](Schedule& s) { s.interval.length = 1440; }), ScheduleFault::window);
  EXPECT_EQ(fault([](Schedule& s) { s.interval.every = 150; }), ScheduleFault::overlap);
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

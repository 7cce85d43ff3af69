#include "server/policy/escalate.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace livlina::server::policy {
namespace {

using What = Effect::What;

constexpr Person mentor{1};
constexpr Person contact{2};
constexpr Person desk{3};
constexpr Instant t0 = 1'000'000;

Policy category(int c) {
  Policy p;
  p.category = static_cast<std::uint8_t>(c);
  p.wait = c == 1 ? 2 * minute : 10 * minute;
  return p;
}

Incident at_step(int step, int round, Lane lane = Lane::open) {
  Incident i;
  i.lane = lane;
  i.severity = 2;
  i.step = step;
  i.round = round;
  i.next_at = t0;
  return i;
}

const Effect* find(const IncidentStep& s, What what) {
  const auto it = std::find_if(s.effects.begin(), s.effects.end(),
                               [&](const Effect& e) { return e.what == what; });
  return it == s.effects.end() ? nullptr : &*it;
}

TEST(Escalate, two_steps_then_the_next_round_with_the_desk) {
  const IncidentFacts f{.steps = {{mentor}, {contact}}, .desk = {desk}};
  auto s = escalate(at_step(0, 1), category(2), f, t0);
  EXPECT_EQ(find(s, What::notify)->people, (std::vector<Person>{mentor}));
  EXPECT_EQ(s.next.step, 1);
  EXPECT_EQ(s.next.round, 1);
  EXPECT_EQ(s.next.next_at, t0 + 10 * minute);
  EXPECT_EQ(find(s, What::operator_notice), nullptr);
  s = escalate(s.next, category(2), f, t0);
  EXPECT_EQ(find(s, What::notify)->people, (std::vector<Person>{contact}));
  EXPECT_EQ(s.next.step, 0);
  EXPECT_EQ(s.next.round, 2);
  s = escalate(s.next, category(2), f, t0);
  EXPECT_EQ(find(s, What::notify)->people, (std::vector<Person>{mentor, desk}));
  EXPECT_NE(find(s, What::operator_notice), nullptr);
}

TEST(Escalate, H25_rounds_never_run_out) {
  const IncidentFacts f{.steps = {{mentor}, {contact}}, .desk = {desk}};
  Incident i = at_step(0, 1);
  for (int k = 0; k < 500; ++k) {
    const auto s = escalate(i, category(2), f, *i.next_at);
    ASSERT_NE(find(s, What::notify), nullptr);
    ASSERT_EQ(*s.next.next_at - *i.next_at, 10 * minute);
    i = s.next;
  }
  EXPECT_EQ(i.round, 251);
}

TEST(Escalate, G4_an_empty_step_costs_no_wait_and_warns_the_desk_once) {
  IncidentFacts f{.steps = {{}, {contact}}, .desk = {desk}};
  auto s = escalate(at_step(0, 1), category(2), f, t0);
  EXPECT_EQ(find(s, What::notify)->people, (std::vector<Person>{contact}));
  EXPECT_EQ(find(s, What::notify_desk)->code, NoticeCode::step_empty);
  EXPECT_EQ(s.next.next_at, t0 + 10 * minute);
  EXPECT_EQ(s.next.round, 2);
  f.warned = {true, false};
  EXPECT_EQ(find(escalate(at_step(0, 1), category(2), f, t0), What::notify_desk), nullptr);
}

TEST(Escalate, H20_with_nobody_at_all_the_desk_and_the_operator_are_told) {
  const IncidentFacts f{.steps = {{}, {}}, .desk = {}};
  const auto s = escalate(at_step(1, 4), category(1), f, t0);
  EXPECT_EQ(find(s, What::notify), nullptr);
  ASSERT_NE(find(s, What::operator_notice), nullptr);
  EXPECT_EQ(find(s, What::operator_notice)->event, Happened::nobody);
  EXPECT_EQ(s.next.round, 5);
  EXPECT_EQ(s.next.step, 0);
  EXPECT_EQ(s.next.next_at, t0 + 2 * minute);
}

TEST(Escalate, calm_slows_category_2_only) {
  EXPECT_EQ(wait_of(category(2), true), 60 * minute);
  EXPECT_EQ(wait_of(category(2), false), 10 * minute);
  EXPECT_EQ(wait_of(category(1), true), 2 * minute);
}

TEST(Escalate, H35_a_drill_never_reaches_desk_or_operator) {
  for (const int c : {1, 2}) {
    const Template& plan = template_for(Lane::drill, static_cast<std::uint8_t>(c));
    for (const StepTemplate& step : plan.steps) EXPECT_EQ(step.who & who_desk, 0u);
    for (const auto& people : {std::vector<Person>{mentor}, std::vector<Person>{}}) {
      const IncidentFacts f{.steps = {people, people}, .desk = {desk}};
      const auto s = escalate(at_step(0, 7, Lane::drill), category(c), f, t0);
      EXPECT_EQ(find(s, What::notify_desk), nullptr);
      EXPECT_EQ(find(s, What::operator_notice), nullptr);
      if (const Effect* page = find(s, What::notify)) {
        EXPECT_EQ(page->people, people);
        EXPECT_EQ(page->code, NoticeCode::page_drill);
      }
      EXPECT_TRUE(s.next.next_at);
    }
  }
}

TEST(Escalate, templates_by_protection_need) {
  const auto& one = template_for(Lane::open, 1).steps;
  ASSERT_EQ(one.size(), 2u);
  EXPECT_EQ(one[0].who, who_mentors | who_contact_persons);
  EXPECT_EQ(one[1].who, who_desk);
  const auto& two = template_for(Lane::open, 2).steps;
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].who, who_mentors);
  EXPECT_EQ(two[1].who, who_contact_persons);
  const auto& silent = template_for(Lane::silent, 2).steps;
  ASSERT_EQ(silent.size(), 1u);
  EXPECT_EQ(silent[0].who, who_alarm_lines | who_desk);
}

}  // namespace
}  // namespace livlina::server::policy

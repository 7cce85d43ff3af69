// Whole results of ESCALATE: who is paged in which step and round, what the desk and the operator
// hear, and when the next step comes.
#include "server/policy/escalate.hpp"
#include "tests/policy/incident_cases.hpp"

namespace livlina::server::policy {
namespace {

using namespace cases;

using Steps = std::vector<std::vector<Person>>;

Effect fired(int step, int round) { return event(Happened::step_fired, step, round); }
Effect empty(int step, int round) { return event(Happened::step_empty, step, round); }
Effect desk_warned(int step, int round) {
  return word(What::notify_desk, NotificationKind::warning, NoticeCode::step_empty, step, round);
}
Effect operator_line(Happened what, NoticeCode code, int step, int round) {
  Effect e = word(What::operator_notice, NotificationKind::page, code, step, round);
  e.event = what;
  return e;
}

Incident before(int step, int round, Lane lane = Lane::open) {
  Incident i;
  i.lane = lane;
  i.severity = 2;
  i.step = step;
  i.round = round;
  i.postponed = true;
  i.reruns = 1;
  i.next_at = at(0);
  return i;
}

// After a step has fired at(0) in category 2: within the round, or at the beginning of a new one.
Incident within(Incident i, int step) {
  i.step = step;
  i.fired = true;
  i.postponed = false;
  i.next_at = at(10);
  return i;
}
Incident in_round(Incident i, int step, int round) {
  i = within(std::move(i), step);
  i.round = round;
  i.reruns = 0;
  return i;
}

IncidentStep fire(const Incident& i, Steps steps, std::vector<bool> warned = {}) {
  IncidentFacts f;
  f.steps = std::move(steps);
  f.warned = std::move(warned);
  f.desk = {cy};
  return escalate(i, category(2), f, at(0));
}

TEST(EscalateEffects, G4_in_round_1_only_who_a_step_names) {
  expect_done(fire(before(0, 1), {{amal, dee}, {bo}}), within(before(0, 1), 1),
              {fired(0, 1), page(NoticeCode::page_open, 0, 1, {amal, dee})});
  expect_done(fire(before(1, 1), {{amal}, {bo}}), in_round(before(1, 1), 0, 2),
              {fired(1, 1), page(NoticeCode::page_open, 1, 1, {bo})});
}

TEST(EscalateEffects, G4_from_round_2_the_desk_and_the_operator_as_well) {
  const auto line = [](int step, int round) {
    return operator_line(Happened::step_fired, NoticeCode::page_open, step, round);
  };
  expect_done(fire(before(0, 2), {{amal}, {bo}}), within(before(0, 2), 1),
              {fired(0, 2), page(NoticeCode::page_open, 0, 2, {amal, cy}), line(0, 2)});
  // Who is of the desk and of the step is paged once.
  expect_done(fire(before(1, 5), {{amal}, {cy, bo}}), in_round(before(1, 5), 0, 6),
              {fired(1, 5), page(NoticeCode::page_open, 1, 5, {cy, bo}), line(1, 5)});
}

TEST(EscalateEffects, G4_a_step_without_anybody_is_passed_over_and_the_desk_is_warned_once) {
  const auto paged = page(NoticeCode::page_open, 1, 1, {bo});
  expect_done(fire(before(0, 1), {{}, {bo}}), in_round(before(0, 1), 0, 2),
              {empty(0, 1), desk_warned(0, 1), fired(1, 1), paged});
  expect_done(fire(before(0, 1), {{}, {bo}}, {false, true}), in_round(before(0, 1), 0, 2),
              {empty(0, 1), desk_warned(0, 1), fired(1, 1), paged});
  expect_done(fire(before(0, 1), {{}, {bo}}, {true, false}), in_round(before(0, 1), 0, 2),
              {empty(0, 1), fired(1, 1), paged});
}

// The last step is behind it, so round 2 has begun: the desk does not wait for the first step to
// come a third time.
TEST(EscalateEffects, G4_past_an_empty_last_step_the_next_round_begins) {
  expect_done(
      fire(before(1, 1), {{amal}, {}}), in_round(before(1, 1), 1, 2),
      {empty(1, 1), desk_warned(1, 1), fired(0, 2), page(NoticeCode::page_open, 0, 2, {amal, cy}),
       operator_line(Happened::step_fired, NoticeCode::page_open, 0, 2)});
}

TEST(EscalateEffects, H20_nobody_in_any_step) {
  for (const int step : {0, 1}) {
    Incident next = before(step, 4);
    next.step = 0;
    next.round = 5;
    next.reruns = 0;
    next.next_at = at(10);
    const int other_round = step == 0 ? 4 : 5;
    const Effects effects{
        empty(step, 4),
        desk_warned(step, 4),
        empty(1 - step, other_round),
        desk_warned(1 - step, other_round),
        event(Happened::nobody, step, 4),
        word(What::notify_desk, NotificationKind::page, NoticeCode::nobody, step, 4),
        operator_line(Happened::nobody, NoticeCode::nobody, step, 4)};
    expect_done(fire(before(step, 4), {{}, {}}), next, effects);
    expect_done(fire(before(step, 4), {}), next, effects);  // nor do the facts name a step
  }
}

TEST(EscalateEffects, H35_a_drill_that_nobody_can_hear_tells_nobody) {
  Incident next = before(1, 4, Lane::drill);
  next.step = 0;
  next.round = 5;
  next.reruns = 0;
  next.next_at = at(10);
  expect_done(fire(before(1, 4, Lane::drill), {{}, {}}), next,
              {empty(1, 4), empty(0, 5), event(Happened::nobody, 1, 4)});
}

TEST(EscalateEffects, H35_a_drill_pages_its_people_only) {
  expect_done(fire(before(0, 3, Lane::drill), {{amal}, {bo}}), within(before(0, 3, Lane::drill), 1),
              {fired(0, 3), page(NoticeCode::page_drill, 0, 3, {amal})});
}

TEST(EscalateEffects, G4_the_silent_lane_has_one_step_and_its_own_page) {
  expect_done(fire(before(0, 1, Lane::silent), {{amal, cy}}),
              in_round(before(0, 1, Lane::silent), 0, 2),
              {fired(0, 1), page(NoticeCode::page_silent, 0, 1, {amal, cy})});
  expect_done(fire(before(0, 2, Lane::silent), {{amal}}),
              in_round(before(0, 2, Lane::silent), 0, 3),
              {fired(0, 2), page(NoticeCode::page_silent, 0, 2, {amal, cy}),
               operator_line(Happened::step_fired, NoticeCode::page_silent, 0, 2)});
}

TEST(EscalateEffects, G4_the_wait_goes_by_category_and_calm) {
  struct Row {
    int category;
    bool calm;
    Steps steps;
    Instant next;
  };
  const Steps some{{amal}, {bo}};
  const Steps none{{}, {}};
  for (const Row& row :
       {Row{1, false, some, at(2)}, Row{1, true, some, at(2)}, Row{2, false, some, at(10)},
        Row{2, true, some, at(60)}, Row{1, true, none, at(2)}, Row{2, true, none, at(60)}}) {
    Incident given = before(0, 1);
    given.calm = row.calm;
    IncidentFacts f;
    f.steps = row.steps;
    EXPECT_EQ(escalate(given, category(row.category), f, at(0)).next.next_at, row.next);
  }
  Policy short_calm = category(2);
  short_calm.calm_wait = 3 * minute;
  EXPECT_EQ(wait_of(short_calm, true), 10 * minute) << "calm makes no wait shorter";
}

TEST(EscalateEffects, H35_whom_the_steps_of_a_drill_name) {
  const auto& one = template_for(Lane::drill, 1);
  ASSERT_EQ(one.steps.size(), 1u);
  EXPECT_EQ(one.steps[0].who, who_mentors | who_contact_persons);
  const auto& two = template_for(Lane::drill, 2);
  ASSERT_EQ(two.steps.size(), 2u);
  EXPECT_EQ(two.steps[0].who, who_mentors);
  EXPECT_EQ(two.steps[1].who, who_contact_persons);
  for (const Lane lane : {Lane::open, Lane::silent})
    EXPECT_TRUE(template_for(lane, 1).desk && template_for(lane, 2).desk);
  EXPECT_FALSE(one.desk || two.desk);
}

}  // namespace
}  // namespace livlina::server::policy

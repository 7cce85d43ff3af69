// What time, lists and the server's own clock do to an incident: whole results of a tick, of lost
// and changed rights, of failed rows, of a clock that went back, and of another policy.
#include "server/policy/escalate.hpp"
#include "tests/policy/incident_cases.hpp"

namespace livlina::server::policy {
namespace {

using namespace cases;

TEST(IncidentTime, I3_a_tick_before_its_instant_changes_nothing) {
  expect_refused(step(notifying(), ev::Tick{}, category(2), {}, at(10) - 1), notifying(),
                 Outcome::already);
  expect_refused(step(held(), ev::Tick{}, category(2), {}, at(55) - 1), held(), Outcome::already);
}

TEST(IncidentTime, G4_a_tick_at_its_instant_escalates) {
  IncidentFacts facts;
  facts.steps = {{amal}, {bo}};
  const auto want = escalate(notifying(), category(2), facts, at(10));
  expect_done(step(notifying(), ev::Tick{}, category(2), facts, at(10)), want.next, want.effects);
}

TEST(IncidentTime, H22_the_holder_is_reminded_once) {
  Incident next = held();
  next.lease_reminded = true;
  next.next_at = at(60);
  expect_done(
      step(held(), ev::Tick{}, category(2), {}, at(55)), next,
      {event(Happened::lease_reminded, 1, 3),
       word(What::notify, NotificationKind::reminder, NoticeCode::lease_ending, 1, 3, {amal})});
  expect_refused(step(next, ev::Tick{}, category(2), {}, at(60) - 1), next, Outcome::already);
}

TEST(IncidentTime, G4_reminded_it_looks_again_when_the_rights_end_first) {
  Incident given = held();
  given.rights_end = at(57);
  EXPECT_EQ(step(given, ev::Tick{}, category(2), {}, at(55)).next.next_at, at(57));
}

// What is left of held_with_everything() when nobody holds it: step=0, round+1, next_at=now.
Incident nobody_holds_it(Instant now) {
  Incident next = let_go(held_with_everything());
  next.state = IncidentState::notifying;
  next.step = 0;
  next.round = 4;
  next.reruns = 0;
  next.next_at = now;
  return next;
}

TEST(IncidentTime, H22_the_lease_ends_at_its_instant_and_the_steps_begin_again) {
  expect_done(step(held_with_everything(), ev::Tick{}, category(2), {}, at(10)),
              nobody_holds_it(at(10)),
              {event(Happened::lease_ended, 1, 3), update(NoticeCode::lease_ended, 0, 4, {amal})});
}

TEST(IncidentTime, G4_the_rights_end_at_their_instant_and_the_steps_begin_again) {
  Incident given = held_with_everything();
  given.rights_end = at(9);
  given.next_at = at(9);
  expect_refused(step(given, ev::Tick{}, category(2), {}, at(9) - 1), given, Outcome::already);
  expect_done(step(given, ev::Tick{}, category(2), {}, at(9)), nobody_holds_it(at(9)),
              {event(Happened::rights_ended, 1, 3), update(NoticeCode::lease_ended, 0, 4, {amal})});
}

TEST(IncidentTime, G4_a_holder_that_a_newer_list_ends_is_lost_at_once) {
  expect_done(step(held_with_everything(), ev::HolderLost{}, category(2), {}, at(2)),
              nobody_holds_it(at(2)),
              {event(Happened::rights_ended, 1, 3), update(NoticeCode::lease_ended, 0, 4, {amal})});
}

TEST(IncidentTime, G4_a_new_end_of_rights_counts_at_once) {
  IncidentFacts facts;
  facts.rights_end = at(30);
  Incident next = held();
  next.rights_end = at(30);
  next.next_at = at(30);
  expect_done(step(held(), ev::RightsChanged{}, category(2), facts, at(2)), next, {});
  expect_done(step(next, ev::RightsChanged{}, category(2), {}, at(2)), held(), {});
}

TEST(IncidentTime, G5_failed_rows_bring_the_next_step_at_once) {
  Incident next = notifying();
  next.reruns = 2;
  next.next_at = at(2);
  expect_done(step(notifying(), ev::AllFailed{}, category(2), {}, at(2)), next,
              {event(Happened::rerun, 1, 3)});
}

TEST(IncidentTime, H06_a_clock_that_went_back_leaves_no_step_beyond_a_wait) {
  struct Row {
    int category;
    bool calm;
    Instant given;
    Instant next;
  };
  for (const Row& row : {Row{2, false, at(300), at(10)}, Row{2, false, at(9), at(9)},
                         Row{2, true, at(300), at(60)}, Row{1, true, at(300), at(2)}}) {
    Incident given = notifying();
    given.calm = row.calm;
    given.next_at = row.given;
    Incident next = given;
    next.next_at = row.next;
    expect_done(step(given, ev::ClockBack{}, category(row.category), {}, at(0)), next, {});
  }
}

TEST(IncidentTime, H06_a_clock_that_went_back_leaves_no_lease_beyond_a_new_one) {
  Policy long_lease = category(2);
  long_lease.lease = 10 * hour;
  struct Row {
    Policy policy;
    bool reminded;
    Instant given;
    Instant lease;
    Instant next;
  };
  for (const Row& row : {Row{category(2), false, at(300), at(60), at(55)},
                         Row{category(2), true, at(300), at(60), at(60)},
                         Row{category(1), false, at(300), at(20), at(15)},
                         Row{category(2), false, at(30), at(30), at(25)},
                         Row{long_lease, false, at(900), at(240), at(235)}}) {
    Incident given = held();
    given.lease_reminded = row.reminded;
    given.lease_until = row.given;
    given.next_at = row.given;
    Incident next = given;
    next.lease_until = row.lease;
    next.next_at = row.next;
    expect_done(step(given, ev::ClockBack{}, row.policy, {}, at(0)), next, {});
  }
}

TEST(IncidentTime, another_policy_begins_the_steps_again_and_leaves_a_lease_alone) {
  Incident next = notifying();
  next.step = 0;
  next.round = 4;
  next.reruns = 0;
  next.next_at = at(2);
  expect_done(step(notifying(), ev::SwitchPolicy{}, category(1), coordinator(), at(2)), next,
              {event(Happened::policy_switched, 1, 3)});
  next = held();
  next.step = 0;
  next.round = 4;
  next.reruns = 0;
  expect_done(step(held(), ev::SwitchPolicy{}, category(1), coordinator(), at(2)), next,
              {event(Happened::policy_switched, 1, 3)});
}

}  // namespace
}  // namespace livlina::server::policy

// What the participant does, or leaves undone, to an incident: whole results of the openings, of a
// trigger, a cancel, a late ok and a mistake.
#include "tests/policy/incident_cases.hpp"

namespace livlina::server::policy {
namespace {

using namespace cases;

TEST(IncidentTriggers, G3_the_first_one_opens_it) {
  struct Row {
    TriggerKind kind;
    Lane lane;
    int severity;
    Duration wait;
  };
  for (const Row& row :
       {Row{TriggerKind::talk, Lane::open, 1, 0}, Row{TriggerKind::miss, Lane::open, 2, 0},
        Row{TriggerKind::not_ok, Lane::open, 3, 0},
        Row{TriggerKind::loud_alarm, Lane::open, 4, 5 * second},
        Row{TriggerKind::silent_alarm, Lane::silent, 4, 0},
        Row{TriggerKind::duress, Lane::silent, 4, 0}, Row{TriggerKind::drill, Lane::drill, 1, 0}}) {
    Incident next;
    next.lane = row.lane;
    next.severity = row.severity;
    next.sole_loud_alarm = row.kind == TriggerKind::loud_alarm;
    next.next_at = at(0) + row.wait;
    EXPECT_EQ(lane(row.kind), row.lane);
    expect_done(open_incident(row.lane, row.kind, category(2), at(0)), next,
                {event(Happened::opened, 0, 1)});
  }
}

TEST(IncidentTriggers, G3_a_reopened_one_acts_at_once_with_its_severity) {
  Incident next;
  next.lane = Lane::silent;
  next.severity = 4;
  next.next_at = at(7);
  expect_done(reopen_incident(Lane::silent, 4, at(7)), next, {event(Happened::reopened, 0, 1)});
}

TEST(IncidentTriggers, H28_more_severe_while_notifying_begins_the_steps_again) {
  Incident given = notifying();
  given.calm = true;
  given.postponed = true;
  Incident next = given;
  next.severity = 3;
  next.calm = false;
  next.step = 0;
  next.round = 4;
  next.reruns = 0;
  next.next_at = at(3);
  expect_done(step(given, ev::Trigger{TriggerKind::not_ok}, category(2), {}, at(3)), next,
              {event(Happened::trigger_added, 1, 3)});
}

TEST(IncidentTriggers, H28_not_more_severe_while_notifying_comes_no_later_than_a_wait) {
  struct Row {
    Instant given;
    Instant next;
  };
  for (const auto kind : {TriggerKind::miss, TriggerKind::talk})
    for (const Row& row : {Row{at(60), at(13)}, Row{at(10), at(10)}}) {
      Incident given = notifying();
      given.calm = true;
      given.postponed = true;
      given.next_at = row.given;
      Incident next = given;
      next.calm = false;
      next.next_at = row.next;
      expect_done(step(given, ev::Trigger{kind}, category(2), {}, at(3)), next,
                  {event(Happened::trigger_added, 1, 3)});
    }
}

TEST(IncidentTriggers, G3_a_second_trigger_leaves_no_sole_loud_alarm) {
  const Incident given =
      open_incident(Lane::open, TriggerKind::loud_alarm, category(2), at(0)).next;
  Incident next = given;
  next.sole_loud_alarm = false;
  expect_done(step(given, ev::Trigger{TriggerKind::loud_alarm}, category(2), {}, at(0) + second),
              next, {event(Happened::trigger_added, 0, 1)});
}

TEST(IncidentTriggers, H28_more_severe_while_taken_pages_holder_and_desk_and_cuts_the_lease) {
  IncidentFacts facts;
  facts.desk = {cy, dee};
  Incident given = held();
  given.calm = true;
  Incident next = given;
  next.severity = 4;
  next.calm = false;
  next.lease_until = at(8);
  next.next_at = at(3);
  expect_done(
      step(given, ev::Trigger{TriggerKind::loud_alarm}, category(2), facts, at(3)), next,
      {event(Happened::trigger_added, 1, 3), page(NoticeCode::page_raised, 1, 3, {amal, cy, dee})});

  facts.desk = {cy, amal};  // the holder is of the desk
  given = held();
  given.lease_until = at(7);  // and it ends before the cut would
  given.lease_reminded = true;
  given.next_at = at(7);
  next = given;
  next.severity = 4;
  expect_done(
      step(given, ev::Trigger{TriggerKind::loud_alarm}, category(2), facts, at(3)), next,
      {event(Happened::trigger_added, 1, 3), page(NoticeCode::page_raised, 1, 3, {amal, cy})});
}

TEST(IncidentTriggers, H35_the_desk_hears_nothing_of_a_drill_that_is_held) {
  IncidentFacts facts;
  facts.desk = {cy};
  Incident given = held();
  given.lane = Lane::drill;
  given.severity = 1;
  Incident next = given;
  next.severity = 2;
  next.lease_until = at(8);
  next.next_at = at(3);
  expect_done(step(given, ev::Trigger{TriggerKind::miss}, category(2), facts, at(3)), next,
              {event(Happened::trigger_added, 1, 3), page(NoticeCode::page_raised, 1, 3, {amal})});
}

TEST(IncidentTriggers, H28_not_more_severe_while_taken_is_a_quiet_word_to_the_holder) {
  IncidentFacts facts;
  facts.desk = {cy};
  Incident given = held();
  given.calm = true;
  Incident next = given;
  next.calm = false;
  expect_done(
      step(given, ev::Trigger{TriggerKind::miss}, category(2), facts, at(3)), next,
      {event(Happened::trigger_added, 1, 3), update(NoticeCode::trigger_added, 1, 3, {amal})});
}

TEST(IncidentTriggers, G3_a_cancel_of_a_sole_loud_alarm_ends_it) {
  const Incident given =
      open_incident(Lane::open, TriggerKind::loud_alarm, category(2), at(0)).next;
  Incident next = given;
  next.state = IncidentState::cancelled;
  next.next_at.reset();
  expect_done(step(given, ev::Cancel{}, category(2), {}, at(0) + 4 * second), next,
              {event(Happened::cancelled, 0, 1), pages_obsolete()});
}

TEST(IncidentTriggers, G3_any_other_cancel_only_annotates) {
  Incident fired = open_incident(Lane::open, TriggerKind::loud_alarm, category(2), at(0)).next;
  fired.fired = true;
  Incident not_sole = fired;
  not_sole.fired = false;
  not_sole.sole_loud_alarm = false;
  Incident taken = held();
  taken.sole_loud_alarm = true;
  taken.fired = false;
  for (const Incident& given : {fired, not_sole, taken})
    expect_done(step(given, ev::Cancel{}, category(2), {}, at(3)), given,
                {event(Happened::cancel_late, given.step, given.round)});
}

struct Calm {
  IncidentEvent event;
  Happened what;
};
const std::vector<Calm> calms{{ev::LateOk{}, Happened::late_ok},
                              {ev::Mistake{}, Happened::mistake}};

TEST(IncidentTriggers, G4_a_late_ok_puts_the_next_step_off_once) {
  struct Row {
    Instant given;
    Instant next;
  };
  for (const Calm& calm : calms)
    for (const Row& row : {Row{at(10), at(63)}, Row{at(100), at(100)}}) {
      Incident given = notifying();
      given.next_at = row.given;
      Incident next = given;
      next.calm = true;
      next.postponed = true;
      next.next_at = row.next;
      expect_done(step(given, calm.event, category(2), {}, at(3)), next, {event(calm.what, 1, 3)});
    }
}

TEST(IncidentTriggers, G4_a_late_ok_that_puts_nothing_off) {
  Incident before_the_first_step = notifying();
  before_the_first_step.fired = false;
  Incident put_off_before = notifying();
  put_off_before.postponed = true;
  for (const Calm& calm : calms) {
    for (const Incident& given : {before_the_first_step, put_off_before, held()}) {
      Incident next = given;
      next.calm = true;
      expect_done(step(given, calm.event, category(2), {}, at(3)), next, {event(calm.what, 1, 3)});
    }
    Incident next = notifying();
    next.calm = true;
    expect_done(step(notifying(), calm.event, category(1), {}, at(3)), next,
                {event(calm.what, 1, 3)});
    // Calm already, and a step has fired since: it is noted, and the steps go on.
    expect_done(step(next, calm.event, category(2), {}, at(3)), next, {event(calm.what, 1, 3)});
  }
}

}  // namespace
}  // namespace livlina::server::policy

#include "server/policy/incident.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/policy/printers.hpp"

namespace livlina::server::policy {
namespace {

namespace ev = incident_event;
using What = Effect::What;

constexpr Person amal{1};
constexpr Person bo{2};
constexpr Person cy{3};
constexpr Instant t0 = 1'000'000;

Policy category(int c) {
  Policy p;
  p.category = static_cast<std::uint8_t>(c);
  p.wait = c == 1 ? 2 * minute : 10 * minute;
  p.lease = c == 1 ? 20 * minute : 60 * minute;
  return p;
}

IncidentFacts anybody() {
  IncidentFacts f;
  f.steps = {{amal}, {bo}};
  f.desk = {cy};
  f.actor_may = true;
  f.target_may = true;
  f.target_can_page = true;
  return f;
}

Incident fresh(TriggerKind kind = TriggerKind::miss, int c = 2) {
  return open_incident(lane(kind), kind, category(c), t0).next;
}

Incident taken_by(const Person& p, int c = 2) {
  return step(fresh(TriggerKind::miss, c), ev::Take{p}, category(c), anybody(), t0).next;
}

bool has(const IncidentStep& s, What what, NoticeCode code) {
  return std::any_of(s.effects.begin(), s.effects.end(),
                     [&](const Effect& e) { return e.what == what && e.code == code; });
}
bool happened(const IncidentStep& s, Happened what) {
  return std::any_of(s.effects.begin(), s.effects.end(),
                     [&](const Effect& e) { return e.what == What::happened && e.event == what; });
}

TEST(Incident, opens_at_once_and_a_loud_alarm_after_five_seconds) {
  EXPECT_EQ(fresh().next_at, t0);
  EXPECT_EQ(fresh(TriggerKind::loud_alarm).next_at, t0 + 5 * second);
  EXPECT_EQ(fresh(TriggerKind::silent_alarm).next_at, t0);
  EXPECT_EQ(fresh(TriggerKind::drill).next_at, t0);
}

TEST(Incident, H28_a_more_severe_trigger_starts_again_at_once) {
  Incident i = step(fresh(), ev::Tick{}, category(2), anybody(), t0).next;
  ASSERT_EQ(i.step, 1);
  i.calm = true;
  const auto s = step(i, ev::Trigger{TriggerKind::not_ok}, category(2), anybody(), t0 + minute);
  EXPECT_EQ(s.next.severity, 3);
  EXPECT_EQ(s.next.step, 0);
  EXPECT_EQ(s.next.round, 2);
  EXPECT_FALSE(s.next.calm);
  EXPECT_EQ(s.next.next_at, t0 + minute);
}

TEST(Incident, H28_a_loud_alarm_into_an_open_incident_acts_at_once) {
  const auto s = step(fresh(), ev::Trigger{TriggerKind::loud_alarm}, category(2), anybody(), t0);
  EXPECT_EQ(s.next.next_at, t0);
  EXPECT_FALSE(s.next.sole_loud_alarm);
}

TEST(Incident, H28_not_more_severe_adds_clears_calm_and_never_postpones) {
  Incident i = fresh(TriggerKind::not_ok);
  i.calm = true;
  i.next_at = t0 + 50 * minute;
  auto s = step(i, ev::Trigger{TriggerKind::miss}, category(2), anybody(), t0);
  EXPECT_EQ(s.next.severity, 3);
  EXPECT_EQ(s.next.next_at, t0 + 10 * minute);
  EXPECT_FALSE(s.next.calm);
  i.next_at = t0 + second;
  s = step(i, ev::Trigger{TriggerKind::talk}, category(2), anybody(), t0);
  EXPECT_EQ(s.next.next_at, t0 + second);
}

TEST(Incident, G3_cancel_ends_only_a_sole_loud_alarm_before_its_first_step) {
  const Incident loud = fresh(TriggerKind::loud_alarm);
  auto s = step(loud, ev::Cancel{}, category(2), {}, t0 + 4 * second);
  EXPECT_EQ(s.next.state, IncidentState::cancelled);
  EXPECT_FALSE(s.next.next_at);

  const Incident fired = step(loud, ev::Tick{}, category(2), anybody(), t0 + 5 * second).next;
  s = step(fired, ev::Cancel{}, category(2), {}, t0 + 6 * second);
  EXPECT_EQ(s.next, fired) << "later it only annotates: no end, no calm";
  EXPECT_TRUE(happened(s, Happened::cancel_late));

  const Incident two =
      step(loud, ev::Trigger{TriggerKind::talk}, category(2), {}, t0 + second).next;
  EXPECT_EQ(step(two, ev::Cancel{}, category(2), {}, t0 + second).next.state,
            IncidentState::notifying);
  EXPECT_EQ(step(fresh(), ev::Cancel{}, category(2), {}, t0).next.state, IncidentState::notifying);
}

TEST(Incident, G3_late_ok_and_mistake_never_end_it) {
  for (const IncidentEvent& e : {IncidentEvent{ev::LateOk{}}, IncidentEvent{ev::Mistake{}}})
    for (const Incident& i : {fresh(), taken_by(amal)}) {
      const auto s = step(i, e, category(2), anybody(), t0 + minute);
      EXPECT_EQ(s.next.state, i.state);
      EXPECT_TRUE(s.next.calm);
      EXPECT_TRUE(s.next.next_at);
    }
}

TEST(Incident, G4_calm_postpones_once_between_two_fired_steps) {
  Incident i = step(fresh(), ev::Tick{}, category(2), anybody(), t0).next;
  i = step(i, ev::LateOk{}, category(2), {}, t0 + minute).next;
  EXPECT_EQ(i.next_at, t0 + 61 * minute);
  i = step(i, ev::Trigger{TriggerKind::miss}, category(2), anybody(), t0 + 2 * minute).next;
  EXPECT_EQ(i.next_at, t0 + 12 * minute);
  EXPECT_FALSE(i.calm);
  Incident again = i;
  again.postponed = true;
  EXPECT_EQ(step(again, ev::LateOk{}, category(2), {}, t0 + 3 * minute).next.next_at,
            t0 + 12 * minute);
}

// Whoever has the phone, or is afraid, says ok and talk in turn: the next step comes all the same.
TEST(Incident, G4_a_trigger_between_two_oks_postpones_nothing_again) {
  const Policy p = category(2);
  Incident i = step(fresh(), ev::Tick{}, p, anybody(), t0).next;
  Instant now = t0 + minute;
  i = step(i, ev::LateOk{}, p, anybody(), now).next;
  const Instant latest = *i.next_at;
  EXPECT_EQ(latest, now + p.calm_wait);
  for (int k = 0; k < 5; ++k) {
    now += minute;
    i = step(i, ev::Trigger{TriggerKind::talk}, p, anybody(), now).next;
    EXPECT_FALSE(i.calm);
    i = step(i, ev::LateOk{}, p, anybody(), now).next;
    EXPECT_TRUE(i.calm);
    EXPECT_LE(*i.next_at, t0 + minute + p.wait + minute) << k;
  }
  i = step(i, ev::Tick{}, p, anybody(), *i.next_at).next;
  EXPECT_FALSE(i.postponed) << "only a fired step clears it";
}

TEST(Incident, G4_a_round_without_anybody_clears_no_postponement) {
  const Policy p = category(2);
  Incident i = step(fresh(), ev::Tick{}, p, anybody(), t0).next;
  i = step(i, ev::LateOk{}, p, anybody(), t0 + minute).next;
  ASSERT_TRUE(i.postponed);
  IncidentFacts nobody = anybody();
  nobody.steps = {{}, {}};
  const Instant at = *i.next_at;
  i = step(i, ev::Tick{}, p, nobody, at).next;
  EXPECT_TRUE(i.postponed) << "nothing was fired";
}

TEST(Incident, G4_category_1_is_never_slowed_by_calm) {
  Incident i = step(fresh(TriggerKind::miss, 1), ev::Tick{}, category(1), anybody(), t0).next;
  i = step(i, ev::LateOk{}, category(1), {}, t0 + minute).next;
  EXPECT_TRUE(i.calm);
  EXPECT_EQ(i.next_at, t0 + 2 * minute);
  i = step(i, ev::Tick{}, category(1), anybody(), t0 + 2 * minute).next;
  EXPECT_EQ(i.next_at, t0 + 4 * minute);
}

TEST(Incident, G4_before_the_first_fired_step_nothing_is_postponed) {
  const Incident i = fresh(TriggerKind::loud_alarm);
  EXPECT_EQ(step(i, ev::Mistake{}, category(2), {}, t0 + second).next.next_at, t0 + 5 * second);
}

TEST(Incident, take_holds_it_and_makes_pages_obsolete) {
  const auto s = step(fresh(), ev::Take{amal}, category(1), anybody(), t0);
  EXPECT_EQ(s.next.state, IncidentState::taken);
  EXPECT_EQ(s.next.holder, amal);
  EXPECT_EQ(s.next.lease_until, t0 + 20 * minute);
  EXPECT_EQ(s.next.next_at, t0 + 15 * minute);
  EXPECT_EQ(s.effects[1].what, What::obsolete);
  EXPECT_TRUE(has(s, What::notify_paged, NoticeCode::taken));
}

TEST(Incident, H21_the_second_taker_is_told_and_the_holder_may_repeat) {
  const Incident i = taken_by(amal);
  EXPECT_EQ(step(i, ev::Take{bo}, category(2), anybody(), t0).outcome, Outcome::held);
  EXPECT_EQ(step(i, ev::Take{amal}, category(2), anybody(), t0).outcome, Outcome::already);
  IncidentFacts nobody = anybody();
  nobody.actor_may = false;
  EXPECT_EQ(step(fresh(), ev::Take{bo}, category(2), nobody, t0).outcome, Outcome::forbidden);
}

TEST(Incident, a_lease_never_lasts_longer_than_four_hours) {
  Policy p = category(2);
  p.lease = 10 * hour;
  EXPECT_EQ(step(fresh(), ev::Take{amal}, p, anybody(), t0).next.lease_until, t0 + 4 * hour);
}

TEST(Incident, H22_taken_and_forgotten_reminds_once_then_goes_on) {
  Incident i = taken_by(amal);
  auto s = step(i, ev::Tick{}, category(2), {}, t0 + 55 * minute);
  EXPECT_TRUE(has(s, What::notify, NoticeCode::lease_ending));
  EXPECT_EQ(s.next.next_at, t0 + 60 * minute);
  s = step(s.next, ev::Tick{}, category(2), {}, t0 + 60 * minute);
  EXPECT_EQ(s.next.state, IncidentState::notifying);
  EXPECT_FALSE(s.next.holder);
  EXPECT_EQ(s.next.round, 2);
  EXPECT_EQ(s.next.step, 0);
  EXPECT_EQ(s.next.next_at, t0 + 60 * minute);
  ASSERT_TRUE(has(s, What::notify, NoticeCode::lease_ended)) << "the former holder is told";
  EXPECT_EQ(s.effects.back().people, std::vector<Person>{amal});
  EXPECT_EQ(s.effects.back().kind, NotificationKind::update);
}

TEST(Incident, G4_a_known_end_of_rights_ends_the_lease) {
  IncidentFacts f = anybody();
  f.rights_end = t0 + 7 * minute;
  Incident i = step(fresh(), ev::Take{amal}, category(2), f, t0).next;
  EXPECT_EQ(i.next_at, t0 + 7 * minute);
  auto s = step(i, ev::Tick{}, category(2), {}, t0 + 7 * minute);
  EXPECT_EQ(s.next.state, IncidentState::notifying);
  EXPECT_TRUE(happened(s, Happened::rights_ended));
  EXPECT_TRUE(has(s, What::notify, NoticeCode::lease_ended));
  s = step(taken_by(amal), ev::HolderLost{}, category(2), {}, t0 + minute);
  EXPECT_EQ(s.next.state, IncidentState::notifying);
  EXPECT_EQ(s.next.next_at, t0 + minute);
}

TEST(Incident, renew_is_for_the_holder_and_in_time) {
  const Incident i = taken_by(amal);
  EXPECT_EQ(step(i, ev::Renew{amal}, category(2), anybody(), t0 + 59 * minute).next.lease_until,
            t0 + 119 * minute);
  EXPECT_EQ(step(i, ev::Renew{bo}, category(2), anybody(), t0).outcome, Outcome::held);
  EXPECT_EQ(step(i, ev::Renew{amal}, category(2), anybody(), t0 + 60 * minute).outcome,
            Outcome::wrong_state);
}

TEST(Incident, H29_a_handover_nobody_accepts_goes_back_to_notifying) {
  auto s = step(taken_by(amal), ev::Offer{amal, bo}, category(2), anybody(), t0 + minute);
  EXPECT_EQ(s.next.offered_to, bo);
  EXPECT_EQ(s.next.lease_until, t0 + 6 * minute);
  EXPECT_EQ(s.next.holder, amal);
  Incident i = step(s.next, ev::Tick{}, category(2), {}, t0 + minute).next;  // the reminder
  i = step(i, ev::Tick{}, category(2), {}, t0 + 6 * minute).next;
  EXPECT_EQ(i.state, IncidentState::notifying);
  EXPECT_EQ(i.next_at, t0 + 6 * minute);
}

TEST(Incident, H29_a_declined_offer_leaves_the_lease_cut) {
  Incident i = step(taken_by(amal), ev::Offer{amal, bo}, category(2), anybody(), t0).next;
  const auto s = step(i, ev::Decline{bo}, category(2), anybody(), t0 + second);
  EXPECT_FALSE(s.next.offered_to);
  EXPECT_EQ(s.next.lease_until, t0 + 5 * minute);
  EXPECT_TRUE(has(s, What::notify, NoticeCode::offer_declined));
  EXPECT_EQ(step(i, ev::Decline{cy}, category(2), anybody(), t0).outcome, Outcome::wrong_state);
}

TEST(Incident, an_offer_needs_somebody_who_may_and_can_be_reached) {
  IncidentFacts f = anybody();
  f.target_can_page = false;
  EXPECT_EQ(step(taken_by(amal), ev::Offer{amal, bo}, category(2), f, t0).outcome,
            Outcome::wrong_state);
  f.target_may = false;
  EXPECT_EQ(step(taken_by(amal), ev::Offer{amal, bo}, category(2), f, t0).outcome,
            Outcome::forbidden);
}

TEST(Incident, accept_gives_a_new_lease_to_whom_it_was_offered) {
  const Incident i = step(taken_by(amal), ev::Offer{amal, bo}, category(2), anybody(), t0).next;
  const auto s = step(i, ev::Accept{bo}, category(2), anybody(), t0 + minute);
  EXPECT_EQ(s.next.holder, bo);
  EXPECT_EQ(s.next.lease_until, t0 + 61 * minute);
  EXPECT_FALSE(s.next.offered_to);
  EXPECT_EQ(step(i, ev::Accept{cy}, category(2), anybody(), t0).outcome, Outcome::wrong_state);
  EXPECT_EQ(step(i, ev::Accept{bo}, category(2), anybody(), t0 + 5 * minute).outcome,
            Outcome::wrong_state);
}

TEST(Incident, take_over_and_assign_are_for_coordinators) {
  IncidentFacts f = anybody();
  EXPECT_EQ(step(taken_by(amal), ev::TakeOver{cy}, category(2), f, t0).outcome, Outcome::forbidden);
  f.actor_coordinates = true;
  auto s = step(taken_by(amal), ev::TakeOver{cy}, category(2), f, t0 + minute);
  EXPECT_EQ(s.next.holder, cy);
  EXPECT_TRUE(has(s, What::notify, NoticeCode::taken_over));
  s = step(fresh(), ev::Assign{cy, bo}, category(2), f, t0);
  EXPECT_EQ(s.next.holder, bo);
  f.target_may = false;
  EXPECT_EQ(step(fresh(), ev::Assign{cy, bo}, category(2), f, t0).outcome, Outcome::forbidden);
}

TEST(Incident, H28_a_raise_while_taken_pages_holder_and_desk_and_cuts_the_lease) {
  auto s = step(taken_by(amal), ev::Trigger{TriggerKind::loud_alarm}, category(2), anybody(), t0);
  ASSERT_TRUE(has(s, What::notify, NoticeCode::page_raised));
  EXPECT_EQ(s.effects[1].people, (std::vector<Person>{amal, cy}));
  EXPECT_EQ(s.next.lease_until, t0 + 5 * minute);
  s = step(taken_by(amal), ev::Trigger{TriggerKind::talk}, category(2), anybody(), t0);
  EXPECT_EQ(s.next.lease_until, t0 + 60 * minute);
  EXPECT_TRUE(has(s, What::notify, NoticeCode::trigger_added));
}

TEST(Incident, G3_resolve_is_for_the_holder_or_a_coordinator) {
  EXPECT_EQ(step(taken_by(amal), ev::Resolve{bo}, category(2), anybody(), t0).outcome,
            Outcome::held);
  EXPECT_EQ(step(fresh(), ev::Resolve{bo}, category(2), anybody(), t0).outcome,
            Outcome::wrong_state);
  const auto s = step(taken_by(amal), ev::Resolve{amal}, category(2), anybody(), t0);
  EXPECT_EQ(s.next.state, IncidentState::resolved);
  EXPECT_FALSE(s.next.next_at || s.next.holder);
  IncidentFacts f = anybody();
  f.actor_coordinates = true;
  EXPECT_EQ(step(fresh(), ev::Resolve{cy}, category(2), f, t0).next.state, IncidentState::resolved);
}

TEST(Incident, G3_an_ended_one_takes_no_event) {
  Incident i = taken_by(amal);
  i = step(i, ev::Resolve{amal}, category(2), anybody(), t0).next;
  for (const IncidentEvent& e :
       {IncidentEvent{ev::Take{bo}}, IncidentEvent{ev::Trigger{TriggerKind::not_ok}},
        IncidentEvent{ev::Tick{}}, IncidentEvent{ev::Cancel{}}, IncidentEvent{ev::LateOk{}}}) {
    const auto s = step(i, e, category(2), anybody(), t0 + hour);
    EXPECT_EQ(s.next, i);
    EXPECT_EQ(s.outcome, Outcome::wrong_state);
  }
}

TEST(Incident, failed_rows_fire_the_next_step_at_most_twice_in_a_round) {
  Incident i = step(fresh(), ev::Tick{}, category(2), anybody(), t0).next;
  i = step(i, ev::AllFailed{}, category(2), {}, t0 + second).next;
  EXPECT_EQ(i.next_at, t0 + second);
  i = step(i, ev::AllFailed{}, category(2), {}, t0 + second).next;
  EXPECT_EQ(step(i, ev::AllFailed{}, category(2), {}, t0 + second).outcome, Outcome::already);
}

TEST(Incident, H06_a_backward_clock_clamps_next_and_lease) {
  Incident i = taken_by(amal);
  i = step(i, ev::ClockBack{}, category(2), {}, t0 - 5 * hour).next;
  EXPECT_EQ(i.lease_until, t0 - 4 * hour);
  EXPECT_LE(*i.next_at, t0 - 4 * hour);
  const auto s = step(fresh(), ev::ClockBack{}, category(2), {}, t0 - 5 * hour);
  EXPECT_EQ(s.next.next_at, t0 - 5 * hour + 10 * minute);
}

}  // namespace
}  // namespace livlina::server::policy

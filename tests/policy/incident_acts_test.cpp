// Signed acts of helpers and coordinators that are allowed: whole results, for who holds it then,
// until when, and who is told.
#include "tests/policy/incident_cases.hpp"

namespace livlina::server::policy {
namespace {

using namespace cases;

// Held by p since at(3), with nothing left of an earlier lease or offer. A known end of rights
// counts in next_at.
Incident held_since_3(Incident given, const Person& p) {
  Incident next = let_go(std::move(given));
  next.state = IncidentState::taken;
  next.holder = p;
  next.lease_until = at(63);
  next.next_at = at(58);
  return next;
}

TEST(IncidentActs, seen_is_a_fact_and_changes_nothing) {
  for (const Incident& given : {notifying(), held()})
    expect_done(step(given, ev::Seen{}, category(2), helper(), at(3)), given,
                {event(Happened::seen, 1, 3)});
}

TEST(IncidentActs, G3_take) {
  const Effects effects{event(Happened::taken, 1, 3), pages_obsolete({bo}),
                        update_to_all_paged_but({bo}, NoticeCode::taken, 1, 3)};
  IncidentFacts facts = helper();
  Incident next = held_since_3(notifying(), bo);
  expect_done(step(notifying(), ev::Take{bo}, category(2), facts, at(3)), next, effects);
  facts.rights_end = at(33);
  next.rights_end = at(33);
  next.next_at = at(33);
  expect_done(step(notifying(), ev::Take{bo}, category(2), facts, at(3)), next, effects);
  next = held_since_3(notifying(), bo);
  next.lease_until = at(23);
  next.next_at = at(18);
  expect_done(step(notifying(), ev::Take{bo}, category(1), helper(), at(3)), next, effects);
}

TEST(IncidentActs, a_coordinator_takes_what_nobody_holds) {
  expect_done(step(notifying(), ev::TakeOver{cy}, category(2), coordinator(), at(3)),
              held_since_3(notifying(), cy),
              {event(Happened::taken_over, 1, 3), pages_obsolete({cy}),
               update_to_all_paged_but({cy}, NoticeCode::taken, 1, 3)});
}

TEST(IncidentActs, a_coordinator_takes_over_and_the_old_holder_is_told) {
  Incident given = held_with_everything();
  IncidentFacts facts = coordinator();
  facts.target_may = false;  // nobody is named: only the actor's role counts
  expect_done(step(given, ev::TakeOver{cy}, category(2), facts, at(3)), held_since_3(given, cy),
              {event(Happened::taken_over, 1, 3), pages_obsolete({cy}),
               update(NoticeCode::taken_over, 1, 3, {amal}),
               update_to_all_paged_but({cy, amal}, NoticeCode::taken, 1, 3)});
}

TEST(IncidentActs, a_coordinator_assigns_what_nobody_holds) {
  expect_done(step(notifying(), ev::Assign{cy, bo}, category(2), coordinator(), at(3)),
              held_since_3(notifying(), bo),
              {event(Happened::assigned, 1, 3), pages_obsolete({bo}),
               update(NoticeCode::assigned, 1, 3, {bo}),
               update_to_all_paged_but({cy, bo}, NoticeCode::taken, 1, 3)});
}

TEST(IncidentActs, a_coordinator_assigns_what_is_held_and_both_are_told) {
  const Incident given = held_with_everything();
  IncidentFacts facts = coordinator();
  facts.rights_end = at(33);
  Incident next = held_since_3(given, dee);
  next.rights_end = at(33);
  next.next_at = at(33);
  expect_done(
      step(given, ev::Assign{cy, dee}, category(2), facts, at(3)), next,
      {event(Happened::assigned, 1, 3), pages_obsolete({dee}),
       update(NoticeCode::taken_over, 1, 3, {amal}), update(NoticeCode::assigned, 1, 3, {dee}),
       update_to_all_paged_but({cy, dee, amal}, NoticeCode::taken, 1, 3)});
}

TEST(IncidentActs, renew_begins_a_lease_and_takes_the_offer_back) {
  const Incident given = held_with_everything();
  IncidentFacts facts = helper();
  facts.rights_end = at(61);
  Incident next = given;
  next.offered_to.reset();
  next.rights_end = at(61);
  next.lease_until = at(63);
  next.lease_reminded = false;
  next.next_at = at(58);
  expect_done(step(given, ev::Renew{amal}, category(2), facts, at(3)), next,
              {event(Happened::renewed, 1, 3)});
  next.rights_end.reset();
  next.lease_until = at(23);
  next.next_at = at(18);
  expect_done(step(given, ev::Renew{amal}, category(1), helper(), at(3)), next,
              {event(Happened::renewed, 1, 3)});
}

TEST(IncidentActs, I3_renewed_in_the_last_millisecond) {
  Incident given = held_with_everything();
  EXPECT_EQ(step(given, ev::Renew{amal}, category(2), helper(), at(10) - 1).outcome, Outcome::done);
  given.rights_end = at(7);
  EXPECT_EQ(step(given, ev::Renew{amal}, category(2), helper(), at(7) - 1).outcome, Outcome::done);
}

TEST(IncidentActs, H29_an_offer_cuts_the_lease_and_is_told_to_whom_it_is_made) {
  Incident next = held();
  next.offered_to = bo;
  next.lease_until = at(8);
  next.next_at = at(3);
  expect_done(step(held(), ev::Offer{amal, bo}, category(2), helper(), at(3)), next,
              {event(Happened::offered, 1, 3), update(NoticeCode::offered, 1, 3, {bo})});
}

TEST(IncidentActs, H29_another_offer_takes_the_place_of_the_first_and_lengthens_nothing) {
  const Incident given = held_with_everything();  // offered to bo, until at(10)
  Incident next = given;
  next.offered_to = dee;
  expect_done(step(given, ev::Offer{amal, dee}, category(2), helper(), at(6)), next,
              {event(Happened::offered, 1, 3), update(NoticeCode::offered, 1, 3, {dee})});
}

TEST(IncidentActs, H29_accept_begins_a_lease_of_its_own) {
  const Incident given = held_with_everything();
  IncidentFacts facts = helper();
  facts.rights_end = at(33);
  Incident next = held_since_3(given, bo);
  next.rights_end = at(33);
  next.next_at = at(33);
  expect_done(step(given, ev::Accept{bo}, category(2), facts, at(3)), next,
              {event(Happened::accepted, 1, 3), pages_obsolete({bo}),
               update(NoticeCode::taken, 1, 3, {amal})});
}

TEST(IncidentActs, H29_decline_leaves_the_lease_cut) {
  const Incident given = held_with_everything();
  Incident next = given;
  next.offered_to.reset();
  expect_done(step(given, ev::Decline{bo}, category(2), helper(), at(3)), next,
              {event(Happened::declined, 1, 3), update(NoticeCode::offer_declined, 1, 3, {amal})});
}

Incident resolved(Incident given) {
  Incident next = let_go(std::move(given));
  next.state = IncidentState::resolved;
  next.next_at.reset();
  return next;
}

TEST(IncidentActs, I4_the_holder_resolves) {
  const Incident given = held_with_everything();
  expect_done(step(given, ev::Resolve{amal}, category(2), helper(), at(3)), resolved(given),
              {event(Happened::resolved, 1, 3), pages_obsolete(),
               update_to_all_paged_but({amal}, NoticeCode::resolved, 1, 3)});
}

TEST(IncidentActs, I4_a_coordinator_resolves_and_the_holder_is_told) {
  const Incident given = held_with_everything();
  expect_done(step(given, ev::Resolve{cy}, category(2), coordinator(), at(3)), resolved(given),
              {event(Happened::resolved, 1, 3), pages_obsolete(),
               update(NoticeCode::resolved, 1, 3, {amal}),
               update_to_all_paged_but({cy, amal}, NoticeCode::resolved, 1, 3)});
  expect_done(step(notifying(), ev::Resolve{cy}, category(2), coordinator(), at(3)),
              resolved(notifying()),
              {event(Happened::resolved, 1, 3), pages_obsolete(),
               update_to_all_paged_but({cy}, NoticeCode::resolved, 1, 3)});
}

}  // namespace
}  // namespace livlina::server::policy

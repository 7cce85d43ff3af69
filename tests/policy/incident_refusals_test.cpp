// What INCIDENT refuses in each state, and why: nothing changes and nobody is told.
#include "tests/policy/incident_cases.hpp"

namespace livlina::server::policy {
namespace {

using namespace cases;

struct Row {
  const char* name;
  Incident given;
  IncidentEvent event;
  IncidentFacts facts;
  Instant now;
  Outcome why;
};

void expect_all(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    expect_refused(step(row.given, row.event, category(2), row.facts, row.now), row.given, row.why);
  }
}

// Somebody who may nothing, and targets that may nothing.
const IncidentFacts stranger;

IncidentFacts without(bool IncidentFacts::* fact, IncidentFacts facts) {
  facts.*fact = false;
  return facts;
}

Incident offered_to_bo() {
  Incident i = held_with_everything();
  i.rights_end.reset();
  return i;
}

Incident rights_until_5() {
  Incident i = held_with_everything();
  i.rights_end = at(5);
  i.next_at = at(5);
  return i;
}

Incident failed_twice() {
  Incident i = notifying();
  i.reruns = 2;
  return i;
}

Incident not_fired() {
  Incident i = notifying();
  i.fired = false;
  return i;
}

TEST(IncidentRefusals, H21_of_take) {
  expect_all({
      {"a stranger", notifying(), ev::Take{bo}, stranger, at(3), Outcome::forbidden},
      {"a stranger, of what is held", held(), ev::Take{bo}, stranger, at(3), Outcome::forbidden},
      {"held by another", held(), ev::Take{bo}, helper(), at(3), Outcome::held},
      {"the holder again", held(), ev::Take{amal}, helper(), at(3), Outcome::already},
  });
}

TEST(IncidentRefusals, of_seen_by_a_stranger) {
  expect_all({
      {"notifying", notifying(), ev::Seen{}, stranger, at(3), Outcome::forbidden},
      {"held", held(), ev::Seen{}, stranger, at(3), Outcome::forbidden},
  });
}

TEST(IncidentRefusals, G4_of_what_only_a_coordinator_does) {
  const IncidentFacts no_target = without(&IncidentFacts::target_may, coordinator());
  expect_all({
      {"take_over", notifying(), ev::TakeOver{bo}, helper(), at(3), Outcome::forbidden},
      {"take_over, held", held(), ev::TakeOver{bo}, helper(), at(3), Outcome::forbidden},
      {"take_over by the holder", held(), ev::TakeOver{amal}, helper(), at(3), Outcome::forbidden},
      {"assign", notifying(), ev::Assign{bo, dee}, helper(), at(3), Outcome::forbidden},
      {"assign, held", held(), ev::Assign{amal, bo}, helper(), at(3), Outcome::forbidden},
      {"policy", notifying(), ev::SwitchPolicy{}, helper(), at(3), Outcome::forbidden},
      {"policy, held", held(), ev::SwitchPolicy{}, helper(), at(3), Outcome::forbidden},
      {"assign to a stranger", held(), ev::Assign{cy, bo}, no_target, at(3), Outcome::forbidden},
      {"holds it already", held(), ev::TakeOver{amal}, coordinator(), at(3), Outcome::already},
      {"they hold it", held(), ev::Assign{cy, amal}, coordinator(), at(3), Outcome::already},
  });
}

TEST(IncidentRefusals, H22_of_renew) {
  expect_all({
      {"nobody holds it", notifying(), ev::Renew{amal}, helper(), at(3), Outcome::wrong_state},
      {"held by another", held(), ev::Renew{bo}, helper(), at(3), Outcome::held},
      {"the lease is over", held(), ev::Renew{amal}, helper(), at(60), Outcome::wrong_state},
      {"the rights are", rights_until_5(), ev::Renew{amal}, helper(), at(5), Outcome::wrong_state},
  });
}

TEST(IncidentRefusals, H29_of_offer) {
  const IncidentFacts may_not = without(&IncidentFacts::target_may, helper());
  const IncidentFacts away = without(&IncidentFacts::target_can_page, helper());
  expect_all({
      {"nobody holds it", notifying(), ev::Offer{amal, bo}, helper(), at(3), Outcome::wrong_state},
      {"held by another", held(), ev::Offer{bo, dee}, helper(), at(3), Outcome::held},
      {"a coordinator's", held(), ev::Offer{cy, bo}, coordinator(), at(3), Outcome::held},
      {"to oneself", held(), ev::Offer{amal, amal}, helper(), at(3), Outcome::wrong_state},
      {"the lease is over", held(), ev::Offer{amal, bo}, helper(), at(60), Outcome::wrong_state},
      {"the rights are", rights_until_5(), ev::Offer{amal, dee}, helper(), at(5),
       Outcome::wrong_state},
      {"to a stranger", held(), ev::Offer{amal, bo}, may_not, at(3), Outcome::forbidden},
      {"to nobody's reach", held(), ev::Offer{amal, bo}, away, at(3), Outcome::wrong_state},
      {"again", offered_to_bo(), ev::Offer{amal, bo}, helper(), at(3), Outcome::already},
  });
}

TEST(IncidentRefusals, H29_of_accept) {
  const Incident offered = offered_to_bo();
  expect_all({
      {"nobody holds it", notifying(), ev::Accept{bo}, helper(), at(3), Outcome::wrong_state},
      {"not offered", held(), ev::Accept{bo}, helper(), at(3), Outcome::wrong_state},
      {"offered to another", offered, ev::Accept{dee}, helper(), at(3), Outcome::wrong_state},
      {"the lease is over", offered, ev::Accept{bo}, helper(), at(10), Outcome::wrong_state},
      {"the holder's rights are", rights_until_5(), ev::Accept{bo}, helper(), at(5),
       Outcome::wrong_state},
      {"may no longer", offered, ev::Accept{bo}, stranger, at(3), Outcome::forbidden},
      {"the holder", offered, ev::Accept{amal}, helper(), at(3), Outcome::already},
  });
}

TEST(IncidentRefusals, H29_of_decline) {
  expect_all({
      {"nobody holds it", notifying(), ev::Decline{bo}, helper(), at(3), Outcome::wrong_state},
      {"not offered", held(), ev::Decline{bo}, helper(), at(3), Outcome::wrong_state},
      {"to another", offered_to_bo(), ev::Decline{dee}, helper(), at(3), Outcome::wrong_state},
  });
}

TEST(IncidentRefusals, I4_of_resolve) {
  expect_all({
      {"nobody holds it", notifying(), ev::Resolve{bo}, helper(), at(3), Outcome::wrong_state},
      {"held by another", held(), ev::Resolve{bo}, helper(), at(3), Outcome::held},
  });
}

TEST(IncidentRefusals, of_the_servers_own_events) {
  expect_all({
      {"no holder to lose", notifying(), ev::HolderLost{}, stranger, at(3), Outcome::already},
      {"no holder's rights", notifying(), ev::RightsChanged{}, stranger, at(3), Outcome::already},
      {"nothing has fired", not_fired(), ev::AllFailed{}, stranger, at(3), Outcome::already},
      {"twice before", failed_twice(), ev::AllFailed{}, stranger, at(3), Outcome::already},
      {"held", held(), ev::AllFailed{}, stranger, at(3), Outcome::already},
  });
}

TEST(IncidentRefusals, G3_of_everything_once_it_has_ended) {
  for (const auto state : {IncidentState::resolved, IncidentState::cancelled}) {
    Incident given = notifying();
    given.state = state;
    given.next_at.reset();
    for (const IncidentEvent& e : std::vector<IncidentEvent>{
             ev::Trigger{TriggerKind::loud_alarm}, ev::Cancel{}, ev::LateOk{}, ev::Mistake{},
             ev::Tick{}, ev::AllFailed{}, ev::HolderLost{}, ev::RightsChanged{}, ev::Seen{},
             ev::Take{bo}, ev::TakeOver{cy}, ev::Assign{cy, bo}, ev::Renew{amal},
             ev::Offer{amal, bo}, ev::Accept{bo}, ev::Decline{bo}, ev::Resolve{cy},
             ev::SwitchPolicy{}, ev::ClockBack{}}) {
      SCOPED_TRACE(e.index());
      expect_refused(step(given, e, category(2), coordinator(), at(300)), given,
                     Outcome::wrong_state);
    }
  }
}

}  // namespace
}  // namespace livlina::server::policy

// Incidents and acts in the small world: what server/services/{incidents,escalation,acts}.cpp do.
#include "tests/policy/search_driver.hpp"

namespace livlina::server::policy::search {

namespace {

using Kind = Event::Kind;
namespace ev = incident_event;

constexpr std::array<Lane, 3> every_lane{Lane::open, Lane::silent, Lane::drill};

// Who stands behind the bits of a step.
bool names(unsigned who, std::size_t somebody) {
  if (somebody == cy) return (who & who_desk) != 0;
  return (who & (who_alarm_lines | (somebody == amal ? who_mentors : who_contact_persons))) != 0;
}

std::uint8_t other(std::uint8_t category) { return category == 1 ? 2 : 1; }

IncidentEvent event_of(const Event& e) {
  const Person by = person(e.a);
  const Person to = person(e.b);
  switch (e.kind) {
    case Kind::take:
      return ev::Take{by};
    case Kind::take_over:
      return ev::TakeOver{by};
    case Kind::assign:
      return ev::Assign{by, to};
    case Kind::renew:
      return ev::Renew{by};
    case Kind::offer:
      return ev::Offer{by, to};
    case Kind::accept:
      return ev::Accept{by};
    case Kind::decline:
      return ev::Decline{by};
    case Kind::resolve:
      return ev::Resolve{by};
    case Kind::switch_policy:
      return ev::SwitchPolicy{};
    default:
      return ev::Seen{};
  }
}

}  // namespace

std::vector<Person> Driver::reachable_desk() const {
  return w_.can_page(cy) ? std::vector<Person>{person(cy)} : std::vector<Person>{};
}

std::optional<Instant> Driver::rights_end(std::size_t who) const {
  return who == amal && w_.rights_end && *w_.rights_end > w_.now ? w_.rights_end : std::nullopt;
}

IncidentFacts Driver::escalation_facts(const LaneState& lane) const {
  IncidentFacts facts;
  const Template& plan = template_for(lane.incident->lane, lane.category);
  for (const StepTemplate& step : plan.steps) {
    auto& all = facts.steps.emplace_back();
    for (std::size_t who = 0; who < people; ++who)
      if (names(step.who, who) && w_.can_page(who)) all.push_back(person(who));
    facts.warned.push_back((lane.warned & (1U << (facts.steps.size() - 1))) != 0);
  }
  facts.desk = reachable_desk();
  return facts;
}

IncidentFacts Driver::act_facts(const Event& e) const {
  IncidentFacts facts;
  facts.actor_may = true;
  facts.actor_coordinates = e.a == cy;
  facts.target_may = w_.may(e.b);
  facts.target_can_page = w_.can_page(e.b);
  facts.rights_end = rights_end(e.kind == Kind::assign ? e.b : e.a);
  return facts;
}

IncidentStep Driver::checked(Lane lane, const Incident& i, const IncidentEvent& event,
                             const Policy& policy, const IncidentFacts& facts) {
  IncidentStep step = steps_.incident(i, event, policy, facts, w_.now);
  must(wrong(IncidentCall{w_, w_.at(lane), i, event, policy, facts, step}));
  return step;
}

void Driver::step_incident(Lane lane, const IncidentEvent& event, const IncidentFacts& facts) {
  const LaneState& l = w_.at(lane);
  const auto step = checked(lane, *l.incident, event, policy_of(l.category, bounds_), facts);
  if (step.outcome == Outcome::done) write(lane, step);
}

void Driver::write(Lane lane, const IncidentStep& step) {
  LaneState& l = w_.at(lane);
  const bool was_held = l.incident->state == IncidentState::taken;
  l.incident = step.next;
  // Every round but the first is as the second.
  l.incident->round = std::min(l.incident->round, 2);
  if (was_held && l.incident->state == IncidentState::notifying) l.quiet_since = w_.now;
  write(lane, step.effects);
}

void Driver::fresh(Lane lane, const IncidentStep& step) {
  LaneState& l = w_.at(lane);
  const std::uint8_t category = bounds_.category;
  l = {};
  l.category = category;
  l.incident = step.next;
  l.quiet_since = w_.now;
  if (lane == Lane::open)
    for (SlotState& s : w_.slots) s.current = false;
  write(lane, step.effects);
}

void Driver::raise(TriggerKind kind, bool login) {
  const Lane lane = policy::lane(kind);
  LaneState& l = w_.at(lane);
  if (!l.incident || !unresolved(l.incident->state)) {
    const Policy policy = policy_of(bounds_.category, bounds_);
    const IncidentStep step = steps_.open(lane, kind, policy, w_.now);
    must(wrong_opening(step, kind, policy, w_.now));
    fresh(lane, step);
  } else if (login && l.login) {
    return;  // rule 1: later log-ins of the same shadow annotate
  } else {
    IncidentFacts facts;
    if (l.incident->state == IncidentState::taken) facts.desk = reachable_desk();
    step_incident(lane, ev::Trigger{kind}, facts);
  }
  l.triggers = std::min(l.triggers + 1, 2);
  l.login = l.login || login;
}

void Driver::tick(Lane lane) {
  const LaneState& l = w_.at(lane);
  const bool notifying = l.incident->state == IncidentState::notifying;
  step_incident(lane, ev::Tick{}, notifying ? escalation_facts(l) : IncidentFacts{});
}

void Driver::reopen(Lane lane) {
  const Incident& ended = *w_.at(lane).incident;
  const IncidentStep step = steps_.reopen(lane, ended.severity, w_.now);
  must(step.next.next_at == w_.now && step.next.severity == ended.severity,
       "G4: opened again, the first step waits or is milder");
  fresh(lane, step);
}

// A lease that has run out ends before the act is looked at.
void Driver::act(const Event& e) {
  LaneState& l = w_.at(e.lane);
  if (!l.incident) return;
  if (e.kind == Kind::reopen) return reopen(e.lane);
  const IncidentEvent event = event_of(e);
  const IncidentFacts facts = act_facts(e);
  const Policy pinned = policy_of(l.category, bounds_);
  std::optional<IncidentStep> lease_end;
  if (l.incident->state == IncidentState::taken) {
    auto tick = checked(e.lane, *l.incident, ev::Tick{}, pinned, {});
    if (tick.next.state == IncidentState::notifying) lease_end = std::move(tick);
  }
  const bool switching = e.kind == Kind::switch_policy;
  const std::uint8_t category = switching ? other(l.category) : l.category;
  const IncidentStep step = checked(e.lane, lease_end ? lease_end->next : *l.incident, event,
                                    policy_of(category, bounds_), facts);
  if (step.outcome != Outcome::done) return;
  if (lease_end) write(e.lane, *lease_end);
  if (switching) l.category = category;
  write(e.lane, step);
  repeat(e, event, facts);
  if (e.kind == Kind::resolve) check_holders();
}

// I9: what gives it to somebody gives it to them once.
void Driver::repeat(const Event& e, const IncidentEvent& event, const IncidentFacts& facts) {
  const bool gives = e.kind == Kind::take || e.kind == Kind::take_over || e.kind == Kind::assign ||
                     e.kind == Kind::accept;
  if (!gives) return;
  const LaneState& l = w_.at(e.lane);
  const auto again = checked(e.lane, *l.incident, event, policy_of(l.category, bounds_), facts);
  must(again.outcome == Outcome::already, "I9: said twice, it was done twice");
}

void Driver::check_holders() {
  for (const Lane lane : every_lane) {
    const LaneState& l = w_.at(lane);
    if (!l.incident || l.incident->state != IncidentState::taken) continue;
    const std::size_t holder = index_of(*l.incident->holder);
    IncidentFacts facts;
    facts.rights_end = rights_end(holder);
    if (!w_.may(holder))
      step_incident(lane, ev::HolderLost{}, facts);
    else if (facts.rights_end != l.incident->rights_end)
      step_incident(lane, ev::RightsChanged{}, facts);
  }
}

}  // namespace livlina::server::policy::search

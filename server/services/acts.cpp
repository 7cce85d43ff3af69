// PostAct: a staff device's signed act moves an incident, or sets a circle's policy.
#include "protocol/proto.hpp"
#include "protocol/records/staff_act.hpp"
#include "server/services/envelopes.hpp"
#include "server/services/incident_view.hpp"
#include "server/services/incidents.hpp"
#include "server/services/watch.hpp"
#include "server/store/policies.hpp"

namespace livlina::server {

namespace {

using policy::IncidentState;
using policy::Outcome;
using protocol::Act;
using protocol::StaffAct;
namespace ev = policy::incident_event;

struct Signed {
  CircleFacts circle;
  Helpers who;
  protocol::Verified<StaffAct> act;
  Notes notes;
};

// Of kind 7, for whoever may take the incident.
Notes notes_in(const Helpers& who, const v1::PostAct& request) {
  std::vector<DeviceId> to;
  for (const auto* group : {&who.lines, &who.desk})
    for (const Member& m : *group) to.insert(to.end(), m.devices.begin(), m.devices.end());
  return notes_of(request.notes(), store::Rank::urgent, to);
}

// T36: only a record signed by the logged-in device of somebody who may act gets further. One
// refusal for whatever the caller must not know.
Answer<Signed> open(Turn& turn, const Caller& caller, const v1::PostAct& request) {
  const ByteView bytes = view(request.record());
  const auto actor = protocol::peek_actor(bytes);
  if (!actor.ok()) return refuse(Code::malformed);
  if (*actor != caller.device || caller.shadow) return refuse(Code::forbidden);
  const auto device = known_device(turn, *actor);
  if (!device || device->account != caller.account) return refuse(Code::forbidden);
  auto act = protocol::verify_act(bytes, device->device.sig);
  if (!act.ok()) return refuse(Code::bad_record);
  auto circle = circle_facts(turn, (**act).circle);
  if (!circle || circle->participant == caller.account) return refuse(Code::forbidden);
  const auto incident = store::Incidents(turn.db).get((**act).incident);
  Helpers who = helpers(turn, *circle, incident ? incident->i.lane : policy::Lane::open);
  if (!who.may_act(caller.account.bytes(), caller.device)) return refuse(Code::forbidden);
  Notes notes = notes_in(who, request);
  if (!notes.sound) return refuse(Code::malformed, "notes");
  return Signed{std::move(*circle), std::move(who), std::move(act).value(), std::move(notes)};
}

bool coordinates(Turn& turn, const CircleFacts& circle, const Caller& caller) {
  return is_coordinator(turn, (*circle.manifest)->recovery.desk, caller.account, caller.device);
}

std::int64_t write_act(Turn& turn, const Caller& caller, const Signed& s, int outcome) {
  store::ActRow row;
  row.hash = s.act.hash();
  row.circle = s.circle.id;
  if (!s.act->incident.zero()) row.incident = s.act->incident;
  row.actor = caller.account.bytes();
  row.device = caller.device;
  row.act = static_cast<int>(s.act->act);
  row.outcome = outcome;
  row.record = s.act.record();
  row.received_at = turn.now;
  return store::IncidentLog(turn.db).add(row);
}

v1::ActAnswer answer_with(Turn& turn, int outcome, const store::IncidentRow* row) {
  v1::ActAnswer out;
  out.set_outcome(static_cast<std::uint32_t>(outcome));
  if (row != nullptr) show(turn, *row, details_in_full, *out.mutable_incident());
  return out;
}

// The event of an act on an unresolved incident; nothing: this act is not done here.
std::optional<policy::IncidentEvent> event_of(const StaffAct& act, const policy::Person& by) {
  switch (act.act) {
    case Act::seen:
      return ev::Seen{};
    case Act::take:
      return ev::Take{by};
    case Act::renew:
      return ev::Renew{by};
    case Act::offer:
      return ev::Offer{by, act.target};
    case Act::accept:
      return ev::Accept{by};
    case Act::decline:
      return ev::Decline{by};
    case Act::take_over:
      return ev::TakeOver{by};
    case Act::assign:
      return ev::Assign{by, act.target};
    case Act::resolve:
      return ev::Resolve{by};
    case Act::policy:
      return ev::SwitchPolicy{};
    default:
      return std::nullopt;
  }
}

policy::IncidentFacts facts_of(Turn& turn, const Caller& caller, const Signed& s) {
  policy::IncidentFacts facts;
  facts.actor_may = true;
  facts.actor_coordinates = coordinates(turn, s.circle, caller);
  const policy::Person& target = s.act->target;
  for (const Member* m : {s.who.line(target), s.who.coordinator(target)})
    if (m != nullptr) {
      facts.target_may = true;
      facts.target_can_page = facts.target_can_page || can_page(turn, *m);
    }
  const bool for_target = s.act->act == Act::assign;
  facts.rights_end =
      rights_end(turn, s.circle, s.who, for_target ? target : caller.account.bytes());
  return facts;
}

Answer<v1::ActAnswer> act_on(Turn& turn, const Caller& caller, const Signed& s,
                             store::IncidentRow row) {
  const auto event = event_of(*s.act, caller.account.bytes());
  if (!event) return refuse(Code::malformed, "act");
  const bool resolving = s.act->act == Act::resolve;
  // No real one ends as a practised one (H35).
  const bool other_lane =
      s.act->reason == protocol::Reason::drill_done && row.i.lane != policy::Lane::drill;
  if (resolving && (s.act->reason == protocol::Reason::none || other_lane))
    return refuse(Code::malformed, "reason");
  const bool switching = s.act->act == Act::policy;
  const int category = s.act->target[0];
  if (switching && category != 1 && category != 2) return refuse(Code::malformed, "target");

  // A fact is a fact once: who looks again without a note adds nothing.
  if (s.act->act == Act::seen && s.notes.list.empty() && policy::unresolved(row.i.state) &&
      store::IncidentLog(turn.db).seen_by(row.id, caller.account.bytes()))
    return answer_with(turn, static_cast<int>(Outcome::already), &row);

  // Decided before the first write. A lease that has run out ends before the act is looked at.
  store::Policies policies(turn.db);
  policy::Policy values = policies.get(row.policy);
  const policy::IncidentFacts facts = facts_of(turn, caller, s);
  std::optional<policy::IncidentStep> lease_end;
  if (row.i.state == IncidentState::taken) {
    auto tick = policy::step(row.i, ev::Tick{}, values, {}, turn.now);
    if (tick.next.state == IncidentState::notifying) lease_end = std::move(tick);
  }
  if (switching) values = policy_values(turn.settings, category);
  const policy::IncidentStep step =
      policy::step(lease_end ? lease_end->next : row.i, *event, values, facts, turn.now);
  switch (step.outcome) {
    case Outcome::done:
      break;
    case Outcome::already:
    case Outcome::held:
      // H21: the second one is told who holds it; the act stays as evidence and changes nothing.
      (void)write_act(turn, caller, s, static_cast<int>(step.outcome));
      return answer_with(turn, static_cast<int>(step.outcome), &row);
    case Outcome::wrong_state:
      return refuse(Code::wrong_state);
    case Outcome::forbidden:
      return refuse(Code::forbidden);
  }
  const Origin origin{write_act(turn, caller, s, static_cast<int>(Outcome::done)), std::nullopt,
                      s.act.hash()};
  if (lease_end) apply(turn, s.circle, row, *lease_end, {});
  if (step.next.holder != row.i.holder) {
    if (s.act->act == Act::assign)
      row.holder_device.reset();  // the new holder has signed nothing
    else
      row.holder_device = caller.device;
  }
  if (resolving) row.reason = static_cast<int>(s.act->reason);
  if (switching) row.policy = policies.ensure(values);
  apply(turn, s.circle, row, step, origin);
  // It may have been what kept somebody's rights in an incident of another lane.
  if (resolving) check_holders(turn, s.circle);
  post_notes(turn, s.notes);
  return answer_with(turn, static_cast<int>(Outcome::done), &row);
}

// resolved | reopen | - | a new incident with previous_id
Answer<v1::ActAnswer> act_reopen(Turn& turn, const Caller& caller, const Signed& s,
                                 const store::IncidentRow& row) {
  if (policy::unresolved(row.i.state) ||
      store::Incidents(turn.db).unresolved(row.circle, row.i.lane))
    return refuse(Code::wrong_state);
  const Origin origin{write_act(turn, caller, s, static_cast<int>(Outcome::done)), std::nullopt,
                      s.act.hash()};
  const store::IncidentRow fresh = reopen(turn, s.circle, row, origin);
  post_notes(turn, s.notes);
  return answer_with(turn, static_cast<int>(Outcome::done), &fresh);
}

// The circle's category: which policy the next incidents pin.
Answer<v1::ActAnswer> act_category(Turn& turn, const Caller& caller, const Signed& s) {
  const int category = s.act->target[0];
  if (category != 1 && category != 2) return refuse(Code::malformed, "target");
  if (!coordinates(turn, s.circle, caller)) return refuse(Code::forbidden);
  const Outcome outcome = s.circle.category == category ? Outcome::already : Outcome::done;
  (void)write_act(turn, caller, s, static_cast<int>(outcome));
  if (outcome == Outcome::done) {
    set_category(turn, s.circle.id, category);
    if (const auto changed = circle_facts(turn, s.circle.id)) circle_changed(turn, *changed);
  }
  return answer_with(turn, static_cast<int>(outcome), nullptr);
}

}  // namespace

Answer<v1::ActAnswer> post_act(Turn& turn, const Caller& caller, const v1::PostAct& request) {
  auto opened = open(turn, caller, request);
  if (!opened.ok()) return opened.error();
  const Signed& s = *opened;
  store::Incidents incidents(turn.db);
  if (const auto done = store::IncidentLog(turn.db).find_act(s.act.hash())) {
    const auto row = done->incident ? incidents.get(*done->incident) : std::nullopt;
    return answer_with(turn, done->outcome, row ? &*row : nullptr);
  }
  if (s.act->incident.zero()) {
    if (s.act->act != Act::policy) return refuse(Code::malformed, "act");
    return act_category(turn, caller, s);
  }
  auto row = incidents.get(s.act->incident);
  if (!row || row->circle != s.circle.id) return refuse(Code::forbidden);
  if (s.act->act == Act::reopen) return act_reopen(turn, caller, s, *row);
  return act_on(turn, caller, s, *row);
}

}  // namespace livlina::server

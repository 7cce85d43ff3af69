#include "server/services/incidents.hpp"

#include <algorithm>

#include "server/policy/escalate.hpp"
#include "server/services/notices.hpp"
#include "server/store/operator_notices.hpp"
#include "server/store/policies.hpp"

namespace livlina::server {

namespace {

using What = policy::Effect::What;

// What obsolete() leaves is that they have lost it.
void end_pending(Turn& turn, const store::IncidentRow& row, const policy::Person& person) {
  store::Notifications notifications(turn.db);
  auto old = notifications.pending(row.id, person, policy::Channel::device);
  if (!old) return;
  old->n = policy::step(old->n, policy::NotificationEvent::obsolete, turn.now);
  notifications.save(*old);
}

void write_effects(Turn& turn, const Helpers& helpers, const store::IncidentRow& row,
                   const std::vector<policy::Effect>& effects, const Origin& origin) {
  store::IncidentLog log(turn.db);
  store::Notifications notifications(turn.db);
  CauseId cause;
  bool first = true;
  for (const policy::Effect& e : effects) {
    switch (e.what) {
      case What::happened: {
        cause = {turn.random.array<16>()};
        store::EventRow event{cause,  row.id,  e.event,      turn.now,
                              e.step, e.round, std::nullopt, std::nullopt};
        if (first) {  // what the signed word did; the rest follows from it
          event.act = origin.act;
          event.record = origin.record;
        }
        first = false;
        log.add(event);
        break;
      }
      case What::notify:
        for (const policy::Person& p : e.people) notify(turn, row, p, e, cause);
        break;
      case What::notify_paged:
        for (const policy::Person& p : notifications.paged(row.id))
          if (std::find(e.people.begin(), e.people.end(), p) == e.people.end())
            notify(turn, row, p, e, cause);
        break;
      case What::notify_desk:
        for (const Member& m : helpers.desk) notify(turn, row, m.account.bytes(), e, cause);
        if (helpers.webhook) notify(turn, row, *helpers.webhook, e, cause);
        break;
      case What::obsolete:
        notifications.obsolete(row.id);
        for (const policy::Person& p : e.people) end_pending(turn, row, p);
        store::OperatorNotices(turn.db).obsolete(row.id);
        break;
      case What::operator_notice:
        notify_operator(
            turn, row.id,
            e.event == policy::Happened::nobody ? OperatorCode::no_person : OperatorCode::untaken,
            row.i.severity, cause);
        break;
    }
  }
}

void take_over_state(const Turn& turn, store::IncidentRow& row, const policy::Incident& next) {
  row.i = next;
  if (next.state == policy::IncidentState::taken) {
    if (!row.taken_at) row.taken_at = turn.now;
  } else {
    row.holder_device.reset();
  }
  if (!policy::unresolved(next.state)) row.ended_at = turn.now;
}

// What everybody who sees it must know at once, not only one detail more.
bool moved(const policy::Incident& a, const policy::Incident& b) {
  return a.state != b.state || a.holder != b.holder || a.severity != b.severity ||
         a.round != b.round || a.step != b.step;
}

store::IncidentRow new_row(Turn& turn, const CircleFacts& circle, const policy::Incident& i,
                           const Origin& origin) {
  store::IncidentRow row;
  row.id = {turn.random.array<16>()};
  row.circle = circle.id;
  row.i = i;
  row.policy = store::Policies(turn.db).ensure(policy_values(turn.settings, int{circle.category}));
  row.opened_at = turn.now;
  if (origin.hash) row.head = *origin.hash;
  return row;
}

}  // namespace

void apply(Turn& turn, const CircleFacts& circle, store::IncidentRow& row,
           const policy::IncidentStep& step, const Origin& origin) {
  apply(turn, row, step, origin, helpers(turn, circle, row.i.lane));
}

void apply(Turn& turn, store::IncidentRow& row, const policy::IncidentStep& step,
           const Origin& origin, const Helpers& who) {
  turn.out.incident_changed(row.id, !moved(row.i, step.next));
  take_over_state(turn, row, step.next);
  if (origin.hash) row.head = *origin.hash;
  store::Incidents(turn.db).save(row);
  write_effects(turn, who, row, step.effects, origin);
}

void raise(Turn& turn, const CircleFacts& circle, store::TriggerRow trigger, const Origin& origin) {
  raise(turn, circle, trigger, origin, helpers(turn, circle, policy::lane(trigger.kind)));
}

void raise(Turn& turn, const CircleFacts& circle, store::TriggerRow trigger, const Origin& origin,
           const Helpers& who) {
  store::Incidents incidents(turn.db);
  store::IncidentLog log(turn.db);
  trigger.at = turn.now;
  const policy::Lane lane = policy::lane(trigger.kind);
  auto row = incidents.unresolved(circle.id, lane);
  policy::IncidentStep step;
  bool may_wait = false;
  if (!row) {
    const policy::Policy values = policy_values(turn.settings, int{circle.category});
    step = policy::open_incident(lane, trigger.kind, values, turn.now);
    row = new_row(turn, circle, step.next, origin);
    row->previous = incidents.newest_ended(circle.id, lane);
    incidents.insert(*row);
  } else if (trigger.login_device && log.login_triggered(row->id, *trigger.login_device)) {
    // Rule 1: later log-ins of the same shadow annotate.
    log.add({CauseId{turn.random.array<16>()}, row->id, policy::Happened::shadow_seen, turn.now,
             row->i.step, row->i.round, std::nullopt, std::nullopt});
    turn.out.incident_changed(row->id, true);
    return;
  } else {
    policy::IncidentFacts facts;
    if (row->i.state == policy::IncidentState::taken) facts.desk = reachable_desk(turn, who);
    step = policy::step(row->i, policy::incident_event::Trigger{trigger.kind},
                        store::Policies(turn.db).get(row->policy), facts, turn.now);
    may_wait = !moved(row->i, step.next);
    // One more miss of many often changes nothing but the list of triggers.
    if (step.next != row->i || origin.hash) {
      take_over_state(turn, *row, step.next);
      if (origin.hash) row->head = *origin.hash;
      incidents.save(*row);
    }
  }
  trigger.incident = row->id;
  log.add(trigger);
  write_effects(turn, who, *row, step.effects, origin);
  turn.out.incident_changed(row->id, may_wait);
}

store::IncidentRow reopen(Turn& turn, const CircleFacts& circle, const store::IncidentRow& ended,
                          const Origin& origin) {
  const policy::IncidentStep step =
      policy::reopen_incident(ended.i.lane, ended.i.severity, turn.now);
  store::IncidentRow row = new_row(turn, circle, step.next, origin);
  row.previous = ended.id;
  store::Incidents(turn.db).insert(row);
  const Helpers who = helpers(turn, circle, row.i.lane);
  write_effects(turn, who, row, step.effects, origin);
  turn.out.incident_changed(row.id, false);
  return row;
}

bool step_due_incidents(Turn& turn, std::size_t most) {
  auto due = store::Incidents(turn.db).due(turn.now, most);
  for (store::IncidentRow& row : due) {
    const AtRow at(turn.progress, RowOf::incident, row.id);
    if (!at) continue;
    const CircleFacts circle = its_circle(turn, row.circle, "incident");
    const policy::Policy values = store::Policies(turn.db).get(row.policy);
    const Helpers who = helpers(turn, circle, row.i.lane);
    policy::IncidentFacts facts;
    if (row.i.state == policy::IncidentState::notifying)
      facts = escalation_facts(turn, who, row, values);
    apply(turn, row, policy::step(row.i, policy::incident_event::Tick{}, values, facts, turn.now),
          {}, who);
  }
  return due.size() == most;
}

void step_failed(Turn& turn, const IncidentId& id) {
  auto row = store::Incidents(turn.db).get(id);
  if (!row) return;
  const policy::IncidentStep step =
      policy::step(row->i, policy::incident_event::AllFailed{},
                   store::Policies(turn.db).get(row->policy), {}, turn.now);
  if (step.outcome == policy::Outcome::done)
    apply(turn, its_circle(turn, row->circle, "incident"), *row, step, {});
}

void check_holders(Turn& turn, const CircleFacts& circle) {
  for (store::IncidentRow& row : store::Incidents(turn.db).unresolved_of(circle.id)) {
    if (row.i.state != policy::IncidentState::taken) continue;
    const Helpers who = helpers(turn, circle, row.i.lane);
    const policy::Policy values = store::Policies(turn.db).get(row.policy);
    policy::IncidentFacts facts;
    facts.rights_end = rights_end(turn, circle, who, *row.i.holder);
    // Whoever was assigned it has signed nothing yet: any of their devices will do.
    const bool may = row.holder_device ? who.may_act(*row.i.holder, *row.holder_device)
                                       : who.may_take(*row.i.holder);
    if (!may)
      apply(turn, row,
            policy::step(row.i, policy::incident_event::HolderLost{}, values, facts, turn.now), {},
            who);
    else if (facts.rights_end != row.i.rights_end)
      apply(turn, row,
            policy::step(row.i, policy::incident_event::RightsChanged{}, values, facts, turn.now),
            {}, who);
  }
}

}  // namespace livlina::server

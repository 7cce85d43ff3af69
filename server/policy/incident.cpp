#include "server/policy/incident.hpp"

#include <algorithm>

#include "server/policy/escalate.hpp"

namespace livlina::server::policy {

namespace {

using What = Effect::What;
namespace ev = incident_event;

// The instant at which a taken incident next needs a look: min(end of rights, lease_reminded ?
// lease_until : lease_until - 5 min).
Instant lease_instant(const Incident& i, const Policy& policy) {
  const Instant lease = i.lease_reminded ? i.lease_until : i.lease_until - policy.lease_cut;
  return i.rights_end ? std::min(*i.rights_end, lease) : lease;
}

struct Apply {
  const Policy& policy;
  const IncidentFacts& facts;
  Instant now;
  IncidentStep out;

  Incident& i() { return out.next; }
  bool notifying() const { return out.next.state == IncidentState::notifying; }
  bool taken() const { return out.next.state == IncidentState::taken; }
  bool held_by(const Person& p) const { return taken() && out.next.holder == p; }
  bool lease_runs() const {
    return taken() && now < out.next.lease_until &&
           (!out.next.rights_end || now < *out.next.rights_end);
  }

  void refuse(Outcome why) { out.outcome = why; }
  void happened(Happened what) {
    Effect e;
    e.event = what;
    e.step = i().step;
    e.round = i().round;
    out.effects.push_back(std::move(e));
  }
  void notice(What what, NotificationKind kind, NoticeCode code, std::vector<Person> people) {
    Effect e;
    e.what = what;
    e.kind = kind;
    e.code = code;
    e.step = i().step;
    e.round = i().round;
    e.people = std::move(people);
    out.effects.push_back(std::move(e));
  }
  // `holder`: whom it is given to, so that an old word that they have lost it goes as well.
  void obsolete(const std::optional<Person>& holder = std::nullopt) {
    Effect e;
    e.what = What::obsolete;
    if (holder) e.people.push_back(*holder);
    out.effects.push_back(std::move(e));
  }
  void give_to(const Person& p) {
    i().state = IncidentState::taken;
    i().holder = p;
    i().rights_end = facts.rights_end;
    i().offered_to.reset();
    new_lease();
  }
  void new_lease() {
    i().lease_until = now + std::min(policy.lease, max_lease);
    i().lease_reminded = false;
    i().next_at = lease_instant(i(), policy);
  }
  void cut_lease() {
    i().lease_until = std::min(i().lease_until, now + policy.lease_cut);
    i().next_at = lease_instant(i(), policy);
  }
  void let_go() {
    i().holder.reset();
    i().rights_end.reset();
    i().offered_to.reset();
    i().lease_until = 0;
    i().lease_reminded = false;
  }
  // step=0, round+1
  void next_round() {
    i().step = 0;
    ++i().round;
    i().reruns = 0;
  }
  void back_to_notifying(Happened why) {
    const Person old = *i().holder;
    happened(why);
    i().state = IncidentState::notifying;
    let_go();
    next_round();
    i().next_at = now;
    notice(What::notify, NotificationKind::update, NoticeCode::lease_ended, {old});
  }
  void end(IncidentState state) {
    i().state = state;
    let_go();
    i().next_at.reset();
  }

  void operator()(const ev::Trigger& e) {
    const int severity_now = severity(e.kind);
    const bool raised = severity_now > i().severity;
    i().severity = std::max(i().severity, severity_now);
    i().sole_loud_alarm = false;
    i().calm = false;  // rule 7: a new trigger clears it, but not that it was postponed already
    happened(Happened::trigger_added);
    if (notifying()) {
      if (raised) {
        // notifying | trigger | more severe | step=0, round+1, calm=0, next_at=now
        next_round();
        i().next_at = now;
      } else {
        // notifying | trigger | not more severe | add, calm=0, next_at=min(next_at, now + normal
        // wait)
        i().next_at = std::min(*i().next_at, now + policy.wait);
      }
      return;
    }
    if (raised) {
      // taken | trigger | more severe | page holder and desk; lease_until=min(., now + 5 min)
      std::vector<Person> people{*i().holder};
      if (template_for(i().lane, policy.category).desk)
        for (const Person& p : facts.desk)
          if (p != *i().holder) people.push_back(p);
      notice(What::notify, NotificationKind::page, NoticeCode::page_raised, std::move(people));
      cut_lease();
    } else {
      // taken | trigger | not more severe | add, quiet notice to the holder
      notice(What::notify, NotificationKind::update, NoticeCode::trigger_added, {*i().holder});
    }
  }

  // notifying | cancel | by the primary, sole loud alarm, no step fired ->
  // resolved(cancelled_by_participant) later it only annotates (rule 8)
  void operator()(const ev::Cancel&) {
    if (notifying() && i().sole_loud_alarm && !i().fired) {
      happened(Happened::cancelled);
      obsolete();
      end(IncidentState::cancelled);
      return;
    }
    happened(Happened::cancel_late);
  }

  void operator()(const ev::Tick&) {
    if (!i().next_at || now < *i().next_at) return refuse(Outcome::already);
    if (notifying()) {
      // notifying | tick | now >= next_at | ESCALATE
      out = escalate(out.next, policy, facts, now);
      return;
    }
    if (!lease_runs()) {
      // taken | tick | holder lost: now >= lease_until, rights end | holder=null, step=0, round+1,
      //                                                              next_at=now -> notifying
      back_to_notifying(now >= i().lease_until ? Happened::lease_ended : Happened::rights_ended);
      return;
    }
    // taken | tick | lease_until - 5 min, once | remind the holder
    i().lease_reminded = true;
    happened(Happened::lease_reminded);
    notice(What::notify, NotificationKind::reminder, NoticeCode::lease_ending, {*i().holder});
    i().next_at = lease_instant(i(), policy);
  }

  // notifying | all rows failed | of the current step | next_at=now, at most twice in a round
  void operator()(const ev::AllFailed&) {
    if (!notifying() || !i().fired || i().reruns >= 2) return refuse(Outcome::already);
    ++i().reruns;
    happened(Happened::rerun);
    i().next_at = now;
  }

  // taken | holder lost | rights end | holder=null, step=0, round+1, next_at=now -> notifying
  void operator()(const ev::HolderLost&) {
    if (!taken()) return refuse(Outcome::already);
    back_to_notifying(Happened::rights_ended);
  }

  // Rule 9: a known end of rights counts in next_at.
  void operator()(const ev::RightsChanged&) {
    if (!taken()) return refuse(Outcome::already);
    i().rights_end = facts.rights_end;
    i().next_at = lease_instant(i(), policy);
  }

  // Rule 9: seen is a fact.
  void operator()(const ev::Seen&) {
    if (!facts.actor_may) return refuse(Outcome::forbidden);
    happened(Happened::seen);
  }

  void operator()(const ev::Take& e) {
    if (!facts.actor_may) return refuse(Outcome::forbidden);
    // taken | take(q) | q is not the holder | answer "held by p until t"; the holder's own repeat
    // is ok
    if (taken()) return refuse(held_by(e.by) ? Outcome::already : Outcome::held);
    // notifying | take(p) | p in manifest or desk, scope | holder, lease; pending pages obsolete;
    // quiet
    //                                                      update to all paged -> taken
    happened(Happened::taken);
    obsolete(e.by);
    give_to(e.by);
    notice(What::notify_paged, NotificationKind::update, NoticeCode::taken, {e.by});
  }

  // notifying, taken | take_over, assign(q) by a coordinator, q may take | holder=q, new lease,
  // tell the
  //                                                                        old one -> taken
  void reassign(const Person& by, const Person& to, Happened what) {
    if (!facts.actor_coordinates) return refuse(Outcome::forbidden);
    if (to != by && !facts.target_may) return refuse(Outcome::forbidden);
    if (held_by(to)) return refuse(Outcome::already);
    const std::optional<Person> old = i().holder;
    happened(what);
    obsolete(to);
    give_to(to);
    if (old) notice(What::notify, NotificationKind::update, NoticeCode::taken_over, {*old});
    std::vector<Person> knows{by};
    if (to != by) {
      notice(What::notify, NotificationKind::update, NoticeCode::assigned, {to});
      knows.push_back(to);
    }
    if (old) knows.push_back(*old);
    notice(What::notify_paged, NotificationKind::update, NoticeCode::taken, std::move(knows));
  }
  void operator()(const ev::TakeOver& e) { reassign(e.by, e.by, Happened::taken_over); }
  void operator()(const ev::Assign& e) { reassign(e.by, e.to, Happened::assigned); }

  // taken | renew(holder) | in time | lease_until = now + lease, clear the offer
  void operator()(const ev::Renew& e) {
    if (!taken()) return refuse(Outcome::wrong_state);
    if (!held_by(e.by)) return refuse(Outcome::held);
    if (!lease_runs()) return refuse(Outcome::wrong_state);
    happened(Happened::renewed);
    i().offered_to.reset();
    i().rights_end = facts.rights_end;
    new_lease();
  }

  // taken | offer(holder, q) | q may take, can_page | offered_to=q, lease_until=min(lease_until,
  // now + 5 min)
  void operator()(const ev::Offer& e) {
    if (!taken()) return refuse(Outcome::wrong_state);
    if (!held_by(e.by)) return refuse(Outcome::held);
    if (!lease_runs() || e.to == e.by) return refuse(Outcome::wrong_state);
    if (!facts.target_may) return refuse(Outcome::forbidden);
    if (!facts.target_can_page) return refuse(Outcome::wrong_state);
    if (i().offered_to == e.to) return refuse(Outcome::already);
    happened(Happened::offered);
    i().offered_to = e.to;
    cut_lease();
    notice(What::notify, NotificationKind::update, NoticeCode::offered, {e.to});
  }

  // taken | accept(q) | offered, in time | holder=q, new lease
  void operator()(const ev::Accept& e) {
    if (held_by(e.by)) return refuse(Outcome::already);
    if (!taken() || i().offered_to != e.by || !lease_runs()) return refuse(Outcome::wrong_state);
    if (!facts.actor_may) return refuse(Outcome::forbidden);
    const Person old = *i().holder;
    happened(Happened::accepted);
    obsolete(e.by);
    give_to(e.by);
    notice(What::notify, NotificationKind::update, NoticeCode::taken, {old});
  }

  // taken | decline(q) | - | clear the offer, tell the holder; the lease stays cut
  void operator()(const ev::Decline& e) {
    if (!taken() || i().offered_to != e.by) return refuse(Outcome::wrong_state);
    happened(Happened::declined);
    i().offered_to.reset();
    notice(What::notify, NotificationKind::update, NoticeCode::offer_declined, {*i().holder});
  }

  // open ones | late ok, mistake | by the primary | annotate; if calm=0: calm=1 and, category 2 and
  // no
  //             postponement since the last fired step, next_at = max(., now + calm_wait)
  void calm_down(Happened what) {
    happened(what);
    if (i().calm) return;
    i().calm = true;
    // "Between two fired steps" (rule 7): before the first one nobody has been reached at all.
    if (notifying() && policy.category != 1 && i().fired && !i().postponed) {
      i().next_at = std::max(*i().next_at, now + policy.calm_wait);
      i().postponed = true;
    }
  }
  void operator()(const ev::LateOk&) { calm_down(Happened::late_ok); }
  void operator()(const ev::Mistake&) { calm_down(Happened::mistake); }

  // open ones | resolve(p, reason) | holder or coordinator | pages obsolete; update to all paged
  //             -> resolved (terminal)
  void operator()(const ev::Resolve& e) {
    if (!held_by(e.by) && !facts.actor_coordinates)
      return refuse(taken() ? Outcome::held : Outcome::wrong_state);
    const std::optional<Person> old = i().holder;
    happened(Happened::resolved);
    obsolete();
    std::vector<Person> knows{e.by};
    if (old && *old != e.by) {
      notice(What::notify, NotificationKind::update, NoticeCode::resolved, {*old});
      knows.push_back(*old);
    }
    notice(What::notify_paged, NotificationKind::update, NoticeCode::resolved, std::move(knows));
    end(IncidentState::resolved);
  }

  // Rule 15: a coordinator may switch the policy (step 0, round + 1).
  void operator()(const ev::SwitchPolicy&) {
    if (!facts.actor_coordinates) return refuse(Outcome::forbidden);
    happened(Happened::policy_switched);
    next_round();
    if (notifying()) i().next_at = now;
  }

  // Rule 17: clamp next_at and lease_until to now + their bound.
  void operator()(const ev::ClockBack&) {
    if (notifying()) {
      i().next_at = std::min(*i().next_at, now + wait_of(policy, i().calm));
      return;
    }
    i().lease_until = std::min(i().lease_until, now + std::min(policy.lease, max_lease));
    i().next_at = lease_instant(i(), policy);
  }
};

IncidentStep fresh(Lane lane, int severity, Happened what) {
  IncidentStep out;
  out.next.lane = lane;
  out.next.severity = severity;
  Effect e;
  e.event = what;
  e.round = 1;
  out.effects.push_back(std::move(e));
  return out;
}

}  // namespace

NoticeCode page_code(Lane lane) {
  switch (lane) {
    case Lane::silent:
      return NoticeCode::page_silent;
    case Lane::drill:
      return NoticeCode::page_drill;
    case Lane::open:
      break;
  }
  return NoticeCode::page_open;
}

// - | trigger | none unresolved | insert, step=0, round=1, next_at=now (loud alarm +5 s) ->
// notifying
IncidentStep open_incident(Lane lane, TriggerKind kind, const Policy& policy, Instant now) {
  IncidentStep out = fresh(lane, severity(kind), Happened::opened);
  out.next.sole_loud_alarm = kind == TriggerKind::loud_alarm;
  out.next.next_at = now + (out.next.sole_loud_alarm ? policy.loud_alarm_delay : 0);
  return out;
}

// resolved | trigger, reopen | - | a new incident with previous_id
IncidentStep reopen_incident(Lane lane, int severity, Instant now) {
  IncidentStep out = fresh(lane, severity, Happened::reopened);
  out.next.next_at = now;
  return out;
}

IncidentStep step(const Incident& incident, const IncidentEvent& event, const Policy& policy,
                  const IncidentFacts& facts, Instant now) {
  IncidentStep refused;
  refused.next = incident;
  if (!unresolved(incident.state)) {
    refused.outcome = Outcome::wrong_state;
    return refused;
  }
  Apply apply{policy, facts, now, {}};
  apply.out.next = incident;
  std::visit(apply, event);
  if (apply.out.outcome != Outcome::done) {
    refused.outcome = apply.out.outcome;
    return refused;
  }
  return apply.out;
}

}  // namespace livlina::server::policy

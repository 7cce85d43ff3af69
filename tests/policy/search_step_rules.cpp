// What must hold of every single step of INCIDENT and of OCCURRENCE.
#include <algorithm>

#include "tests/policy/search_invariants.hpp"

namespace livlina::server::policy::search {

namespace {

namespace ev = incident_event;
using What = Effect::What;

template <class... Any>
bool is_any(const IncidentEvent& event) {
  return (std::holds_alternative<Any>(event) || ...);
}

bool contains(const std::vector<Person>& all, const Person& p) {
  return std::find(all.begin(), all.end(), p) != all.end();
}

struct Check {
  const IncidentCall& c;
  const Incident& before = c.before;
  const Incident& after = c.step.next;
  Instant now = c.w.now;

  template <class E>
  const E* event() const {
    return std::get_if<E>(&c.event);
  }
  bool notifying(const Incident& i) const { return i.state == IncidentState::notifying; }
  bool taken(const Incident& i) const { return i.state == IncidentState::taken; }
  bool over_for_holder() const {
    return now >= before.lease_until || (before.rights_end && now >= *before.rights_end);
  }
  bool pages(NoticeCode code) const {
    return std::any_of(c.step.effects.begin(), c.step.effects.end(), [&](const Effect& e) {
      return e.kind == NotificationKind::page && e.code == code && e.what == What::notify;
    });
  }

  Wrong refused() const {
    if (c.step.outcome == Outcome::done) return nullptr;
    if (after != before || !c.step.effects.empty()) return "I9: a refusal changed something";
    if (event<ev::Tick>() && before.next_at && *before.next_at <= now)
      return "G4: a tick at its instant did nothing";
    return nullptr;
  }

  // Who may end it, by its own history: the ghosts of the lane, not the state's bits.
  Wrong ended() const {
    if (unresolved(after.state)) return nullptr;
    if (const auto* e = event<ev::Resolve>())
      return after.state == IncidentState::resolved &&
                     (before.holder == e->by || c.facts.actor_coordinates)
                 ? nullptr
                 : "I4: resolved by somebody who neither holds it nor coordinates";
    if (event<ev::Cancel>() && after.state == IncidentState::cancelled && !before.holder &&
        c.lane.triggers == 1 && c.lane.alarm && !c.lane.fired && before.lane == Lane::open)
      return nullptr;
    return "I4: ended without the act of a person or the cancel of a sole loud alarm";
  }

  Wrong grows() const {
    if (after.severity < before.severity) return "rule 4: the severity fell";
    if (after.round < before.round || (before.fired && !after.fired))
      return "G4: the rounds went back";
    if (const auto* e = event<ev::Trigger>(); e && after.severity < severity(e->kind))
      return "rule 4: a trigger did not raise the severity";
    return nullptr;
  }

  // One holder, given by somebody who may give it (H21), with a lease that only they make longer.
  Wrong holders() const {
    if (after.holder && after.holder != before.holder) {
      const auto* take = event<ev::Take>();
      const auto* accept = event<ev::Accept>();
      const bool by_right =
          (take && !before.holder && c.facts.actor_may) ||
          (accept && before.offered_to == accept->by && !over_for_holder()) ||
          (is_any<ev::TakeOver, ev::Assign>(c.event) && c.facts.actor_coordinates);
      if (!by_right) return "H21: a second holder, or one to whom nobody gave it";
    }
    if (before.holder && !after.holder && unresolved(after.state) && !over_for_holder() &&
        !event<ev::HolderLost>())
      return "I3: the holder lost it while the lease ran";
    const bool may_lengthen =
        is_any<ev::Take, ev::TakeOver, ev::Assign, ev::Renew, ev::Accept>(c.event);
    if (taken(before) && taken(after) && after.lease_until > before.lease_until && !may_lengthen)
      return "H22: a lease became longer by itself";
    if (event<ev::Offer>() && c.step.outcome == Outcome::done &&
        (after.lease_until > now + c.policy.lease_cut || !after.offered_to))
      return "H29: an offer did not cut the lease";
    return nullptr;
  }

  Wrong triggers() const {
    if (!event<ev::Trigger>()) return nullptr;
    if (after.calm) return "rule 7: a trigger left it calm";
    const bool raised = after.severity > before.severity;
    if (notifying(before) && *after.next_at > (raised ? now : now + c.policy.wait))
      return "rule 4: a trigger waits longer than a step";
    if (taken(before) && raised &&
        (after.lease_until > now + c.policy.lease_cut || !pages(NoticeCode::page_raised)))
      return "rule 4: raised while taken, and neither paged nor cut";
    return nullptr;
  }

  Wrong calms() const {
    if (!is_any<ev::LateOk, ev::Mistake>(c.event)) return nullptr;
    const bool put_off = after.next_at != before.next_at;
    if (put_off && (c.policy.category == 1 || !c.lane.fired || taken(before)))
      return "rule 7: put off in category 1, before the first step or while taken";
    return nullptr;
  }

  // A due tick of a notifying one: every step in its order up to the one that is fired, and people
  // in that; or nobody at all, and the operator hears of it.
  Wrong escalates() const {
    if (!event<ev::Tick>() || !notifying(before)) return nullptr;
    if (*after.next_at <= now) return "G4: the next step is due in the same instant";
    const Template& plan = template_for(before.lane, c.policy.category);
    const int n = static_cast<int>(plan.steps.size());
    int step = before.step;
    int round = before.round;
    const auto pass = [&] {
      if (++step == n) {
        step = 0;
        ++round;
      }
    };
    for (const Effect& e : c.step.effects) {
      if (e.what != What::happened) continue;
      if (e.event == Happened::nobody) {
        if (step != before.step || round != before.round + 1) break;
        return after.step == 0 && after.round == round ? operator_told(plan)
                                                       : "G4: nobody was found: a round lost";
      }
      if (e.step != step || e.round != round) return "G4: a step was lost or came twice";
      const bool empty = c.facts.steps.at(static_cast<std::size_t>(step)).empty();
      pass();
      if (e.event == Happened::step_empty && empty) continue;
      if (e.event != Happened::step_fired || empty) return "G4: a step fired for nobody";
      if (!pages(page_code(before.lane))) return "G4: a step fired and paged nobody";
      return after.step == step && after.round == round ? nullptr
                                                        : "G4: a step was lost or came twice";
    }
    return "G4: a tick called nobody, and did not say so";
  }

  Wrong operator_told(const Template& plan) const {
    const bool told = std::any_of(c.step.effects.begin(), c.step.effects.end(),
                                  [](const Effect& e) { return e.what == What::operator_notice; });
    return told == plan.desk ? nullptr : "G4: nobody is there, and the operator was not told";
  }

  Wrong lease_ticks() const {
    if (!event<ev::Tick>() || !taken(before) || c.step.outcome != Outcome::done) return nullptr;
    if (over_for_holder()) return notifying(after) ? nullptr : "G4: a lease went on past its end";
    if (taken(after) && (before.lease_reminded || !after.lease_reminded))
      return "H22: the holder is reminded twice, or not at all";
    return nullptr;
  }

  // I5, I6: pages to people who may act and, of a step, whom something reaches; no word to the
  // participant.
  Wrong audience() const {
    for (const Effect& e : c.step.effects) {
      if (contains(e.people, participant)) return "I5: an incident's word to the participant";
      if (e.what == What::happened || e.what == What::obsolete) continue;
      if (e.kind != NotificationKind::page) continue;
      if (!unresolved(after.state)) return "I6: a page after the end";
      if (taken(after) && e.code != NoticeCode::page_raised) return "I6: a page while taken";
      if (before.lane == Lane::drill && e.what != What::notify) return "H35: a drill left its lane";
      if (e.what == What::operator_notice) continue;
      for (const Person& p : e.people) {
        const std::size_t who = index_of(p);
        // A holder whose rights end in this instant is lost by the tick that is due, and whoever
        // may not act any more is sent nothing.
        const bool lost_now = before.holder == p && over_for_holder();
        if (!c.w.may(who) && !lost_now) return "I6: a page to somebody who may not act";
        if (notifying(after) && !c.w.can_page(who)) return "I6: a page to nobody's device";
      }
    }
    return nullptr;
  }

  // No row of an incident whose state has ended has an instant, every other has one.
  Wrong instants() const {
    if (!unresolved(after.state)) {
      return after.next_at || after.holder ? "I3: an ended one has a next step or a holder"
                                           : nullptr;
    }
    if (!after.next_at) return "I3: nothing is next";
    if (after.holder.has_value() != taken(after)) return "I3: holder and state disagree";
    return nullptr;
  }
};

}  // namespace

Wrong wrong(const IncidentCall& call) {
  const Check check{call};
  for (const auto rule :
       {&Check::instants, &Check::refused, &Check::ended, &Check::grows, &Check::holders,
        &Check::triggers, &Check::calms, &Check::escalates, &Check::lease_ticks, &Check::audience})
    if (const Wrong w = (check.*rule)()) return w;
  return nullptr;
}

Wrong wrong_opening(const IncidentStep& step, TriggerKind kind, const Policy& policy, Instant now) {
  const Incident& i = step.next;
  if (i.state != IncidentState::notifying || i.holder || i.severity != severity(kind) ||
      i.lane != lane(kind))
    return "I1: a trigger opened another incident than its own";
  const Duration wait = kind == TriggerKind::loud_alarm ? policy.loud_alarm_delay : 0;
  return i.next_at == now + wait ? nullptr : "G4: the first step waits";
}

Wrong wrong(const SlotCall& call) {
  const OccurrenceStep& s = call.step;
  const bool open = s.next.state == OccurrenceState::open;
  if (open != s.next.next_at.has_value()) return "I2: an instant is missing, or one too many";
  if (open && *s.next.next_at > s.next.deadline + 1) return "I2: nobody looks at the deadline";
  if (!call.before) return nullptr;
  if (std::holds_alternative<occurrence_event::Tick>(call.event) && call.before->next_at &&
      *call.before->next_at <= call.now && (!s.changed || (open && *s.next.next_at <= call.now)))
    return "I2: a tick at its instant did nothing";
  const bool was_open = call.before->state == OccurrenceState::open;
  const bool late = call.now > call.before->deadline;
  const bool told = std::holds_alternative<occurrence_event::Gap>(call.event) ||
                    std::holds_alternative<occurrence_event::ClockBack>(call.event);
  if (told) {
    if (std::holds_alternative<occurrence_event::Gap>(call.event) && call.before->outage &&
        s.changed)
      return "G6: extended twice";
    return s.missed ? "G6: missed because nobody could be asked" : nullptr;
  }
  if (was_open && late && !s.missed) return "G1: the time is up, and it is no miss";
  if (s.missed && !(was_open && late)) return "I1: a miss in time, or a second one";
  if (std::holds_alternative<occurrence_event::Answered>(call.event) && was_open &&
      (s.next.state == OccurrenceState::answered) == late)
    return "G2: an answer in time does not count, or a late one does";
  if (!was_open && s.next.state != call.before->state) return "H30: what had ended goes on";
  return nullptr;
}

bool alike(const OccurrenceStep& a, const OccurrenceStep& b) {
  Occurrence other = b.next;
  other.answer = a.next.answer;
  return a.next == other && a.changed == b.changed && a.missed == b.missed &&
         a.remind == b.remind && a.drop_reminders == b.drop_reminders && a.digest == b.digest &&
         a.credit == b.credit;
}

}  // namespace livlina::server::policy::search

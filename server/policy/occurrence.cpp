#include "server/policy/occurrence.hpp"

#include <algorithm>

namespace livlina::server::policy {

namespace {

// The next reminder that has not gone, else the first instant past the deadline.
Instant next_instant(const Occurrence& o, const OccurrenceFacts& facts) {
  const auto k = static_cast<std::size_t>(o.reminded);
  const Instant end = o.deadline + 1;
  return k < facts.reminders.size() ? std::min(o.due + facts.reminders[k], end) : end;
}

int reminders_until(const Occurrence& o, const OccurrenceFacts& facts, Instant now) {
  int k = o.reminded;
  while (static_cast<std::size_t>(k) < facts.reminders.size() &&
         o.due + facts.reminders[static_cast<std::size_t>(k)] <= now)
    ++k;
  return k;
}

void end(OccurrenceStep& s, OccurrenceState state) {
  s.next.state = state;
  s.next.next_at.reset();
  s.changed = true;
  s.drop_reminders = true;
}

OccurrenceStep opened(Instant opens_at, Instant due, Instant deadline) {
  OccurrenceStep s;
  s.changed = true;
  s.next.opens_at = opens_at;
  s.next.due = due;
  s.next.deadline = deadline;
  return s;
}

struct Apply {
  OccurrenceStep s;
  const OccurrenceFacts& facts;
  Instant now;

  // - | tick, ensure_open | now >= next_open_at | insert; advance the schedule; no pause -> open
  // - | same | pause covers due | insert -> excused(pause)
  void operator()(const occurrence_event::Opening& e) {
    s = opened(e.opens_at, e.due, e.deadline);
    if (e.paused) {
      end(s, OccurrenceState::excused);
      s.next.excuse = Excuse::pause;
      return;
    }
    s.next.next_at = next_instant(s.next, facts);
  }

  // - | on_gap(a,b) | whole slot in [a,b] | newest: deadline = b + reask(<= 15), outage=1 -> open;
  //                                         older -> excused(outage), digest + 1
  void operator()(const occurrence_event::BlindOpening& e) {
    s = opened(e.opens_at, e.due, e.deadline);
    s.next.outage = true;
    if (!e.newest) {
      end(s, OccurrenceState::excused);
      s.next.excuse = Excuse::outage;
      s.digest = true;
      return;
    }
    s.next.deadline = e.gap_end + facts.reask;
    s.next.reminded = reminders_until(s.next, facts, now);
    s.next.next_at = next_instant(s.next, facts);
    s.remind = true;
  }

  // open | tick | now >= reminder | notify the participant; next_at = next reminder or deadline
  void operator()(const occurrence_event::Tick&) {
    if (!s.next.next_at || now < *s.next.next_at) return;  // an ended one has none
    s.next.reminded = reminders_until(s.next, facts, now);
    s.next.next_at = next_instant(s.next, facts);
    s.remind = true;
    s.changed = true;
  }

  void operator()(const occurrence_event::Answered& e) {
    switch (s.next.state) {
      // open | answer(any) | now <= deadline, valid | store, judged=0; drop reminders -> answered
      case OccurrenceState::open:
        end(s, OccurrenceState::answered);
        s.next.answer = e.answer;
        s.credit = Credit::counts;
        return;
      // answered | answer | more severe | store, judged=0; stays
      case OccurrenceState::answered:
        s.credit = Credit::stays;
        s.next.answer = std::max(s.next.answer, e.answer);
        s.changed = true;  // written for every answer alike (I10)
        return;
      // missed | answer | - | store as late, judged=0
      case OccurrenceState::missed:
        s.credit = Credit::late;
        return;
      // excused | answer | - | store as contact, judged=0
      case OccurrenceState::excused:
        s.credit = Credit::contact;
        return;
    }
  }

  // open | on_gap(a,b) | b-a >= 60 s, overlap, outage=0 | deadline = max(deadline, b + reask),
  // outage=1,
  //                                                        one reminder; stays open (once per
  //                                                        occurrence)
  void operator()(const occurrence_event::Gap& e) {
    if (s.next.state != OccurrenceState::open || s.next.outage) return;
    if (e.to - e.from < shortest_gap) return;
    if (s.next.opens_at > e.to || s.next.deadline < e.from) return;
    s.next.deadline = std::max(s.next.deadline, e.to + facts.reask);
    s.next.outage = true;
    s.next.reminded = reminders_until(s.next, facts, e.to);
    s.next.next_at = next_instant(s.next, facts);
    s.remind = true;
    s.changed = true;
  }

  // open | excuse(supporter) | scope, reason, signed | record -> excused(by staff)
  void operator()(const occurrence_event::Excused&) {
    if (s.next.state != OccurrenceState::open) return;
    end(s, OccurrenceState::excused);
    s.next.excuse = Excuse::staff;
  }

  // open, missed | clock_back | deadline past the slot's own and past now + reask
  //              | deadline = max(own, now + reask), outage=1, one reminder -> open
  void operator()(const occurrence_event::ClockBack& e) {
    const bool missed = s.next.state == OccurrenceState::missed;
    if (!missed && s.next.state != OccurrenceState::open) return;
    const Instant deadline = std::max(e.own_deadline, now + facts.reask);
    if (!missed && s.next.deadline <= deadline) return;
    s.next.state = OccurrenceState::open;
    s.next.deadline = deadline;
    s.next.outage = true;
    s.next.reminded = 0;
    s.next.reminded = reminders_until(s.next, facts, now);
    s.next.next_at = next_instant(s.next, facts);
    s.remind = true;
    s.changed = true;
  }
};

}  // namespace

OccurrenceStep step(const std::optional<Occurrence>& state, const OccurrenceEvent& event,
                    const OccurrenceFacts& facts, Instant now) {
  Apply apply{{}, facts, now};
  if (state) {
    apply.s.next = *state;
    // open | judge | now > deadline | trigger(miss) in the same transaction -> missed
    const bool before_judge = std::holds_alternative<occurrence_event::Gap>(event) ||
                              std::holds_alternative<occurrence_event::ClockBack>(event);
    if (state->state == OccurrenceState::open && now > state->deadline && !before_judge) {
      end(apply.s, OccurrenceState::missed);
      apply.s.missed = true;
    }
  }
  std::visit(apply, event);
  return apply.s;
}

}  // namespace livlina::server::policy

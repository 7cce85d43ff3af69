#include "tests/sim/expected.hpp"

#include <algorithm>

namespace livlina::testing::sim {

namespace {

// watch.md, rule 17.
constexpr Duration blind = 30 * second;         // shorter is no gap
constexpr Duration shortest_gap = 60 * second;  // a shorter one extends nothing
constexpr Duration reask = 15 * minute;
// protocol/spec/records.md, "What a check-in answers".
constexpr Duration slow_phone = 15 * minute;

bool opened_in(const Expected& slot, const Interval& outage) {
  return slot.time.opens_at > outage.from && slot.time.opens_at <= outage.to;
}

void ask_again(Expected& slot, const Interval& outage) {
  slot.deadline = std::max(slot.deadline, outage.to + reask);
  slot.outage = true;
}

// `newest`: of those of its schedule that lie wholly in the outage.
void meet(Expected& slot, const Interval& outage, bool newest) {
  if (slot.fate != Fate::open) return;
  const bool whole = opened_in(slot, outage) && slot.time.deadline <= outage.to;
  if (whole && !newest) {
    slot.fate = Fate::excused;
    slot.outage = true;
  } else if (whole) {
    slot.deadline = outage.to + reask;
    slot.outage = true;
  } else if (outage.to - outage.from >= shortest_gap && !slot.outage) {
    ask_again(slot, outage);
  }
}

void meet(Expected& slot, const Answer& answer) {
  if (!speaks_of(answer, slot.time)) return;
  const bool in_time = answer.received_at <= slot.deadline;
  if (!in_time || (slot.fate != Fate::open && slot.fate != Fate::answered)) return;
  if (slot.fate == Fate::open) slot.answered_at = answer.received_at;
  slot.fate = Fate::answered;
  slot.answer = std::max(slot.answer, answer.value);
  slot.by_decoy = slot.by_decoy || answer.decoy;
  slot.answered_by_plan = slot.answered_by_plan || answer.received_at <= slot.time.deadline;
}

void pass_to(Expected& slot, Instant now) {
  if (slot.fate != Fate::open || slot.deadline >= now) return;
  slot.fate = Fate::missed;
  slot.missed_at = slot.deadline + 1;
}

}  // namespace

bool speaks_of(const Answer& answer, const DueTime& slot) {
  return answer.slot == slot.due || answer.claimed_at >= slot.opens_at - slow_phone;
}

std::vector<Expected> expected_slots(const Timetable& timetable, Instant armed_at, Instant end,
                                     const std::vector<Interval>& outages,
                                     const std::vector<Answer>& answers) {
  std::vector<Expected> out;
  for (const DueTime& t : due_times(timetable, armed_at, end)) {
    Expected e;
    e.time = t;
    e.deadline = t.deadline;
    out.push_back(e);
  }
  auto answer = answers.begin();
  const auto answers_until = [&](Instant t) {
    for (; answer != answers.end() && answer->received_at < t; ++answer)
      for (Expected& e : out)
        if (e.time.opens_at <= answer->received_at) {
          pass_to(e, answer->received_at);
          meet(e, *answer);
        }
  };
  for (const Interval& o : outages) {
    if (o.to - o.from <= blind) continue;
    answers_until(o.to);
    const Expected* newest = nullptr;
    for (const Expected& e : out)
      if (opened_in(e, o) && e.time.deadline <= o.to) newest = &e;
    for (Expected& e : out) {
      pass_to(e, o.from);
      if (e.time.opens_at <= o.to) meet(e, o, &e == newest);
    }
  }
  answers_until(end + 1);
  for (Expected& e : out) pass_to(e, end);
  return out;
}

}  // namespace livlina::testing::sim

#include "server/policy/escalate.hpp"

#include <algorithm>

namespace livlina::server::policy {

namespace {

using What = Effect::What;

bool was_warned(const IncidentFacts& facts, int step) {
  const auto k = static_cast<std::size_t>(step);
  return k < facts.warned.size() && facts.warned[k];
}

void add_missing(std::vector<Person>& people, const std::vector<Person>& more) {
  for (const Person& p : more)
    if (std::find(people.begin(), people.end(), p) == people.end()) people.push_back(p);
}

// Where an escalation stands.
struct Place {
  int step;
  int round;
};

// step+1, after the last step=0, round+1: a step that is passed over is behind it as well.
Place after(Place at, int steps) {
  return at.step + 1 < steps ? Place{at.step + 1, at.round} : Place{0, at.round + 1};
}

Effect happened(Happened event, Place at) {
  Effect e;
  e.event = event;
  e.step = at.step;
  e.round = at.round;
  return e;
}

Effect notice(What what, NotificationKind kind, NoticeCode code, Place at) {
  Effect e;
  e.what = what;
  e.kind = kind;
  e.code = code;
  e.step = at.step;
  e.round = at.round;
  return e;
}

Effect operator_line(Happened event, NoticeCode code, Place at) {
  Effect e = notice(What::operator_notice, NotificationKind::page, code, at);
  e.event = event;
  return e;
}

// Who can_page of a step; nobody of one that the facts do not name.
std::vector<Person> people_of(const IncidentFacts& facts, int step) {
  const auto k = static_cast<std::size_t>(step);
  return k < facts.steps.size() ? facts.steps[k] : std::vector<Person>{};
}

}  // namespace

// calm, category 2 only: max(wait, calm_wait); category 1 is unchanged, because of coercion (rule
// 7).
Duration wait_of(const Policy& policy, bool calm) {
  return calm && policy.category != 1 ? std::max(policy.wait, policy.calm_wait) : policy.wait;
}

IncidentStep escalate(const Incident& incident, const Policy& policy, const IncidentFacts& facts,
                      Instant now) {
  const Template& plan = template_for(incident.lane, policy.category);
  const int n = static_cast<int>(plan.steps.size());
  IncidentStep out;
  Incident& i = out.next = incident;
  i.next_at = now + wait_of(policy, incident.calm);

  // from `step`, at most n steps: nobody -> warn the desk once per (incident, step), skip
  Place at{incident.step % n, incident.round};
  for (int tried = 0; tried < n; ++tried, at = after(at, n)) {
    std::vector<Person> people = people_of(facts, at.step);
    if (people.empty()) {
      out.effects.push_back(happened(Happened::step_empty, at));
      if (plan.desk && !was_warned(facts, at.step))
        out.effects.push_back(
            notice(What::notify_desk, NotificationKind::warning, NoticeCode::step_empty, at));
      continue;
    }
    // first with people: rows people x channels; from round 2 the desk as well
    const bool with_desk = plan.desk && at.round >= 2;
    if (with_desk) add_missing(people, facts.desk);
    out.effects.push_back(happened(Happened::step_fired, at));
    Effect page = notice(What::notify, NotificationKind::page, page_code(i.lane), at);
    page.people = std::move(people);
    out.effects.push_back(std::move(page));
    if (with_desk)
      out.effects.push_back(operator_line(Happened::step_fired, page_code(i.lane), at));
    i.fired = true;
    i.postponed = false;
    const Place next = after(at, n);
    if (next.round != incident.round) i.reruns = 0;
    i.step = next.step;
    i.round = next.round;
    return out;
  }

  // none found: desk channel + operator; next_at = now + wait(last); round+1
  const Place from{incident.step, incident.round};
  out.effects.push_back(happened(Happened::nobody, from));
  if (plan.desk) {
    out.effects.push_back(
        notice(What::notify_desk, NotificationKind::page, NoticeCode::nobody, from));
    out.effects.push_back(operator_line(Happened::nobody, NoticeCode::nobody, from));
  }
  i.step = 0;
  ++i.round;
  i.reruns = 0;
  return out;
}

}  // namespace livlina::server::policy

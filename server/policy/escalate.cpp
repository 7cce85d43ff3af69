#include "server/policy/escalate.hpp"

#include <algorithm>

namespace livlina::server::policy {

namespace {

using What = Effect::What;

bool flag(const std::vector<bool>& flags, std::size_t i) { return i < flags.size() && flags[i]; }

void add_missing(std::vector<Person>& people, const std::vector<Person>& more) {
  for (const Person& p : more)
    if (std::find(people.begin(), people.end(), p) == people.end()) people.push_back(p);
}

Effect effect(What what, Happened event, int step, int round) {
  Effect e;
  e.what = what;
  e.event = event;
  e.step = step;
  e.round = round;
  return e;
}

Effect notice(What what, NotificationKind kind, NoticeCode code, int step, int round) {
  Effect e;
  e.what = what;
  e.kind = kind;
  e.code = code;
  e.step = step;
  e.round = round;
  return e;
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
  const std::size_t n = plan.steps.size();
  IncidentStep out;
  Incident& i = out.next = incident;
  const int round = incident.round;

  // from `step`, at most n steps: nobody -> warn the desk once per (incident, step), skip
  std::size_t at = static_cast<std::size_t>(i.step) % n;
  for (std::size_t tried = 0; tried < n; ++tried, at = (at + 1) % n) {
    std::vector<Person> people = at < facts.steps.size() ? facts.steps[at] : std::vector<Person>{};
    const int step = static_cast<int>(at);
    if (people.empty()) {
      out.effects.push_back(effect(What::happened, Happened::step_empty, step, round));
      if (plan.desk && !flag(facts.warned, at))
        out.effects.push_back(notice(What::notify_desk, NotificationKind::warning,
                                     NoticeCode::step_empty, step, round));
      continue;
    }
    // first with people: rows people x channels; next_at = now + wait(step); step+1, after the last
    // step=0, round+1; from round 2 the desk as well
    if (plan.desk && round >= 2) add_missing(people, facts.desk);
    out.effects.push_back(effect(What::happened, Happened::step_fired, step, round));
    Effect page = notice(What::notify, NotificationKind::page, page_code(i.lane), step, round);
    page.people = std::move(people);
    out.effects.push_back(std::move(page));
    if (plan.desk && round >= 2) {
      Effect line =
          notice(What::operator_notice, NotificationKind::page, page_code(i.lane), step, round);
      line.event = Happened::step_fired;
      out.effects.push_back(std::move(line));
    }
    i.fired = true;
    i.postponed = false;
    i.step = static_cast<int>((at + 1) % n);
    // The steps that were skipped may have wrapped: a round ends wherever step 0 comes again.
    if (i.step <= incident.step) {
      ++i.round;
      i.reruns = 0;
    }
    i.next_at = now + wait_of(policy, i.calm);
    return out;
  }

  // none found: desk channel + operator; next_at = now + wait(last); round+1
  out.effects.push_back(effect(What::happened, Happened::nobody, incident.step, round));
  if (plan.desk) {
    out.effects.push_back(notice(What::notify_desk, NotificationKind::page, NoticeCode::nobody,
                                 incident.step, round));
    Effect line = notice(What::operator_notice, NotificationKind::page, NoticeCode::nobody,
                         incident.step, round);
    line.event = Happened::nobody;
    out.effects.push_back(std::move(line));
  }
  i.step = 0;
  ++i.round;
  i.reruns = 0;
  i.next_at = now + wait_of(policy, i.calm);
  return out;
}

}  // namespace livlina::server::policy

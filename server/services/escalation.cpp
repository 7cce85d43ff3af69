#include "server/services/escalation.hpp"

#include <algorithm>

#include "server/services/channels.hpp"
#include "server/store/accounts.hpp"
#include "server/store/incident_log.hpp"

namespace livlina::server {

namespace {

constexpr Duration seen_lately = 24 * hour;  // a live socket works as a channel this long (rule 10)

const Member* find(const std::vector<Member>& members, const policy::Person& account) {
  for (const Member& m : members)
    if (m.account.bytes() == account) return &m;
  return nullptr;
}

bool names(unsigned who, const Member& m) {
  if ((who & policy::who_alarm_lines) != 0) return true;
  if (m.by_desk) return false;  // the desk has a bit of its own
  if ((who & policy::who_mentors) != 0 && m.role == Role::mentor) return true;
  return (who & policy::who_contact_persons) != 0 && m.role == Role::contact_person;
}

}  // namespace

policy::Policy policy_values(const Settings& s, int category) {
  const auto wait = [&](Duration d) {
    return std::clamp(d, s.demonstration ? second : policy::min_wait, policy::max_wait);
  };
  policy::Policy p;
  p.category = static_cast<std::uint8_t>(category == 1 ? 1 : 2);
  p.wait = wait(category == 1 ? s.wait_category1 : s.wait_category2);
  p.calm_wait = wait(s.calm_wait);
  p.lease = std::clamp(category == 1 ? s.lease_category1 : s.lease_category2,
                       s.demonstration ? second : minute, policy::max_lease);
  p.lease_cut = std::clamp(s.lease_reminder, second, p.lease);
  p.loud_alarm_delay = std::clamp<Duration>(s.loud_alarm_delay, 0, minute);
  return p;
}

bool can_page(Turn& turn, const Member& member) {
  return std::any_of(member.devices.begin(), member.devices.end(), [&](const DeviceId& id) {
    if (turn.presence.online(id)) return true;
    const auto device = store::Accounts(turn.db).device(id);
    return device && device->listed && turn.now - device->last_seen <= seen_lately;
  });
}

const Member* Helpers::line(const policy::Person& account) const { return find(lines, account); }
const Member* Helpers::coordinator(const policy::Person& account) const {
  return find(desk, account);
}

bool Helpers::may_take(const policy::Person& account) const {
  const auto has_device = [](const Member* m) { return m != nullptr && !m->devices.empty(); };
  return has_device(line(account)) || has_device(coordinator(account));
}

bool Helpers::may_act(const policy::Person& account, const DeviceId& device) const {
  const auto with = [&](const Member* m) { return m != nullptr && acts_with(*m, device); };
  return with(line(account)) || with(coordinator(account));
}

Helpers helpers(Turn& turn, const CircleFacts& circle, policy::Lane lane) {
  const Grace grace = lane == policy::Lane::silent ? Grace::all : Grace::told;
  const SignPublic& desk = (*circle.manifest)->recovery.desk;
  Helpers out{members(turn, circle, scope_alarm, grace), coordinators(turn, desk)};
  if (webhook_works(turn, desk.bytes())) out.webhook = desk.bytes();
  return out;
}

std::vector<Member> named_by(const Helpers& helpers, unsigned who) {
  std::vector<Member> out;
  for (const Member& m : helpers.lines)
    if (names(who, m)) out.push_back(m);
  if ((who & policy::who_desk) != 0)
    for (const Member& m : helpers.desk)
      if (find(out, m.account.bytes()) == nullptr) out.push_back(m);
  return out;
}

std::vector<policy::Person> reachable_desk(Turn& turn, const Helpers& helpers) {
  std::vector<policy::Person> out;
  for (const Member& m : helpers.desk)
    if (can_page(turn, m)) out.push_back(m.account.bytes());
  if (helpers.webhook) out.push_back(*helpers.webhook);
  return out;
}

policy::IncidentFacts escalation_facts(Turn& turn, const Helpers& helpers,
                                       const store::IncidentRow& row,
                                       const policy::Policy& values) {
  policy::IncidentFacts facts;
  const policy::Template& plan = policy::template_for(row.i.lane, values.category);
  for (const policy::StepTemplate& step : plan.steps) {
    auto& people = facts.steps.emplace_back();
    for (const Member& m : named_by(helpers, step.who))
      if (can_page(turn, m)) people.push_back(m.account.bytes());
    if ((step.who & policy::who_desk) != 0 && helpers.webhook) people.push_back(*helpers.webhook);
  }
  facts.warned.assign(plan.steps.size(), false);
  for (const int step : store::IncidentLog(turn.db).steps_of(row.id, policy::Happened::step_empty))
    if (static_cast<std::size_t>(step) < facts.warned.size())
      facts.warned[static_cast<std::size_t>(step)] = true;
  facts.desk = reachable_desk(turn, helpers);
  return facts;
}

std::optional<Instant> rights_end(const Turn& turn, const CircleFacts& circle,
                                  const Helpers& helpers, const policy::Person& account) {
  if (helpers.coordinator(account) != nullptr) return std::nullopt;
  const Member* m = helpers.line(account);
  if (m == nullptr) return turn.now;
  const protocol::Line* line = (*circle.manifest)->line_for(m->account, m->by_desk, !m->by_desk);
  if (line == nullptr) return std::nullopt;
  const Instant end = line->not_after + line->incident_grace_h * hour;
  // The line that covers an account by its date is not always the one that line_for names first.
  return end > turn.now ? std::optional<Instant>(end) : std::nullopt;
}

}  // namespace livlina::server

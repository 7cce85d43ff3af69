// A circle is watched, or is no longer: schedules of accepted plans, backup rule, practice alarm.
#include <algorithm>

#include "server/services/incidents.hpp"
#include "server/services/notices.hpp"
#include "server/services/occurrences.hpp"
#include "server/services/openings.hpp"
#include "server/services/tell.hpp"
#include "server/services/watch.hpp"
#include "server/store/circles.hpp"

namespace livlina::server {

namespace {

void arm_schedules(Turn& turn, const CircleFacts& circle) {
  store::Schedules schedules(turn.db);
  for (store::ScheduleRow& row : schedules.live(circle.id)) {
    const bool running = row.state == store::ScheduleState::running;
    if (is_watched(circle.state) == running) continue;
    if (running) {
      row.state = store::ScheduleState::resting;
      row.next_at.reset();
      row.owed_from.reset();
    } else {
      run_after(turn, circle, row, turn.now);
    }
    schedules.set(row);
    tell_if_ended(turn, circle, row);
  }
}

bool in_two_steps(const std::vector<std::vector<Member>>& steps) {
  for (std::size_t a = 0; a < steps.size(); ++a)
    for (std::size_t b = a + 1; b < steps.size(); ++b)
      for (const Member& p : steps[a])
        for (const Member& q : steps[b])
          if (p.account != q.account) return true;
  return false;
}

// The people of each step of the open lane; `reachable`: only those that can be paged now. A desk
// that has a line of its own is a step as well: it comes with round 2 where the template names it
// in no step.
bool backup(Turn& turn, const CircleFacts& circle, bool reachable) {
  // By today's lines: one that an open incident keeps for its grace is no backup.
  const Helpers who{members(turn, circle, scope_alarm, Grace::none),
                    coordinators(turn, (*circle.manifest)->recovery.desk)};
  std::vector<std::vector<Member>> steps;
  for (const policy::StepTemplate& step :
       policy::template_for(policy::Lane::open, circle.category).steps)
    steps.push_back(named_by(who, step.who));
  auto& desk = steps.emplace_back();
  for (const Member& m : who.lines)
    if (m.by_desk) desk.push_back(m);
  // Keys alone are nobody: who has no device at all, or none that the desk certified, is no backup.
  for (auto& people : steps)
    std::erase_if(people, [&](const Member& m) {
      return m.devices.empty() || (reachable && !can_page(turn, m));
    });
  return in_two_steps(steps);
}

// setup until armed; then armed or degraded, as the backup rule holds; closed for good.
CircleState state_of(Turn& turn, const CircleFacts& circle) {
  const bool may_arm = circle.state == CircleState::armed || (*circle.manifest)->armed;
  if (circle.state == CircleState::closed || !may_arm) return circle.state;
  return backup(turn, circle, false) ? CircleState::armed : CircleState::degraded;
}

}  // namespace

void plan_accepted(Turn& turn, const CircleFacts& circle,
                   const protocol::Verified<protocol::Plan>& plan) {
  store::Schedules schedules(turn.db);
  // Rows that the old version made stay as they are (H07, H30), and what has opened by now it makes
  // itself; the new one takes over at the first slot that opens after now.
  ensure_open(turn, circle);
  schedules.end_all(circle.id);
  for (const protocol::Schedule& schedule : plan->schedules) {
    store::ScheduleRow row;
    row.circle = circle.id;
    row.plan_version = plan->version;
    row.schedule = schedule;
    if (is_watched(circle.state)) run_after(turn, circle, row, turn.now);
    schedules.insert(row);
  }
}

std::vector<std::string> unreadable_zones(store::Db& db, const protocol::Zones& zones,
                                          Instant now) {
  std::vector<std::string> out = store::Schedules(db).zones();
  std::erase_if(out,
                [&](const std::string& zone) { return zones.local_day(zone, now).has_value(); });
  return out;
}

std::optional<Refusal> check_plan(const Settings& settings, const protocol::Plan& plan,
                                  const protocol::Zones& zones) {
  if (plan.member_wait_s < settings.min_member_wait_s)
    return refuse(Code::bad_times, "member_wait");
  for (const protocol::Schedule& s : plan.schedules) {
    if (s.grace_s * second < settings.min_grace) return refuse(Code::bad_times, "grace");
    if (!zones.known(s.zone)) return refuse(Code::bad_times, "zone");
  }
  return std::nullopt;
}

void circle_changed(Turn& turn, const CircleFacts& circle, const std::set<DeviceId>& dropped) {
  CircleFacts facts = circle;
  facts.state = state_of(turn, circle);
  if (facts.state != circle.state)
    store::Circles(turn.db).set_state(facts.id, static_cast<int>(facts.state));
  // Told in any case: somebody's line, device or desk is another than before, and nobody encrypts
  // to the old ones.
  tell_circle(turn, facts, dropped);
  // Watched on without backup, and the desk is told: once for each loss.
  if (facts.state == CircleState::degraded && circle.state != CircleState::degraded)
    warn_desk(turn, facts, policy::NotificationKind::warning, policy::NoticeCode::circle_degraded,
              CauseId{turn.random.array<16>()});
  if (is_watched(facts.state) && (*facts.manifest)->lines.empty())
    notify_operator(turn, std::nullopt, OperatorCode::circle_without_lines, 0,
                    cause_of("no lines", ByteView(facts.id.bytes), (*facts.manifest)->seq));
  arm_schedules(turn, facts);
  check_holders(turn, facts);
}

bool practice_alarm_taken(Turn& turn, const CircleId& circle) {
  return store::Incidents(turn.db).drill_taken(circle);
}

bool backup_rule_holds(Turn& turn, const CircleFacts& circle) {
  // A night in which everybody's computer is shut does not make an armed circle degraded.
  return backup(turn, circle, circle.state == CircleState::setup);
}

}  // namespace livlina::server

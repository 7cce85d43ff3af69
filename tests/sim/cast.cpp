#include "tests/sim/cast.hpp"

namespace livlina::testing::sim {

namespace {

constexpr int most_tries = 5;
constexpr std::uint32_t staff_invite = 1;
constexpr std::uint32_t participant_invite = 2;
constexpr std::uint32_t act_take = 2;
constexpr std::uint32_t act_resolve = 9;
constexpr std::uint32_t drill_done = 5;
constexpr std::uint32_t lane_drill = 3;

std::string newest_drill(const Phone& phone, const std::string& circle) {
  for (auto e = phone.events().rbegin(); e != phone.events().rend(); ++e)
    if (e->has_incident() && e->incident().incident().lane() == lane_drill &&
        e->incident().incident().circle_id() == circle)
      return e->incident().incident().incident_id();
  return {};
}

}  // namespace

v1::Command plan_command(const std::vector<Timetable>& plan, Instant from) {
  v1::Command c;
  for (const Timetable& table : plan) {
    v1::ScheduleText& s = *c.mutable_set_plan()->add_schedules();
    s.set_zone("Europe/Stockholm");
    s.set_valid_from(from);
    s.set_valid_to(from + 365 * day);
    s.set_opens_before_s(static_cast<std::uint32_t>(table.opens_before / second));
    s.set_grace_s(static_cast<std::uint32_t>(table.grace / second));
    for (const Duration after : table.reminders)
      s.add_reminders_s(static_cast<std::uint32_t>(after / second));
    if (table.every.minutes != 0) {
      v1::IntervalText& interval = *s.mutable_interval();
      interval.set_weekdays(table.every.weekdays);
      interval.set_from_minute(table.every.from);
      interval.set_length_minutes(table.every.length);
      interval.set_every_minutes(table.every.minutes);
      continue;
    }
    for (const WeeklyMinute& t : table.times) {
      s.add_times()->set_weekdays(t.weekdays);
      s.mutable_times(s.times_size() - 1)->set_minute(t.minute);
    }
  }
  return c;
}

server::Settings Cast::settings() {
  server::Settings out = World::default_settings();
  out.operator_command = true;
  return out;
}

Cast::Cast(std::uint64_t seed, const std::vector<std::vector<Timetable>>& plans, Instant start)
    : world(seed, settings(), start),
      coordinator(world.add("Carin")),
      contact(world.add("Kim")),
      mentor(world.add("Maja")) {
  world.keep_alive(10 * second);
  static constexpr const char* names[] = {"Pa", "Bo", "Li"};
  for (const auto& plan : plans) {
    auto home = std::make_unique<Home>();
    home->phone = &world.add(names[homes.size() % 3]);
    home->plan = plan;
    home->contact_hears_alarms = homes.empty();
    homes.push_back(std::move(home));
  }
}

std::vector<Phone*> Cast::everybody() {
  std::vector<Phone*> out = supporters();
  for (const auto& home : homes) out.push_back(home->phone);
  for (const auto& home : homes)
    if (home->decoy != nullptr) out.push_back(home->decoy);
  return out;
}

// A person repeats what did not go through. `done_already`: what a repeated command says when the
// first one did.
bool Cast::insist(Phone& phone, const v1::Command& command, const std::string& done_already) {
  for (int i = 0; i < most_tries; ++i) {
    if (phone.ok(command)) return true;
    if (i > 0 && phone.finished().error() == done_already) return true;
    world.advance(2 * second);
  }
  return false;
}

bool Cast::bring_in(Phone& inviter, Phone& phone, std::uint32_t purpose, Role role) {
  if (!insist(inviter, invite(purpose, role))) return false;
  const v1::InviteMade made = inviter.last(v1::Event::kInviteMade)->invite_made();
  if (!insist(phone, enrol(to_bytes(view(made.code())), phone.name()), "already_enrolled"))
    return false;
  world.advance(second);
  return insist(phone, confirm(made.invite_id()), "wrong_state") &&
         insist(inviter, confirm(made.invite_id()), "wrong_state");
}

bool Cast::gather() {
  if (!insist(coordinator, enrol(world.first_code(), coordinator.name()), "already_enrolled") ||
      !insist(coordinator, create_desk(), "wrong_state") ||
      !bring_in(coordinator, contact, staff_invite, Role::contact_person) ||
      !bring_in(coordinator, mentor, staff_invite, Role::mentor))
    return false;
  for (const auto& home : homes)
    if (!bring_in(contact, *home->phone, participant_invite, Role::participant) || !arm(*home))
      return false;
  return true;
}

std::vector<v1::Person> Cast::lines(const Home& home) {
  const std::uint16_t contact_scope =
      home.contact_hears_alarms ? scope_all : std::uint16_t{scope_messages | scope_checkin};
  return {line(1, contact.status().account(), Role::contact_person, contact_scope),
          line(2, {}, Role::coordinator, scope_checkin | scope_alarm | scope_plan),
          line(3, {}, Role::mentor, scope_messages | scope_checkin | scope_alarm)};
}

// The plan, and a practice alarm that a human takes.
bool Cast::arm(Home& home) {
  Phone& phone = *home.phone;
  if (!insist(phone, sign_manifest(lines(home)))) return false;
  world.advance(10 * second);
  home.account = phone.status().account();
  home.circle = phone.status().circles(0).circle_id();
  if (!insist(phone, plan_command(home.plan, world.now() - day))) return false;
  if (!insist(phone, drill())) return false;
  world.advance(10 * second);
  const std::string raised = newest_drill(mentor, home.circle);
  if (raised.empty() || !insist(mentor, act(act_take, raised)) ||
      !insist(mentor, act(act_resolve, raised, drill_done), "wrong_state"))
    return false;
  if (!insist(phone, sign_manifest(lines(home), true))) return false;
  home.armed_at = world.now();
  world.advance(10 * second);
  return true;
}

void Cast::show_decoy(Home& home) {
  if (home.decoy_shown) return;
  home.phone->disconnect();
  const bool first = home.decoy == nullptr;
  if (first) home.decoy = &world.open_decoy(*home.phone);
  // What the real realm has put into the decoy's storage since the last time.
  const auto& now = home.phone->decoy_values();
  auto& before = handed_over_[&home];
  for (const auto& [key, value] : before)
    if (now.count(key) == 0) home.decoy->values().erase(key);
  for (const auto& [key, value] : now) {
    const auto known = before.find(key);
    if (known != before.end() && equal(known->second, value.expose())) continue;
    home.decoy->values().insert_or_assign(key, value.copy());
  }
  before.clear();
  for (const auto& [key, value] : now) before.emplace(key, to_bytes(value.expose()));
  home.decoy_shown = true;
  if (first && on_new_phone) on_new_phone(*home.decoy);
  (void)home.decoy->reopen();
}

void Cast::show_real(Home& home) {
  if (!home.decoy_shown) return;
  home.decoy->disconnect();
  home.decoy_shown = false;
}

}  // namespace livlina::testing::sim

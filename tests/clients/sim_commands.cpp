#include "tests/clients/sim_commands.hpp"

#include <gtest/gtest.h>

namespace livlina::testing::sim {

v1::Command enrol(const Bytes& code, const std::string& name) {
  v1::Command c;
  c.mutable_enrol()->set_code(to_string(code));
  c.mutable_enrol()->set_name(name);
  return c;
}

v1::Command enrol_words(const std::string& words, std::uint32_t purpose, const std::string& name) {
  v1::Command c;
  c.mutable_enrol()->set_words(words);
  c.mutable_enrol()->set_purpose(purpose);
  c.mutable_enrol()->set_host("localhost:7443");
  c.mutable_enrol()->set_name(name);
  return c;
}

v1::Command confirm(const std::string& invite_id, bool match) {
  v1::Command c;
  c.mutable_confirm_pairing()->set_invite_id(invite_id);
  c.mutable_confirm_pairing()->set_match(match);
  return c;
}

v1::Command create_desk(const std::string& name) {
  v1::Command c;
  c.mutable_create_desk()->set_name(name);
  return c;
}

v1::Command invite(std::uint32_t purpose, Role role) {
  v1::Command c;
  c.mutable_create_invite()->set_purpose(purpose);
  c.mutable_create_invite()->set_role(static_cast<std::uint32_t>(role));
  return c;
}

v1::Command plain(v1::Command::CommandCase which) {
  v1::Command c;
  switch (which) {
    case v1::Command::kGetStatus:
      (void)c.mutable_get_status();
      break;
    case v1::Command::kListInvites:
      (void)c.mutable_list_invites();
      break;
    case v1::Command::kRenewDesk:
      (void)c.mutable_renew_desk();
      break;
    case v1::Command::kSync:
      (void)c.mutable_sync();
      break;
    default:
      break;
  }
  return c;
}

v1::Person line(std::uint32_t type, const std::string& account, Role role, std::uint16_t scope) {
  v1::Person p;
  p.set_line_type(type);
  p.set_account(account);
  p.set_role(static_cast<std::uint32_t>(role));
  p.set_scope(scope);
  return p;
}

v1::Command sign_manifest(const std::vector<v1::Person>& lines, bool armed,
                          const std::vector<std::string>& keep) {
  v1::Command c;
  v1::SignManifest& m = *c.mutable_sign_manifest();
  for (const v1::Person& p : lines) *m.add_lines() = p;
  for (const std::string& id : keep) m.add_keep(id);
  m.set_armed(armed);
  m.set_purpose_text("support");
  m.set_wording("I agree to this.");
  return c;
}

v1::Command set_plan(Instant from, std::uint32_t minute_of_day) {
  v1::Command c;
  v1::ScheduleText& s = *c.mutable_set_plan()->add_schedules();
  s.set_zone("Europe/Stockholm");
  s.set_valid_from(from);
  s.set_valid_to(from + 365 * day);
  s.set_opens_before_s(3600);
  s.set_grace_s(1800);
  v1::WeeklyTimeText& t = *s.add_times();
  t.set_weekdays(0x7f);
  t.set_minute(minute_of_day);
  return c;
}

v1::CircleView view_of(Phone& phone) {
  const v1::Status s = phone.status();
  return s.circles_size() == 1 ? s.circles(0) : v1::CircleView();
}

bool set_up_desk(World& world, Phone& phone) {
  return phone.ok(enrol(world.first_code(), "Carin")) && phone.ok(create_desk());
}

Paired pair(Phone& inviter, Phone& phone, std::uint32_t purpose, Role role) {
  Paired out;
  if (!inviter.ok(invite(purpose, role))) return out;
  const v1::InviteMade made = inviter.last(v1::Event::kInviteMade)->invite_made();
  out.invite_id = made.invite_id();
  if (!phone.ok(enrol(to_bytes(view(made.code())), phone.name()))) return out;
  const v1::Event* ours = inviter.last(v1::Event::kSafetyWords);
  const v1::Event* theirs = phone.last(v1::Event::kSafetyWords);
  if (ours == nullptr || theirs == nullptr) return out;
  out.inviter_words = ours->safety_words().words();
  out.joiner_words = theirs->safety_words().words();
  out.ok = phone.ok(confirm(out.invite_id)) && inviter.ok(confirm(out.invite_id));
  return out;
}

Village::Village(std::uint64_t seed)
    : world(seed),
      coordinator(world.add("Carin")),
      contact(world.add("Kim")),
      mentor(world.add("Maja")),
      participant(world.add("Pa")) {
  ok = set_up_desk(world, coordinator) && pair(coordinator, contact, 1, Role::contact_person).ok &&
       pair(coordinator, mentor, 1, Role::mentor).ok &&
       pair(contact, participant, 2, Role::participant).ok &&
       participant.ok(sign_manifest(lines()));
  world.advance(minute);
}

std::vector<v1::Person> Village::lines() {
  return {line(1, contact.status().account(), Role::contact_person, scope_all),
          line(2, {}, Role::coordinator, scope_checkin | scope_alarm | scope_plan),
          line(3, {}, Role::mentor, scope_messages | scope_checkin | scope_alarm)};
}

CircleId Village::circle() {
  return CircleId::from(participant.status().circles(0).circle_id()).value_or(CircleId{});
}

void take_drill(Village& v) {
  const v1::Event* seen = v.contact.last(v1::Event::kIncident);
  ASSERT_NE(seen, nullptr);
  const std::string id = seen->incident().incident().incident_id();
  ASSERT_TRUE(v.contact.ok(act(2, id))) << v.contact.finished().error();
  ASSERT_TRUE(v.contact.ok(act(9, id, 5))) << v.contact.finished().error();
  v.world.advance(second);
}

}  // namespace livlina::testing::sim

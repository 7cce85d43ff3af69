#include "tests/smoke/net_town.hpp"

#include <thread>

#include "crypto/core/roles.hpp"
#include "protocol/records/staff_act.hpp"

namespace livlina::testing {

namespace {

constexpr std::uint32_t staff = 1;
constexpr std::uint32_t drill = 3;
constexpr std::uint32_t all_scopes = 0x3f;

v1::Person line_of(std::uint32_t type, const std::string& account, Role role, std::uint32_t scope) {
  v1::Person line;
  line.set_line_type(type);
  line.set_account(account);
  line.set_role(static_cast<std::uint32_t>(role));
  line.set_scope(scope);
  return line;
}

}  // namespace

v1::Command act_on(const v1::Incident& incident, std::uint32_t act, std::uint32_t reason) {
  v1::Command command;
  v1::DoAct& wanted = *command.mutable_do_act();
  wanted.set_act(act);
  wanted.set_incident_id(incident.incident_id());
  wanted.set_reason(reason);
  return command;
}

NetTown::NetTown(RealServer& its_server, const std::string& surname)
    : server(its_server),
      desk("Karin" + surname, its_server.certificate()),
      contact("Sara" + surname, its_server.certificate()),
      mentor("Amal" + surname, its_server.certificate()),
      participant("Sami" + surname, its_server.certificate()),
      desk_name("Desk" + surname) {}

void NetTown::server_at(std::optional<std::uint16_t> port) {
  port_ = port;
  for (NetClient* c : everybody()) c->server_at(port);
}

std::vector<NetClient*> NetTown::everybody() {
  std::vector<NetClient*> out = {&desk, &contact, &mentor, &participant};
  for (const auto& c : newcomers) out.push_back(c.get());
  return out;
}

NetClient& NetTown::add_newcomer() {
  newcomers.push_back(std::make_unique<NetClient>("Nils" + std::to_string(newcomers.size() + 1),
                                                  server.certificate()));
  newcomers.back()->server_at(port_);
  return *newcomers.back();
}

bool NetTown::pump_until(const std::function<bool()>& enough, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!enough()) {
    if (std::chrono::steady_clock::now() > until) return false;
    bool moved = false;
    for (NetClient* c : everybody()) moved = c->pump() || moved;
    if (!moved) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

bool NetTown::run(NetClient& who, v1::Command command) {
  if (!command.has_enrol() && !pump_until([&] { return who.logged_in(); })) {
    why = who.name() + ": not logged in (" + who.closed_because + ")";
    return false;
  }
  const std::uint64_t id = who.give(std::move(command));
  who.go_online();
  const bool ended = pump_until([&] { return who.finished(id) != nullptr; });
  if (ended && who.finished(id)->error().empty()) return true;
  if (why.empty())
    why = who.name() + ": " +
          (ended ? who.finished(id)->error() + " " + who.finished(id)->detail() : "no end") + " (" +
          who.closed_because + ")";
  return false;
}

bool NetTown::join(NetClient& inviter, NetClient& newcomer, std::uint32_t purpose,
                   std::uint32_t role) {
  v1::Command command;
  command.mutable_create_invite()->set_purpose(purpose);
  command.mutable_create_invite()->set_role(role);
  if (!run(inviter, command)) return false;
  const v1::InviteMade made = inviter.last(v1::Event::kInviteMade)->invite_made();
  command.Clear();
  command.mutable_enrol()->set_code(made.code());
  command.mutable_enrol()->set_name(newcomer.name());
  if (!run(newcomer, command)) return false;
  const auto words = [&](NetClient& who) {
    const v1::Event* e = who.last(v1::Event::kSafetyWords);
    return e != nullptr && e->safety_words().invite_id() == made.invite_id();
  };
  if (!pump_until([&] { return words(inviter) && words(newcomer); })) {
    why = newcomer.name() + ": no safety words";
    return false;
  }
  command.Clear();
  command.mutable_confirm_pairing()->set_invite_id(made.invite_id());
  command.mutable_confirm_pairing()->set_match(true);
  return run(newcomer, command) && run(inviter, command);
}

bool NetTown::sign(bool armed) {
  v1::Command command;
  v1::SignManifest& m = *command.mutable_sign_manifest();
  m.set_armed(armed);
  m.set_purpose_text("support");
  m.set_wording("I agree to this.");
  if (armed) {
    const v1::Status status = participant.status();
    for (const v1::CircleView& c : status.circles())
      for (const v1::Person& p : c.people()) m.add_keep(p.line_id());
  } else {
    *m.add_lines() = line_of(1, account(contact), Role::contact_person, all_scopes);
    *m.add_lines() = line_of(1, account(mentor), Role::mentor, all_scopes);
    *m.add_lines() = line_of(2, {}, Role::coordinator, scope_checkin | scope_alarm | scope_plan);
  }
  return run(participant, command);
}

// What arming waits for: a human took a practice alarm.
bool NetTown::practice() {
  v1::Command command;
  command.mutable_raise_alarm()->set_kind(drill);
  if (!run(participant, command)) return false;
  const auto paged = [&] { return mentor.last(v1::Event::kIncident) != nullptr; };
  if (!pump_until(paged)) {
    why = "the practice alarm reached nobody";
    return false;
  }
  const v1::Incident incident = mentor.last(v1::Event::kIncident)->incident().incident();
  return run(mentor, act_on(incident, static_cast<std::uint32_t>(protocol::Act::take))) &&
         run(mentor, act_on(incident, static_cast<std::uint32_t>(protocol::Act::resolve),
                            static_cast<std::uint32_t>(protocol::Reason::drill_done)));
}

bool NetTown::found_staff(const std::string& first_code) {
  server_at(server.port());
  v1::Command command;
  const Bytes code = unhex(first_code);
  command.mutable_enrol()->set_code(code.data(), code.size());
  command.mutable_enrol()->set_name(desk.name());
  if (!run(desk, command)) return false;
  command.Clear();
  command.mutable_create_desk()->set_name(desk_name);
  if (!run(desk, command)) return false;
  return join(desk, contact, staff, static_cast<std::uint32_t>(Role::contact_person)) &&
         join(desk, mentor, staff, static_cast<std::uint32_t>(Role::mentor));
}

bool NetTown::found(const std::string& first_code, const v1::SetPlan& plan) {
  if (!found_staff(first_code) ||
      !join(contact, participant, 2, static_cast<std::uint32_t>(Role::participant)))
    return false;
  // Whom the participant may name stands in the desk's directory, which comes by and by.
  if (!pump_until([&] { return participant.status().staff_size() == 3; })) {
    why = "the directory has " + std::to_string(participant.status().staff_size());
    return false;
  }
  v1::Command command;
  (void)command.mutable_sync();
  if (!run(participant, command) || !sign(false) || !practice()) return false;
  command.Clear();
  *command.mutable_set_plan() = plan;
  if (!run(participant, command) || !sign(true)) return false;
  circle = participant.status().circles(0).circle_id();
  // Everybody has seen the circle.
  return pump_until([&] {
    return contact.status().circles_size() == 1 && mentor.status().circles_size() == 1 &&
           desk.status().circles_size() == 1;
  });
}

}  // namespace livlina::testing

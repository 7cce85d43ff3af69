#include "clients/cli/next_steps.hpp"

#include <algorithm>
#include <set>

#include "clients/cli/own_circle.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"
#include "clients/core/circle_state.hpp"

namespace livlina::cli {

namespace {

using client::CircleState;

constexpr std::uint32_t participant_role = 1, coordinator_role = 4;
constexpr std::uint32_t joined = 3;
constexpr std::uint32_t scope_plan_bit = 1u << 4;
constexpr Duration roster_warning = 3 * day;  // of the seven that a roster holds

CircleState state_of(const v1::CircleView& circle) {
  return static_cast<CircleState>(circle.state());
}

void participant(const v1::Status& s, std::vector<std::string>& out) {
  const v1::CircleView* circle = own_circle(s);
  if (circle == nullptr || circle->manifest_seq() == 0) {
    out.emplace_back(
        "nobody watches yet. Sign who may receive what: livlina circle sign --line "
        "NAME:contact_person:all --line NAME:mentor:messages,checkin,alarm --line "
        "desk:checkin,alarm   (`livlina people` lists whom you can choose)");
    return;
  }
  if (!circle->proposed_plan_hash().empty())
    out.emplace_back(
        "your new plan is NOT in force: a supporter must approve it (they run `livlina "
        "plan approve`)");
  if (state_of(*circle) == CircleState::degraded)
    out.emplace_back(
        "your circle has no backup any more: too few supporters can be reached. Add somebody: "
        "livlina circle sign --line NAME:ROLE:SCOPE");
  if (state_of(*circle) != CircleState::setup) return;
  if (circle->plan_version() == 0)
    out.emplace_back(
        "nobody watches yet: there is no plan. Say when you check in: livlina plan set --time "
        "20:00");
  else if (!circle->practised())
    out.emplace_back(
        "nobody watches yet: no practice alarm has been taken and resolved. Run: livlina alarm "
        "--practice   (a supporter takes and resolves it)");
  else
    out.emplace_back("nobody watches yet. Arm your circle: livlina circle sign --armed");
}

void staff(const v1::Status& s, std::vector<std::string>& out) {
  if (s.role() == coordinator_role && s.desk().empty())
    out.emplace_back("there is no desk yet. Make it: livlina desk create NAME");
  if (s.keeper() && s.roster_not_after() != 0 && s.roster_not_after() < wall_now() + roster_warning)
    out.push_back("the desk's signatures run out on " + clock_text(s.roster_not_after()) +
                  "; then nobody can be invited or certified. Run: livlina desk renew");
  for (const v1::CircleView& c : s.circles()) {
    const std::string name = printable(c.participant_name());
    const bool may_approve =
        std::any_of(c.people().begin(), c.people().end(), [&](const v1::Person& p) {
          return p.account() == s.account() && (p.scope() & scope_plan_bit) != 0;
        });
    if (!c.proposed_plan_hash().empty() && may_approve)
      out.push_back(
          std::string(name)
              .append(" proposes a new plan, which is not in force before you approve it:")
              .append(" livlina plan show --circle ")
              .append(name)
              .append(", then livlina plan approve --circle ")
              .append(name));
  }
}

// "X has a new device", each person once.
void new_devices(const v1::Status& s, std::vector<std::string>& out) {
  std::set<std::string> named;
  const auto look = [&](const v1::Person& p) {
    if (p.new_devices().empty() || !named.insert(p.account()).second) return;
    const std::string name = printable(p.name());
    out.push_back(name + " has a new device. Ask " + name +
                  ", in person or by phone, whether it is theirs" +
                  (s.keeper() ? "; if so: livlina desk renew --accept " + name : ""));
  };
  for (const v1::Person& p : s.staff()) look(p);
  for (const v1::CircleView& c : s.circles())
    for (const v1::Person& p : c.people()) look(p);
}

}  // namespace

bool is_watched(const v1::CircleView& circle) {
  return client::watched_by_server(state_of(circle));
}

std::vector<v1::InviteInfo> waiting_invites(Client& client) {
  v1::Command command;
  command.mutable_list_invites();
  client.run(std::move(command));
  std::vector<v1::InviteInfo> out;
  if (const v1::Event* event = client.answer(v1::Event::kInvites))
    for (const auto& invite : event->invites().invites())
      if (invite.state() == joined) out.push_back(invite);
  return out;
}

std::vector<v1::IncidentView> all_incidents(Client& client) {
  v1::Command command;
  command.mutable_get_incidents()->set_resolved_too(true);
  std::vector<v1::IncidentView> out;
  if (!client.try_run(std::move(command)).error().empty()) return out;
  if (const v1::Event* event = client.answer(v1::Event::kIncidents))
    out.assign(event->incidents().incidents().begin(), event->incidents().incidents().end());
  return out;
}

std::vector<std::string> next_steps(const v1::Status& s,
                                    const std::vector<v1::InviteInfo>& waiting) {
  std::vector<std::string> out;
  new_devices(s, out);
  for (const v1::InviteInfo& invite : waiting)
    out.push_back(printable(invite.name()) + " waits: compare these words aloud: " +
                  invite.words() + "; then run: livlina confirm --yes " +
                  hex(view(invite.invite_id())).substr(0, 8) + "   (--no if one differs)");
  if (s.queued_here() != 0)
    out.push_back(std::to_string(s.queued_here()) +
                  " waiting on this device to be sent. Leave this running: livlina listen");
  const bool confirmed = std::none_of(waiting.begin(), waiting.end(),
                                      [&](const auto&) { return s.circles().empty(); });
  if (s.role() == participant_role && confirmed) participant(s, out);
  if (s.role() != participant_role) staff(s, out);
  return out;
}

std::string lines_of(const std::vector<std::string>& steps) {
  std::string out;
  for (const std::string& step : steps) out += "\nNext: " + step;
  return out;
}

}  // namespace livlina::cli

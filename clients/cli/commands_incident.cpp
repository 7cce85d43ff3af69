// incidents, take, resolve and the other acts of staff.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "clients/cli/client.hpp"
#include "clients/cli/commands.hpp"
#include "clients/cli/incident_words.hpp"
#include "clients/cli/json.hpp"
#include "clients/cli/lines.hpp"
#include "clients/cli/own_circle.hpp"
#include "clients/cli/own_incident.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"
#include "clients/cli/wrap.hpp"
#include "clients/cli/zone_time.hpp"
#include "clients/core/incident_numbers.hpp"
#include "protocol/records/staff_act.hpp"

namespace livlina::cli {

using nlohmann::json;
using protocol::Act;

namespace {

v1::IncidentViews fetch(Client& client, bool all) {
  v1::Command command;
  command.mutable_get_incidents()->set_resolved_too(all);
  client.run(std::move(command));
  const v1::Event* event = client.last(v1::Event::kIncidents);
  return event == nullptr ? v1::IncidentViews{} : event->incidents();
}

// The incident that begins with `wanted`, or the only one on which somebody may act.
v1::IncidentView pick(Client& client, const std::string& wanted) {
  std::vector<v1::IncidentView> fitting;
  const v1::IncidentViews all = fetch(client, !wanted.empty());
  for (const auto& v : all.incidents())
    if (hex(view(v.incident().incident_id())).rfind(wanted, 0) == 0 &&
        (!wanted.empty() || is_open(v)))
      fitting.push_back(v);
  if (fitting.empty())
    throw Failure(Exit::failed,
                  wanted.empty() ? "No incident is open." : "There is no incident " + wanted + ".",
                  "unknown_incident");
  if (fitting.size() > 1)
    throw Failure(Exit::usage, "Several incidents fit: name one. " + list_of(fitting) + ".",
                  "unknown_incident");
  return fitting.front();
}

// Why an act was not taken, by how the incident stands now.
Failure not_done(Client& client, const v1::Finished& finished, const v1::IncidentView& before) {
  if (finished.error() != "held" && finished.error() != "wrong_state") return failure_of(finished);
  v1::IncidentView now = before;
  const v1::IncidentViews all = fetch(client, true);
  for (const auto& v : all.incidents())
    if (v.incident().incident_id() == before.incident().incident_id()) now = v;
  const std::string stands = "Incident " + short_id(now) + " is " + standing_of(now) + ". ";
  if (finished.error() == "held")
    return {Exit::failed,
            stands +
                "They can offer it to you (`livlina offer`), or a coordinator takes it over "
                "(`livlina take-over`).",
            finished.error()};
  const bool nobody_has_it = now.incident().state() == client::state_notifying;
  return {Exit::failed,
          nobody_has_it ? "Incident " + short_id(now) +
                              ": nobody has it yet, so this is not possible. Take it first "
                              "(`livlina take`)."
                        : stands + "So this is not possible now.",
          finished.error()};
}

struct ActArguments {
  std::string incident, to, reason = "none", note;
};

void act(const Options& options, Act which, const ActArguments& a) {
  const std::string note = text_of_option(a.note);
  Client client(options);
  client.need_online();
  const v1::IncidentView before = pick(client, a.incident);
  v1::Command command;
  auto& wanted = *command.mutable_do_act();
  wanted.set_act(static_cast<std::uint32_t>(which));
  wanted.set_incident_id(before.incident().incident_id());
  if (!a.to.empty()) wanted.set_target(client.person(a.to).account());
  wanted.set_reason(reason_number(a.reason).value_or(0));
  wanted.set_note(note);
  const v1::Finished finished = client.try_run(std::move(command));
  if (!finished.error().empty()) throw not_done(client, finished, before);
  const v1::Event* event = client.answer(v1::Event::kIncident);
  const v1::IncidentView after = event == nullptr ? before : event->incident();
  client.finish();
  json out = to_json(after);
  out["ok"] = true;
  print(options, out, line_of(after));
}

void incidents(const Options& options, bool all) {
  Client client(options);
  client.need_online();
  const v1::IncidentViews views = fetch(client, all);
  const v1::Status status = client.status();
  const std::string own = own_circle_id(status);
  client.finish();
  json list = json::array();
  std::string text;
  for (const auto& v : views.incidents()) {
    if (is_over(v) && !all) continue;  // nobody is needed, and nobody can act on it
    list.push_back(to_json(v));
    const bool ours = !own.empty() && v.incident().circle_id() == own;
    text += (text.empty() ? "" : "\n") + (ours ? own_line(v, own_zone(status)) : line_of(v));
  }
  if (text.empty()) text = "No incident is open.";
  print(options, {{"ok", true}, {"incidents", list}}, wrapped(text, screen_columns()));
}

enum class Needs : std::uint8_t { nothing, person, reason };

void add_act(CLI::App& app, Options& options, const char* name, const char* help, Act which,
             Needs needs) {
  auto a = std::make_shared<ActArguments>();
  CLI::App* cmd = app.add_subcommand(name, help);
  if (which == Act::reopen)  // none is open that could be meant
    cmd->add_option("incident", a->incident, "Beginning of its id, as `incidents --all` shows it")
        ->required();
  else
    cmd->add_option("incident", a->incident, "Beginning of its id (default: the only open one)");
  if (needs == Needs::person) cmd->add_option("--to", a->to, "The colleague's name")->required();
  if (needs == Needs::reason)
    cmd->add_option("--reason", a->reason, "Why it is over")
        ->required()
        ->check(CLI::IsMember({"reached_and_well", "help_on_site", "handed_to_authority", "mistake",
                               "drill_done", "other"}));
  cmd->add_option("--note", a->note,
                  "Encrypted for the circle; - reads it from the standard input");
  cmd->callback([&options, which, a] { act(options, which, *a); });
}

}  // namespace

void add_incident_commands(CLI::App& app, Options& options) {
  auto all = std::make_shared<bool>(false);
  CLI::App* cmd = app.add_subcommand("incidents", "Who needs somebody now, and who has it");
  cmd->add_flag("--all", *all, "Resolved and cancelled ones as well");
  cmd->callback([&options, all] { incidents(options, *all); });

  add_act(app, options, "seen", "Say that you have looked", Act::seen, Needs::nothing);
  add_act(app, options, "take", "Take an incident: it is yours for the time of the lease",
          Act::take, Needs::nothing);
  add_act(app, options, "renew", "Hold it longer", Act::renew, Needs::nothing);
  add_act(app, options, "offer", "Offer it to a colleague, who must accept", Act::offer,
          Needs::person);
  add_act(app, options, "accept", "Accept what was offered to you", Act::accept, Needs::nothing);
  add_act(app, options, "decline", "Decline what was offered to you", Act::decline, Needs::nothing);
  add_act(app, options, "take-over", "Take it from its holder (coordinator)", Act::take_over,
          Needs::nothing);
  add_act(app, options, "assign", "Give it to a person after a phone call (coordinator)",
          Act::assign, Needs::person);
  add_act(app, options, "resolve", "End it, with a reason", Act::resolve, Needs::reason);
  add_act(app, options, "reopen", "Open it again as a new incident", Act::reopen, Needs::nothing);
}

}  // namespace livlina::cli

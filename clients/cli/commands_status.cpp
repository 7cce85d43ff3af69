// status: who this is, what is due, what waits, what to do next.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "clients/cli/client.hpp"
#include "clients/cli/commands.hpp"
#include "clients/cli/incident_words.hpp"
#include "clients/cli/json.hpp"
#include "clients/cli/lines.hpp"
#include "clients/cli/next_steps.hpp"
#include "clients/cli/own_circle.hpp"
#include "clients/cli/own_incident.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"
#include "clients/cli/wrap.hpp"
#include "clients/cli/zone_time.hpp"

namespace livlina::cli {

using nlohmann::json;

namespace {

std::string due_line(const v1::Status& s) {
  if (s.next_due() == 0) return {};
  const std::string zone = own_zone(s);
  const v1::CircleView* circle = own_circle(s);
  const bool watched = circle != nullptr && is_watched(*circle);
  return "Next check-in: " + clock_in_zone(s.next_due(), zone) + ", you have until " +
         clock_in_zone(s.next_deadline(), zone) +
         (watched ? "" : ". Nobody watches yet: the circle is not armed") + "\n";
}

// An own one that is over stays in sight for a day: how it ended is the answer to it.
std::string incident_line(const v1::Status& s, const v1::IncidentView& view) {
  const v1::CircleView* circle = own_circle(s);
  const bool ours = circle != nullptr && view.incident().circle_id() == circle->circle_id();
  const bool recent = wall_now() - std::max(view.acted_at(), view.incident().opened_at()) < day;
  if (!is_open(view) && !(ours && recent)) return {};
  if (!ours) return "Incident " + line_of(view) + "\n";
  return capitalised(own_line(view, own_zone(s))) + "\n";
}

void status(const Options& options) {
  Client client(options);
  const std::optional<Failure> unreached = client.look_online();
  const std::string offline = unreached ? unreached->what() : "";
  const auto waiting = waiting_invites(client);
  const bool asked = offline.empty();
  const auto incidents = asked ? all_incidents(client) : std::vector<v1::IncidentView>();
  const v1::Status s = client.status();
  const std::vector<std::string> steps = next_steps(s, waiting);
  client.finish();

  json out = to_json(s);
  out["ok"] = true;
  out["why_offline"] = offline;
  out["next_steps"] = steps;
  out["incidents"] = asked ? json::array() : json();  // null: not known
  std::string text =
      printable(s.name()) +
      (s.role() != 0 ? ", " + std::string(role_word(s.role())) : ", not confirmed yet") +
      (s.online() ? "" : "\n" + red(printable(offline))) + "\n" + due_line(s);
  for (const auto& c : s.circles())
    text += "Circle " + hex(view(c.circle_id())).substr(0, 8) +
            (c.ours() ? " (yours)" : " of " + name_or_unknown(c.participant_name())) + ": " +
            standing_of(c) + "\n" + proposal_text(c);
  for (const auto& c : s.checkins()) text += line_of(c) + "\n";
  if (!asked) text += "Whether an incident is open is not known without a connection.\n";
  for (const auto& view : incidents) {
    if (is_open(view)) out["incidents"].push_back(to_json(view));
    text += incident_line(s, view);
  }
  if (s.warnings_size() > 0) text += "Warnings of the last day:\n";
  CircleNames names;
  names.learn(s);
  for (const auto& w : s.warnings()) text += "  " + line_of(w, names.of(w.circle_id())) + "\n";
  if (s.demonstration()) text += "This server is a demonstration: its times are not safe.\n";
  text.pop_back();
  print(options, out, wrapped(text, screen_columns()) + lines_of(steps));
  say_if_unasked(unreached);
}

}  // namespace

void add_status_commands(CLI::App& app, Options& options) {
  CLI::App* cmd =
      app.add_subcommand("status", "Who you are here, what is due, what waits, what is open");
  cmd->callback([&options] { status(options); });
}

}  // namespace livlina::cli

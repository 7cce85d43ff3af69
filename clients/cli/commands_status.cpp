// status: who this is, what is due, what waits, what is open.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "clients/cli/client.hpp"
#include "clients/cli/commands.hpp"
#include "clients/cli/json.hpp"
#include "clients/cli/lines.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"

namespace livlina::cli {

namespace {

// Unresolved ones, when the server can be asked.
std::optional<v1::IncidentViews> open_incidents(Client& client) {
  v1::Command command;
  command.mutable_get_incidents();
  if (!client.online() || !client.try_run(std::move(command)).error().empty()) return std::nullopt;
  const v1::Event* event = client.answer(v1::Event::kIncidents);
  return event == nullptr ? std::nullopt : std::optional(event->incidents());
}

std::string text_of(const v1::Status& s, const std::optional<v1::IncidentViews>& incidents) {
  std::string text =
      printable(s.name()) +
      (s.role() != 0 ? ", " + std::string(role_word(s.role())) : ", not confirmed yet") +
      (s.online() ? "" : "  (no connection)") + "\n";
  if (s.next_due() != 0)
    text += "Next check-in: " + clock_text(s.next_due()) + ", you have until " +
            clock_text(s.next_deadline()) + "\n";
  if (s.queued_here() != 0)
    text += std::to_string(s.queued_here()) + " waiting on this device to be sent\n";
  for (const auto& c : s.circles())
    text += "Circle " + hex(view(c.circle_id())).substr(0, 8) +
            (c.ours() ? " (yours)" : " of " + printable(c.participant_name())) + ": " +
            std::string(circle_state_word(c.state())) + "\n" + proposal_text(c);
  for (const auto& c : s.checkins()) text += line_of(c) + "\n";
  if (!incidents)
    text += "Whether an incident is open is not known without a connection.\n";
  else
    for (const auto& i : incidents->incidents()) text += line_of(i) + "\n";
  if (s.warnings_size() > 0) text += "Warnings of the last day:\n";
  for (const auto& w : s.warnings()) text += "  " + line_of(w) + "\n";
  if (s.demonstration()) text += "This server is a demonstration: its times are not safe.\n";
  return text;
}

void status(const Options& options) {
  Client client(options);
  client.go_online();
  const v1::Status s = client.status();
  const auto incidents = open_incidents(client);
  client.finish();
  nlohmann::json out = to_json(s);
  out["incidents"] = nullptr;
  if (incidents) {
    out["incidents"] = nlohmann::json::array();
    for (const auto& i : incidents->incidents()) out["incidents"].push_back(to_json(i));
  }
  print(options, out, text_of(s, incidents));
}

}  // namespace

void add_status_commands(CLI::App& app, Options& options) {
  CLI::App* cmd =
      app.add_subcommand("status", "Who you are here, what is due, what waits, what is open");
  cmd->callback([&options] { status(options); });
}

}  // namespace livlina::cli

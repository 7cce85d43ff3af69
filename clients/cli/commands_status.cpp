// status: who this is, what is due, what waits.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "clients/cli/client.hpp"
#include "clients/cli/commands.hpp"
#include "clients/cli/json.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"

namespace livlina::cli {

namespace {

void status(const Options& options) {
  Client client(options);
  client.go_online();
  const v1::Status s = client.status();
  client.finish();
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
    text += "Circle " + (c.ours() ? "(yours)" : "of " + printable(c.participant_name())) + ": " +
            std::string(circle_state_word(c.state())) + "\n";
  if (s.demonstration()) text += "This server is a demonstration: its times are not safe.\n";
  print(options, to_json(s), text);
}

}  // namespace

void add_status_commands(CLI::App& app, Options& options) {
  CLI::App* cmd = app.add_subcommand("status", "Who you are here, what is due, what waits");
  cmd->callback([&options] { status(options); });
}

}  // namespace livlina::cli

// desk: make it, renew its signatures, see its staff.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "clients/cli/client.hpp"
#include "clients/cli/commands.hpp"
#include "clients/cli/json.hpp"
#include "clients/cli/next_steps.hpp"
#include "clients/cli/person_name.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"

namespace livlina::cli {

namespace {

void show(Client& client, const Options& options) {
  const v1::Status status = client.status();
  const bool made = !status.desk().empty();
  std::string text = made ? "Desk " + printable(status.desk_name()) + "  " +
                                hex(view(status.desk())).substr(0, 16) + "\nRoster valid until " +
                                clock_text(status.roster_not_after()) +
                                (status.keeper() ? "  (this device keeps the desk's key)" : "")
                          : "There is no desk yet.";
  for (const auto& p : status.staff())
    text += "\n  " + std::string(role_word(p.role())) + "  " + printable(p.name()) + "  " +
            hex(view(p.account())).substr(0, 16) +
            (p.new_devices().empty() ? "" : "  " + red("has a new device, not signed for"));
  print(options, to_json(status), text + lines_of(next_steps(status)));
}

void act(const Options& options, v1::Command command) {
  Client client(options);
  client.need_online();
  const v1::Status before = client.status();
  if (command.has_create_desk() && !before.desk().empty())
    throw Failure(Exit::failed,
                  "There is a desk already: " + printable(before.desk_name()) +
                      ". This server's people belong to it.",
                  "wrong_state");
  if (command.command_case() != v1::Command::COMMAND_NOT_SET) client.run(std::move(command));
  show(client, options);
  client.finish();
}

// Nobody's new device is signed for unless the keeper says so by name (T20).
void renew(const Options& options, const std::vector<std::string>& accept,
           const std::vector<std::string>& remove) {
  Client client(options);
  client.need_online();
  v1::Command command;
  auto& wanted = *command.mutable_renew_desk();
  for (const std::string& name : accept) {
    const std::string account = client.person(name).account();
    const v1::Status status = client.status();
    for (const auto& p : status.staff())
      if (p.account() == account && !p.new_devices().empty())
        wanted.add_accept_lists(p.new_devices());
  }
  for (const std::string& name : remove) wanted.add_remove(client.person(name).account());
  client.run(std::move(command));
  show(client, options);
  client.finish();
}

}  // namespace

void add_desk_commands(CLI::App& app, Options& options) {
  CLI::App* desk = app.add_subcommand("desk", "The coordinators' desk");
  desk->require_subcommand(1);

  auto name = std::make_shared<std::string>();
  CLI::App* cmd = desk->add_subcommand(
      "create", "Make the desk and its key, on this device only (first coordinator)");
  cmd->add_option("name", *name, "How the desk is called")->required();
  cmd->callback([&options, name] {
    need_good_name(*name);
    v1::Command command;
    command.mutable_create_desk()->set_name(*name);
    act(options, std::move(command));
  });

  cmd = desk->add_subcommand("renew", "Sign roster and directory again, before they run out");
  auto accept = std::make_shared<std::vector<std::string>>();
  cmd->add_option("--accept", *accept,
                  "A person whose new device you have asked about, in person or by phone; without "
                  "it only their former devices are signed for");
  auto remove = std::make_shared<std::vector<std::string>>();
  cmd->add_option("--remove", *remove,
                  "A person whom the desk shall not list any more, in whatever role");
  cmd->callback([&options, accept, remove] { renew(options, *accept, *remove); });

  cmd = desk->add_subcommand("show", "The desk and its staff");
  cmd->callback([&options] { act(options, {}); });
}

}  // namespace livlina::cli

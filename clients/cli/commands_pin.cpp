// pin: new PINs for this state folder.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "clients/cli/client.hpp"
#include "clients/cli/commands.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/words_of.hpp"

namespace livlina::cli {

namespace {

void pin(const Options& options, const std::string& pin_file, const std::string& duress_pin_file,
         bool no_duress_pin) {
  Client client(options);
  const bool participant = client.status().role() == role_number("participant");
  if (!participant && !duress_pin_file.empty())
    throw Failure(Exit::usage, "Only a participant has a duress PIN.", "bad_argument");
  client.change_pins(pin_file, duress_pin_file, participant && !no_duress_pin);
  print(options, {{"ok", true}}, "Changed. From now on only the new PIN opens this folder.");
}

}  // namespace

void add_pin_commands(CLI::App& app, Options& options) {
  auto pin_file = std::make_shared<std::string>();
  auto duress_pin_file = std::make_shared<std::string>();
  CLI::App* cmd = app.add_subcommand("pin", "Change the PIN, and a participant's duress PIN");
  cmd->add_option("--new-pin-file", *pin_file, "File with the new PIN (default: asked)");
  CLI::Option* file = cmd->add_option("--new-duress-pin-file", *duress_pin_file,
                                      "File with the new duress PIN (default: asked)");
  auto no_duress_pin = std::make_shared<bool>(false);
  cmd->add_flag("--no-duress-pin", *no_duress_pin, "There shall be none")->excludes(file);
  cmd->callback([&options, pin_file, duress_pin_file, no_duress_pin] {
    pin(options, *pin_file, *duress_pin_file, *no_duress_pin);
  });
}

}  // namespace livlina::cli

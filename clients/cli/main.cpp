// livlina: every role's command line.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "clients/cli/commands.hpp"
#include "clients/cli/failure.hpp"
#include "clients/cli/help.hpp"
#include "clients/cli/print.hpp"
#include "clients/cli/secrecy.hpp"
#include "crypto/core/random.hpp"

namespace {

// Below the exit codes.
constexpr const char* footer = R"(

What must be seen (warnings, pages, reminders, a check-in that did not come) is said by every
command, on the error stream; with --json as one value a line there. Until it has been said there it
is kept, and said again by the next command.

Environment:
  LIVLINA_STATE  the state folder   LIVLINA_PIN_FILE  file with the PIN   LIVLINA_CA  see --ca
  NO_COLOR       no colours

Examples:
  livlina help plan set
  livlina status
  livlina listen

`livlina status` says what waits for you and what to type next.)";

std::string one_line(std::string_view what) { return std::string(what.substr(0, what.find('\n'))); }

int run(int argc, char** argv, livlina::cli::Options& options) {
  using namespace livlina::cli;
  CLI::App app{"Stay in touch, and be noticed when you are not.", "livlina"};
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--state", options.state, "State folder (default: ~/.local/share/livlina)");
  app.add_option(
      "--ca", options.ca,
      "File with the server's certificate authority; its full path is remembered once it "
      "has led to the server");
  app.add_option("--pin-file", options.pin_file, "File with the PIN (default: asked)");
  app.add_option("--timeout", options.timeout_s, "Seconds to wait for the server")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  app.add_flag("--json", options.json, "One JSON value per line");
  app.set_version_flag("--version", LIVLINA_VERSION);
  // The options are complete before any command runs: commands run in callbacks of the parser.
  app.parse_complete_callback([&options] { complete(options); });
  add_enrol_commands(app, options);
  add_pin_commands(app, options);
  add_status_commands(app, options);
  add_message_commands(app, options);
  add_checkin_commands(app, options);
  add_plan_commands(app, options);
  add_circle_commands(app, options);
  add_incident_commands(app, options);
  add_desk_commands(app, options);
  finish_help(app);
  app.footer(std::string(exit_codes) + footer);
  try {
    std::vector<std::string> words = with_help_option({argv + 1, argv + argc}, app);
    std::reverse(words.begin(), words.end());  // as the parser wants them
    app.parse(std::move(words));
  } catch (const CLI::ParseError& e) {
    // "A subcommand is required", or the help for all, would not tell that one was misspelt.
    const std::string unknown = unknown_command(app);
    if (e.get_exit_code() == 0 && unknown.empty()) return app.exit(e);  // --help, --version
    // The parser stopped somewhere: whether --json was meant stands in the words themselves.
    options.json = std::any_of(argv, argv + argc,
                               [](const char* word) { return std::string_view(word) == "--json"; });
    const std::string what = unknown.empty() ? one_line(e.what()) : unknown;
    const bool for_somebody = app.got_subcommand("alarm") || app.got_subcommand("checkin");
    throw Failure(Exit::usage,
                  what + "; " + command_path(app) + " --help shows what there is" +
                      (for_somebody ? "." + std::string(nobody_was_told) : ""),
                  "bad_argument");
  }
  return static_cast<int>(Exit::done);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace livlina::cli;
  keep_memory_private();
  if (!livlina::crypto::init()) {
    std::cerr << "livlina: the cryptographic library cannot be used on this machine.\n";
    return static_cast<int>(Exit::failed);
  }
  Options options;
  try {
    return run(argc, argv, options);
  } catch (const Failure& e) {
    if (options.json) {
      print(options, {{"ok", false}, {"error", e.word()}, {"message", e.what()}}, {});
    } else {
      std::cerr << "livlina: " << e.what() << "\n";
    }
    return static_cast<int>(e.exit_code());
  } catch (const std::exception& e) {
    std::cerr << "livlina: unexpected: " << e.what() << "\n";
    return static_cast<int>(Exit::failed);
  }
}

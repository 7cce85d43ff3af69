#include "server/app/command_line.hpp"

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include "crypto/core/random.hpp"
#include "server/app/channel_test.hpp"
#include "server/app/config.hpp"
#include "server/app/init.hpp"
#include "server/app/output.hpp"
#include "server/app/serve.hpp"
#include "server/app/server.hpp"

namespace livlina::server {

namespace {

constexpr const char* default_file = "/etc/livlina/server.toml";

constexpr const char* footer = R"(
Configuration: built-in values, then the file, then the environment, then flags; the later wins. A key
section.name of the file is LIVLINA_SECTION_NAME in the environment and --set section.name=VALUE as a flag.
Without --config the file is $LIVLINA_CONFIG, else /etc/livlina/server.toml if it is there.

Examples:
  livlina-server --config server.toml check-config
  livlina-server --config server.toml init
  livlina-server --config server.toml serve
  livlina-server serve --set server.port=9443 --set log.level=debug
  LIVLINA_SERVER_PORT=9443 livlina-server check-config --json
  livlina-server channel test operator

The desks' channels, [[desk_channel]], stand in the file alone.

After a copy of the database was put back (with its own -wal file, and without any other): run
livlina-server restored before serve, so that clients offer again what the copy does not have.

Signals while serving: TERM, INT stop; HUP reads the certificate again; USR1 switches debug lines.
Exit codes: 0 done; 1 failed (port, disk, another process, already there, a channel that did not take it); 2 wrong usage, configuration or
a file that it names.)";

// A message of SQLite quotes the statement, which may be a whole script.
std::string one_line(std::string_view what) {
  std::string out(what.substr(0, what.find('\n')));
  constexpr std::size_t most = 400;
  if (out.size() > most) out.resize(most);
  return out;
}

// A damaged file is told by SQLite with the statement that met it; a person needs to know what to
// do.
std::string told(std::string_view what) {
  for (const std::string_view damage : {"malformed", "not a database"}) {
    if (what.find(damage) == std::string_view::npos) continue;
    return one_line(what.substr(0, what.find(" in: "))) +
           ". The database is damaged or no database. Keep the file, put back the newest copy in "
           "its place (without -wal and -shm files of the damaged one), run livlina-server "
           "restored, then serve";
  }
  return one_line(what);
}

struct Options {
  std::string config_file;
  std::vector<std::string> settings;
  std::string database;
  std::string address;
  std::string port;
  bool json = false;
  bool new_code = false;
  std::string which;
};

// One line for a person; with --json one object on the standard output as well.
Exit fail(const Options& options, Exit code, const std::string& text, std::ostream& out,
          std::ostream& err) {
  if (options.json) print_failure_json(text, out);
  err << "livlina-server: " << text << "\n";
  return code;
}

ConfigSources sources_of(const Options& options) {
  ConfigSources sources;
  sources.environment = livlina_environment();
  const auto from_environment = sources.environment.find("LIVLINA_CONFIG");
  std::error_code e;
  if (!options.config_file.empty())
    sources.file = options.config_file;
  else if (from_environment != sources.environment.end())
    sources.file = from_environment->second;
  else if (std::filesystem::exists(default_file, e))
    sources.file = default_file;
  const auto shorthand = [&](const char* key, const std::string& value) {
    if (!value.empty()) sources.flags.emplace_back(key, value);
  };
  shorthand("server.database", options.database);
  shorthand("server.address", options.address);
  shorthand("server.port", options.port);
  for (const std::string& setting : options.settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos)
      throw ConfigRefused("flag --set " + setting + ": write it as KEY=VALUE");
    sources.flags.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  return sources;
}

Exit check_config(const Options& options, std::ostream& out, std::ostream& err) {
  const LoadedConfig loaded = load_config(sources_of(options));
  const std::vector<std::string> problems = readiness_problems(loaded.config);
  if (options.json)
    print_config_json(loaded, problems, out);
  else
    print_config(loaded, out);
  if (!options.json) print_verdict(loaded.config, problems.size(), out);
  for (const std::string& problem : problems) err << "livlina-server: " << problem << "\n";
  return problems.empty() ? Exit::ok : Exit::usage;
}

// What does not keep a code from being made, and will be missed later.
void warn_of_init(const Config& config, std::ostream& err) {
  if (const std::string warning = unreachable_code(config); !warning.empty())
    err << "livlina-server: warning: " << warning << "\n";
  if (!config.watch.operator_channel() && !config.watch.demonstration)
    err << "livlina-server: warning: operator_channel: not set; nobody is told when the server "
           "finds nobody to page. check-config lists what is missing\n";
}

// Whoever could read the server's key is refused; so is whoever could read its database.
Config private_config(const Options& options) {
  Config config = load_config(sources_of(options)).config;
  if (const std::string complaint = open_to_others(config); !complaint.empty())
    throw ConfigRefused(complaint);
  return config;
}

Exit run_init(const Options& options, std::ostream& out, std::ostream& err) {
  const Config config = load_config(sources_of(options)).config;
  const Instant now = system_clocks().wall();
  const InitDone made = options.new_code ? new_first_code(config, now) : init(config, now);
  if (options.json)
    print_init_json(made, out);
  else
    print_init(made, out);
  warn_of_init(config, err);
  return Exit::ok;
}

Exit run_restored(const Options& options, std::ostream& out) {
  const RestoreDone done = restored(load_config(sources_of(options)).config);
  if (options.json)
    print_restored_json(done, out);
  else
    print_restored(done, out);
  return Exit::ok;
}

Exit run_channel_test(const Options& options, std::ostream& out) {
  const auto tried = try_channels(load_config(sources_of(options)).config, options.which);
  if (options.json)
    print_channels_json(tried, out);
  else
    print_channels(tried, out);
  const bool all = std::all_of(tried.begin(), tried.end(),
                               [](const ChannelTried& one) { return one.delivered; });
  return all ? Exit::ok : Exit::failed;
}

}  // namespace

Exit run_command_line(const std::vector<std::string>& arguments, std::ostream& out,
                      std::ostream& err) {
  (void)::umask(077);  // whatever is created is for this user alone
  Options options;
  CLI::App app{"livlina-server: keeps messages, check-ins and alarms; cannot read any of them."};
  app.name("livlina-server");
  app.footer(footer);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--config", options.config_file, "Configuration file (TOML)")->type_name("FILE");
  app.add_option("--set", options.settings, "One setting, over file and environment; repeatable")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--database", options.database, "Short for --set server.database=")
      ->type_name("FILE");
  app.add_option("--address", options.address, "Short for --set server.address=")->type_name("IP");
  app.add_option("--port", options.port, "Short for --set server.port=")->type_name("N");
  CLI::App* init_command =
      app.add_subcommand("init", "Make database, key and the code for the first person");
  init_command->add_flag("--json", options.json, "Print one JSON object");
  init_command->add_flag("--new-code", options.new_code,
                         "Another first code for a stopped server without a desk");
  CLI::App* serve_command = app.add_subcommand("serve", "Serve until SIGTERM");
  CLI::App* check_command =
      app.add_subcommand("check-config",
                         "Print every setting and where it comes from, and what is "
                         "missing before real people may be served");
  check_command->add_flag("--json", options.json, "Print one JSON object");
  CLI::App* restored_command = app.add_subcommand(
      "restored", "After a copy of the database was put back: make clients offer again");
  restored_command->add_flag("--json", options.json, "Print one JSON object");
  CLI::App* channel_command =
      app.add_subcommand("channel", "The operator's and the desks' channels");
  channel_command->require_subcommand(1);
  CLI::App* channel_test_command = channel_command->add_subcommand(
      "test", "Send one test notice to each, or to one, and say what came of it");
  channel_test_command->add_option("WHICH", options.which,
                                   "operator, or the first digits of a desk's key");
  channel_test_command->add_flag("--json", options.json, "Print one JSON object");
  app.add_subcommand("version", "Print the version");
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    if (!reversed.empty() && reversed.back() == "help") {  // "help serve" as "serve --help"
      reversed.pop_back();
      reversed.insert(reversed.begin(), "--help");
    }
    if (!reversed.empty() && reversed.back() == "--version") reversed.back() = "version";
    app.parse(reversed);
  } catch (const CLI::CallForHelp& e) {
    (void)app.exit(e, out, err);
    return Exit::ok;
  } catch (const CLI::ParseError& e) {
    const std::vector<std::string> unknown = app.remaining(true);
    const bool no_command =
        app.get_subcommands().empty() && !unknown.empty() && unknown.front().front() != '-';
    options.json =
        std::find(arguments.begin(), arguments.end(), std::string("--json")) != arguments.end();
    return fail(options, Exit::usage,
                (no_command ? "there is no command " + unknown.front() : one_line(e.what())) +
                    "; livlina-server --help shows what there is",
                out, err);
  }
  try {
    if (!crypto::init()) throw std::runtime_error("libsodium does not start");
    if (check_command->parsed()) return check_config(options, out, err);
    if (init_command->parsed()) return run_init(options, out, err);
    if (restored_command->parsed()) return run_restored(options, out);
    if (channel_test_command->parsed()) return run_channel_test(options, out);
    if (serve_command->parsed())
      serve(private_config(options), out);
    else
      print_version(out);
    return Exit::ok;
  } catch (const ConfigRefused& e) {
    return fail(options, Exit::usage, one_line(e.what()), out, err);
  } catch (const StartRefused& e) {
    return fail(options, e.why() == StartRefused::Why::configuration ? Exit::usage : Exit::failed,
                told(e.what()), out, err);
  } catch (const std::exception& e) {
    return fail(options, Exit::failed, told(e.what()), out, err);
  }
}

}  // namespace livlina::server

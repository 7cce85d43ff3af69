// The server's configuration: built-in value < TOML file < environment < flag, one table for all
// keys.
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "server/log/log.hpp"
#include "server/net/net_settings.hpp"
#include "server/services/settings.hpp"

namespace livlina::server {

// A URL to which signed notices are posted (server/channels).
struct WebhookConfig {
  std::string url;  // empty: there is none
  std::string secret_file;
  std::string ca_file;  // empty: whom the system trusts
  bool allow_private = false;
};

// Of one desk.
struct DeskChannel {
  ByteArray<32> desk{};  // its key
  WebhookConfig webhook;
};

struct Config {
  NetSettings net;
  Settings watch;
  std::string public_address;  // "host:port" in the codes that people scan; empty: name and port
  std::string database = "/var/lib/livlina/livlina.db";
  std::uint64_t ballast = std::uint64_t{64} << 20;  // bytes beside the database, for a full disk
  std::string server_key;                     // empty: server-identity.key beside the database
  std::vector<std::string> operator_command;  // empty: no such channel
  WebhookConfig operator_webhook;
  std::vector<DeskChannel> desk_channels;  // their keys stand in watch.desk_channels as well
  log::Level log_level = log::Level::info;
  bool log_json = true;

  [[nodiscard]] std::string server_key_file() const;
  [[nodiscard]] std::string reachable_at() const;
};

// One line: where it stands, what is wrong, what to do.
class ConfigRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The effective value of one key and where it came from.
struct ConfigEntry {
  std::string key;    // "limits.connections"
  std::string value;  // as TOML
  std::string from;   // "default", "FILE:LINE:COLUMN", "environment LIVLINA_...", "flag"
};
struct LoadedConfig {
  Config config;
  std::vector<ConfigEntry> entries;  // in the order of the table
};

struct ConfigSources {
  std::optional<std::string> file;
  std::map<std::string, std::string> environment;          // all variables that begin with LIVLINA_
  std::vector<std::pair<std::string, std::string>> flags;  // key, value
};
// Throws ConfigRefused for an unknown key, a wrong type, a value out of its bounds.
[[nodiscard]] LoadedConfig load_config(const ConfigSources& sources);

// LIVLINA_SERVER_PORT for "server.port".
[[nodiscard]] std::string environment_name(const std::string& key);
// The LIVLINA_ variables of this process.
[[nodiscard]] std::map<std::string, std::string> livlina_environment();

// What keeps a webhook from being sent, one line that begins with `setting`; empty: nothing. Looks
// at the files that are named, and asks no resolver.
[[nodiscard]] std::string webhook_problem(const std::string& setting, const WebhookConfig& webhook);
// The same of all that are configured.
[[nodiscard]] std::vector<std::string> readiness_of_webhooks(const Config& config);
// What keeps the operator's command from being run; empty: nothing, or there is none.
[[nodiscard]] std::string operator_command_problem(const Config& config);

// What keeps this configuration from serving real people, one line each; empty: nothing. Looks at
// the files that are named.
[[nodiscard]] std::vector<std::string> readiness_problems(const Config& config);
// Why nobody may reach the address in the codes that people scan; empty: somebody chose it.
[[nodiscard]] std::string unreachable_code(const Config& config);
// Which file of the database others than this user may open, and what to do; empty: none.
[[nodiscard]] std::string open_to_others(const Config& config);

}  // namespace livlina::server

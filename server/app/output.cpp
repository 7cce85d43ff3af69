#include "server/app/output.hpp"

#include <algorithm>
#include <ctime>
#include <iomanip>
#include <ostream>

#include "protocol/codec.hpp"
#include "server/app/config_table.hpp"
#include "server/store/db.hpp"
#include "server/store/schema.hpp"

namespace livlina::server {

namespace {

std::string utc(Instant at) {
  const std::time_t seconds = at / 1000;
  std::tm parts{};
  (void)::gmtime_r(&seconds, &parts);
  char out[32];
  const std::size_t n = std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {out, n};
}

}  // namespace

void print_config(const LoadedConfig& loaded, std::ostream& out) {
  std::size_t width = 0;
  for (const ConfigEntry& e : loaded.entries)
    width = std::max(width, e.key.size() + e.value.size() + 3);
  width = std::min<std::size_t>(width, 60);
  for (const ConfigEntry& e : loaded.entries)
    out << std::left << std::setw(static_cast<int>(width)) << (e.key + " = " + e.value) << "  # "
        << e.from << "\n";
}

void print_verdict(const Config& config, std::size_t problems, std::ostream& out) {
  if (config.watch.demonstration)
    out << "# demonstration.enabled = true: its times are not safe. No real person may be "
           "served by this.\n";
  if (problems == 0)
    out << (config.watch.demonstration ? "# Everything else is in order.\n"
                                       : "# All in order: real people may be served.\n");
  else
    out << "# Not in order: " << problems << (problems == 1 ? " problem" : " problems")
        << ", told on the standard error.\n";
}

void print_config_json(const LoadedConfig& loaded, const std::vector<std::string>& problems,
                       std::ostream& out) {
  out << "{\"ready\":" << (problems.empty() ? "true" : "false") << ",\"problems\":[";
  for (std::size_t i = 0; i < problems.size(); ++i)
    out << (i == 0 ? "" : ",") << quoted(problems[i]);
  out << "],\"demonstration\":" << (loaded.config.watch.demonstration ? "true" : "false")
      << ",\"settings\":{";
  for (std::size_t i = 0; i < loaded.entries.size(); ++i) {
    const ConfigEntry& e = loaded.entries[i];
    out << (i == 0 ? "" : ",") << quoted(e.key) << ":{\"value\":" << e.value
        << ",\"from\":" << quoted(e.from) << "}";
  }
  out << "}}\n";
}

void print_init(const InitDone& made, std::ostream& out) {
  out << "database: " << made.database << "\n"
      << "identity: " << made.identity_file << "\n"
      << "address: " << made.address << "\n"
      << "server_key: " << made.server_key << "\n"
      << "code: " << made.code << "\n"
      << "expires: " << utc(made.expires_at) << "\n"
      << "Hand over the code, and nothing else, in person, to the first coordinator, who types:\n"
      << "    livlina enrol --code - --name NAME     (then the code), then: livlina desk create "
         "NAME\n"
      << "Whoever has the code may set up the desk. It is shown this once.\n"
      << "Back up the identity file now; without it every client would have to be paired again.\n";
}

void print_init_json(const InitDone& made, std::ostream& out) {
  out << "{\"database\":" << quoted(made.database) << ",\"identity\":" << quoted(made.identity_file)
      << ",\"address\":" << quoted(made.address) << ",\"server_key\":" << quoted(made.server_key)
      << ",\"secret\":" << quoted(made.secret) << ",\"code\":" << quoted(made.code)
      << ",\"expires_at\":" << made.expires_at << "}\n";
}

void print_failure_json(const std::string& text, std::ostream& out) {
  out << "{\"ok\":false,\"message\":" << quoted(text) << "}\n";
}

void print_restored(const RestoreDone& done, std::ostream& out) {
  out << "database: " << done.database << "\n"
      << "copy_of: " << utc(done.copied_at) << "\n"
      << "epoch: " << done.epoch << "\n"
      << "The epoch is new: every client that logs in gives again what it had signed since the "
         "copy, and each message without a receipt.\n"
      << "Until then the server goes by the copy. What nobody gives again: acts of that time, and "
         "who joined in it. Tell the desks.\n";
}

void print_restored_json(const RestoreDone& done, std::ostream& out) {
  out << "{\"database\":" << quoted(done.database) << ",\"copy_of\":" << done.copied_at
      << ",\"epoch\":" << done.epoch << "}\n";
}

void print_channels(const std::vector<ChannelTried>& tried, std::ostream& out) {
  for (const ChannelTried& one : tried)
    out << one.channel << ": " << (one.delivered ? "delivered" : "not delivered") << ": "
        << one.told << "\n";
}

void print_channels_json(const std::vector<ChannelTried>& tried, std::ostream& out) {
  out << "{\"channels\":[";
  for (std::size_t i = 0; i < tried.size(); ++i)
    out << (i == 0 ? "" : ",") << "{\"channel\":" << quoted(tried[i].channel)
        << ",\"delivered\":" << (tried[i].delivered ? "true" : "false")
        << ",\"told\":" << quoted(tried[i].told) << "}";
  out << "]}\n";
}

void print_version(std::ostream& out) {
  out << "livlina-server " << LIVLINA_VERSION << " wire " << protocol::wire_version << " schema "
      << store::schema_version() << "\n";
}

}  // namespace livlina::server

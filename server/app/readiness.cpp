// What keeps a configuration from serving real people: the check behind check-config.
#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "server/app/config.hpp"
#include "server/app/descriptors.hpp"
#include "server/app/private_file.hpp"
#include "server/net/certificate_name.hpp"
#include "server/net/tls_context.hpp"
#include "server/store/ballast.hpp"
#include "server/store/schema.hpp"

namespace livlina::server {

namespace {

void check_operator_channel(const Config& config, std::vector<std::string>& problems) {
  // watch.md, rule 14: without it no category 1 circle could be armed.
  if (config.operator_command.empty() && config.operator_webhook.url.empty() &&
      !config.watch.demonstration)
    problems.emplace_back(
        "operator_channel: not set; category 1 needs a channel that is tied to no device: set "
        "operator_channel.type = \"command\" and operator_channel.command = [\"/path\", ...], or "
        "\"webhook\" with operator_channel.url and operator_channel.secret_file");
  if (const std::string problem = operator_command_problem(config); !problem.empty())
    problems.push_back(problem);
}

// What `serve` would refuse is said before it is needed.
void check_database(const Config& config, std::vector<std::string>& problems) {
  std::error_code e;
  if (!std::filesystem::exists(config.database, e)) return;
  if (std::filesystem::file_size(config.database, e) == 0 && !e) {
    problems.push_back("server.database: " + config.database +
                       " is empty; restore it from the backup, or remove it and run "
                       "livlina-server init");
    return;
  }
  try {
    store::Db db(config.database, store::Db::Mode::read_only);
    store::check_schema(db);
    (void)read_identity(config.server_key_file());
  } catch (const std::exception& refused) {
    problems.push_back("server.database: " + config.database + ": " + refused.what());
  }
}

// What is refused when the server begins with less.
void check_room(const Config& config, std::vector<std::string>& problems) {
  constexpr std::uint64_t mib = 1 << 20;
  const store::BallastFile ballast(config.database, config.ballast);
  const auto room = ballast.room();
  if (ballast.there() || !room || *room >= 2 * config.ballast) return;
  problems.push_back("limits.ballast_mib: the disk of " + config.database + " has " +
                     std::to_string(*room / mib) + " MiB left, and messages are refused below " +
                     std::to_string(2 * config.ballast / mib) +
                     ", twice what is kept for alarms and check-ins; make room, or lower it");
}

// "name:port", as clients reach the server.
bool is_host_and_port(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const std::string port = text.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string::npos;
  const bool host = std::none_of(text.begin(), text.end(), [](unsigned char c) {
    return c <= ' ' || c >= 0x7f || c == '/' || c == '@';
  });
  return digits && host && std::stoi(port) >= 1 && std::stoi(port) <= 65'535;
}

// The certificate is read, in its time, of its key, and for the name by which clients come.
void check_certificate(const Config& config, std::vector<std::string>& problems) {
  try {
    const TlsContext context = make_tls_context(config.net.certificate, config.net.key,
                                                config.net.tls12, std::time(nullptr));
    const std::string host = config.public_address.substr(0, config.public_address.rfind(':'));
    if (is_host_and_port(config.public_address) && !certificate_names(context.get(), host))
      problems.push_back("server.certificate: " + config.net.certificate + " is not for " + host +
                         ", the name in server.public_address: clients refuse it; get one for "
                         "that name, or correct the name");
  } catch (const TlsFilesRefused& e) {
    problems.emplace_back(e.what());
  }
}

void check_addresses(const Config& config, std::vector<std::string>& problems) {
  in6_addr address{};
  if (::inet_pton(AF_INET, config.net.address.c_str(), &address) != 1 &&
      ::inet_pton(AF_INET6, config.net.address.c_str(), &address) != 1)
    problems.push_back("server.address: " + config.net.address +
                       " is no IP address; use 0.0.0.0, :: or one of this machine's");
  if (!config.public_address.empty() && !is_host_and_port(config.public_address))
    problems.push_back("server.public_address: " + config.public_address +
                       " is not HOST:PORT; write for example livlina.example:8443");
  else if (const auto warning = unreachable_code(config);
           !warning.empty() && !config.watch.demonstration)
    problems.push_back(warning);
}

// What the server keeps is for its own user alone.
void check_private_files(const Config& config, std::vector<std::string>& problems) {
  const std::string complaint = open_to_others(config);
  if (!complaint.empty()) problems.push_back(complaint);
}

void check_descriptors(const Config& config, std::vector<std::string>& problems) {
  const std::uint64_t most = most_connections();
  if (config.net.connections > most)
    problems.push_back(
        "limits.connections: " + std::to_string(config.net.connections) +
        " is more than this process may open: " + std::to_string(most) +
        "; raise the hard limit of open files (LimitNOFILE, ulimit -Hn) or lower it");
}

}  // namespace

std::string operator_command_problem(const Config& config) {
  if (config.operator_command.empty()) return {};
  const std::string& program = config.operator_command.front();
  const std::string named = "operator_channel.command: " + program;
  struct stat s{};
  if (program.empty() || program.front() != '/')
    return named + " is no absolute path; the search path is not used";
  if (::stat(program.c_str(), &s) != 0 || !S_ISREG(s.st_mode))
    return named + " does not exist; install it or name another";
  if (::access(program.c_str(), X_OK) != 0)
    return named + " cannot be run by this user; chmod +x it";
  if ((s.st_mode & S_IWOTH) != 0) return named + " may be changed by every user; chmod o-w it";
  return {};
}

std::string unreachable_code(const Config& config) {
  if (!config.public_address.empty()) return {};
  return "server.public_address: not set; the codes that people scan name " +
         config.reachable_at() +
         ", which is server.name: set it to the HOST:PORT by which clients reach this server";
}

std::string open_to_others(const Config& config) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const std::string file = config.database + suffix;
    struct stat s{};
    if (::stat(file.c_str(), &s) != 0) continue;
    if ((s.st_mode & 077) != 0)
      return "server.database: " + file + " is open to other users; chmod 0600 it";
    if (s.st_uid != ::geteuid() && s.st_uid != 0)
      return "server.database: " + file + " belongs to another user; chown it to this user";
  }
  return {};
}

std::vector<std::string> readiness_problems(const Config& config) {
  std::vector<std::string> problems;
  check_certificate(config, problems);
  const auto directory = std::filesystem::path(config.database).parent_path();
  std::error_code e;
  if (!std::filesystem::is_directory(directory, e))
    problems.push_back("server.database: directory " + directory.string() +
                       " does not exist; livlina-server init creates it");
  else if (::access(directory.c_str(), W_OK | X_OK) != 0)
    problems.push_back("server.database: directory " + directory.string() +
                       " cannot be written by this user; chown it");
  check_addresses(config, problems);
  check_private_files(config, problems);
  check_database(config, problems);
  check_room(config, problems);
  check_operator_channel(config, problems);
  for (std::string& problem : readiness_of_webhooks(config)) problems.push_back(std::move(problem));
  check_descriptors(config, problems);
  return problems;
}

}  // namespace livlina::server

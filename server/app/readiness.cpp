// What keeps a configuration from serving real people: the check behind check-config.
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>

#include "server/app/config.hpp"
#include "server/net/tls_context.hpp"

namespace livlina::server {

namespace {

void check_operator_channel(const Config& config, std::vector<std::string>& problems) {
  if (config.operator_command.empty()) {
    // watch.md, rule 14: without it no category 1 circle could be armed.
    if (!config.watch.demonstration)
      problems.emplace_back(
          "operator_channel: not set; category 1 needs a channel that is tied to no device: set "
          "operator_channel.type = \"command\" and operator_channel.command = [\"/path\", ...]");
    return;
  }
  const std::string& program = config.operator_command.front();
  struct stat s{};
  if (program.empty() || program.front() != '/')
    problems.push_back("operator_channel.command: " + program +
                       " is no absolute path; the search path is not used");
  else if (::stat(program.c_str(), &s) != 0 || !S_ISREG(s.st_mode))
    problems.push_back("operator_channel.command: " + program +
                       " does not exist; install it or name another");
  else if (::access(program.c_str(), X_OK) != 0)
    problems.push_back("operator_channel.command: " + program +
                       " cannot be run by this user; chmod +x it");
  else if ((s.st_mode & S_IWOTH) != 0)
    problems.push_back("operator_channel.command: " + program +
                       " may be changed by every user; chmod o-w it");
}

}  // namespace

std::vector<std::string> readiness_problems(const Config& config) {
  std::vector<std::string> problems;
  try {
    (void)make_tls_context(config.net.certificate, config.net.key, config.net.tls12,
                           std::time(nullptr));
  } catch (const TlsFilesRefused& e) {
    problems.emplace_back(e.what());
  }
  const auto directory = std::filesystem::path(config.database).parent_path();
  std::error_code e;
  if (!std::filesystem::is_directory(directory, e))
    problems.push_back("server.database: directory " + directory.string() +
                       " does not exist; livlina-server init creates it");
  else if (::access(directory.c_str(), W_OK | X_OK) != 0)
    problems.push_back("server.database: directory " + directory.string() +
                       " cannot be written by this user; chown it");
  check_operator_channel(config, problems);
  return problems;
}

}  // namespace livlina::server

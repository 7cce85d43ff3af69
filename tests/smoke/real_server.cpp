#include "tests/smoke/real_server.hpp"

#include <sys/resource.h>

#include <nlohmann/json.hpp>

namespace livlina::testing {

RealServer::RealServer(const std::string& more) {
  make_certificate(certificate(), dir_.file("key.pem"));
  (void)dir_.write("server.toml",
                   "[server]\nname = \"demonstration\"\naddress = \"127.0.0.1\"\n"
                   "port = 0\npublic_address = \"127.0.0.1:1\"\ncertificate = \"" +
                       certificate() + "\"\nkey = \"" + dir_.file("key.pem") + "\"\ndatabase = \"" +
                       database() +
                       "\"\n[demonstration]\nenabled = true\n[log]\nlevel = \"error\"\n" + more);
}

std::vector<std::string> RealServer::command(const std::vector<std::string>& words) const {
  std::vector<std::string> all = {LIVLINA_SERVER_BINARY, "--config", config_file()};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

std::string RealServer::init() {
  Process process(command({"init", "--json"}));
  std::string output;
  while (auto line = process.line()) output += *line;
  const auto made = nlohmann::json::parse(output, nullptr, false);
  if (process.wait() != 0 || !made.is_object() || !made.contains("code")) return {};
  return made["code"].get<std::string>();
}

bool RealServer::start(std::uint16_t port) {
  process_ = std::make_unique<Process>(command({"serve", "--port", std::to_string(port)}));
  const auto line = process_->line_with("listening on");
  if (!line) return false;
  log_.clear();
  port_ = static_cast<std::uint16_t>(std::stoi(line->substr(line->rfind(' ') + 1)));
  return true;
}

std::string RealServer::log() {
  while (const auto line = process_->line(std::chrono::milliseconds(20))) log_ += *line + "\n";
  return log_;
}

bool RealServer::bound_files(std::optional<std::uint64_t> bytes) const {
  rlimit limit{bytes.value_or(RLIM_INFINITY), RLIM_INFINITY};
  return ::prlimit(process_->pid(), RLIMIT_FSIZE, &limit, nullptr) == 0;
}

std::optional<int> RealServer::wait() { return process_->wait(); }

WsOptions RealServer::at() const {
  WsOptions options;
  options.port = port_;
  return options;
}

}  // namespace livlina::testing

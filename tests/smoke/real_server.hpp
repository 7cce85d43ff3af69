// The real livlina-server as a process of its own: a demonstration with a fresh database, on a port
// that the system chooses at every start.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/server/process.hpp"
#include "tests/server/temp_dir.hpp"
#include "tests/support/ws_client.hpp"

namespace livlina::testing {

class RealServer {
 public:
  // Makes certificate and configuration; `more` is TOML behind them. Nothing runs yet.
  explicit RealServer(const std::string& more = {});

  // Runs `init`: the first invitation's code as hexadecimal digits; empty when it failed.
  [[nodiscard]] std::string init();
  // Starts it and waits until it listens; false when it does not. `port` 0: any free one.
  [[nodiscard]] bool start(std::uint16_t port = 0);
  // What it wrote since it listens: its log.
  [[nodiscard]] std::string log();
  // Bounds what the running process may write into one file, in bytes: its disk is full there.
  // Nothing: no bound.
  [[nodiscard]] bool bound_files(std::optional<std::uint64_t> bytes) const;
  [[nodiscard]] bool started() const { return process_ != nullptr; }
  void signal(int number) const { process_->signal(number); }
  // Waits for the end of the process: its exit code, 128 + n for signal n; nothing after the limit.
  [[nodiscard]] std::optional<int> wait();
  [[nodiscard]] int pid() const { return process_->pid(); }  // of the running process

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] WsOptions at() const;
  [[nodiscard]] std::string database() const { return dir_.file("data/livlina.db"); }
  [[nodiscard]] std::string certificate() const { return dir_.file("certificate.pem"); }
  [[nodiscard]] std::string config_file() const { return dir_.file("server.toml"); }
  [[nodiscard]] const TempDir& dir() const { return dir_; }
  // The words that run the server's binary with this configuration.
  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& words) const;

 private:
  TempDir dir_;
  std::unique_ptr<Process> process_;
  std::string log_;
  std::uint16_t port_ = 0;
};

}  // namespace livlina::testing

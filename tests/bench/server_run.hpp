// The real server under load: a fresh database, limits that do not hinder, and what its process
// used.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "tests/bench/flush_counts.hpp"
#include "tests/bench/process_use.hpp"
#include "tests/smoke/real_server.hpp"

namespace livlina::server::store {
class Db;
}

namespace livlina::bench {

// Of the whole process since it began.
struct Used {
  CpuUse cpu;
  std::uint64_t log_flushes = 0;
  std::uint64_t checkpoints = 0;
  // One for each commit. A checkpoint flushes the log once before it moves it and once when the log
  // begins anew: these are counted apart.
  [[nodiscard]] std::uint64_t commit_flushes() const {
    return log_flushes - std::min(log_flushes, 2 * checkpoints);
  }
};
[[nodiscard]] Used operator+(const Used& one, const Used& more);
[[nodiscard]] Used operator-(const Used& later, const Used& earlier);

class ServerRun {
 public:
  // Runs `init` and lets `fill` write rows before the first start; throws Failed.
  explicit ServerRun(const std::function<void(server::store::Db&)>& fill);
  ~ServerRun();
  ServerRun(const ServerRun&) = delete;
  ServerRun& operator=(const ServerRun&) = delete;

  // Opens its database while it does not run.
  void with_database(const std::function<void(server::store::Db&)>& write);
  // Throws Failed when it does not start.
  void start();
  void stop();
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] std::string database() const { return server_.database(); }
  [[nodiscard]] testing::WsOptions at() const { return server_.at(); }
  [[nodiscard]] Used used() const;
  [[nodiscard]] std::uint64_t resident_kib() const;

 private:
  testing::RealServer server_;
  std::string counts_file_;
  FlushCounts* counts_ = nullptr;
  bool running_ = false;
};

}  // namespace livlina::bench

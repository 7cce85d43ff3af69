// Redis as the peer: a process of its own on a free port of the loopback, every command flushed to
// the disk before its reply, plain TCP.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "tests/bench/loop.hpp"
#include "tests/bench/process_use.hpp"
#include "tests/server/process.hpp"
#include "tests/server/temp_dir.hpp"

namespace livlina::bench {

class Redis {
 public:
  // redis-server of the system, or of LIVLINA_REDIS; nullptr: there is none.
  [[nodiscard]] static std::unique_ptr<Redis> start();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] CpuUse cpu() const { return cpu_of(process_->pid()); }

 private:
  explicit Redis(const std::string& binary);
  testing::TempDir dir_;
  std::uint16_t port_;
  std::unique_ptr<testing::Process> process_;  // killed at the end
};

// One connection with at most one command without a reply.
class RedisLink final : public Watched {
 public:
  using Replied = std::function<void(RedisLink&)>;
  RedisLink(Loop& loop, std::uint16_t port, Replied replied);
  ~RedisLink() override;
  void ready() override;
  // In Redis's own form (RESP).
  void command(const std::string& resp);
  Clock::time_point sent{};

 private:
  void flush();
  Loop& loop_;
  int fd_;
  Replied replied_;
  std::string in_;
  std::string out_;
  bool writing_ = true;
};

// The bytes of a command with these words.
[[nodiscard]] std::string redis_command(std::initializer_list<std::string> words);

}  // namespace livlina::bench

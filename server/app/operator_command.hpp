// The operator's channel: runs a command with ids only, outside the database thread, until it
// succeeds.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "server/services/watch.hpp"

namespace livlina::server {

struct OperatorCommandLimits {
  Duration time = 10 * second;  // then the command and its children are killed
  unsigned at_once = 4;
};

// The command gets three arguments behind its own: incident id (32 hex digits; zeros: it is about
// the server), severity (1 to 4; 0: none), code (a word). Its environment is PATH and LANG, its
// standard input is empty, its output is thrown away. Exit code 0 within the limit means delivered.
class OperatorCommand {
 public:
  // `done` is called from a thread of this class.
  using Done = std::function<void(const NoticeId& id, bool delivered)>;
  OperatorCommand(std::vector<std::string> command, Done done, OperatorCommandLimits limits = {});
  // Stops.
  ~OperatorCommand();
  OperatorCommand(const OperatorCommand&) = delete;
  OperatorCommand& operator=(const OperatorCommand&) = delete;

  // Never waits. A notice that is waiting or running is not taken twice, and none after stop().
  // From any thread.
  void send(const OperatorNotice& notice);
  // Kills what is still running, and nothing runs or is reported any more: the engine sends those
  // notices again after the next start. From one thread, while others may still send.
  void stop();

 private:
  void work();
  [[nodiscard]] bool run(const OperatorNotice& notice) const;

  const std::vector<std::string> command_;
  const Done done_;
  const OperatorCommandLimits limits_;
  const int stop_event_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::deque<OperatorNotice> waiting_;
  std::set<NoticeId> known_;  // waiting or running
  std::vector<std::thread> threads_;
};

}  // namespace livlina::server

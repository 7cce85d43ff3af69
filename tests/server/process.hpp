// A program run by a test: its output, its signals, its exit code.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace livlina::testing {

class Process {
 public:
  // Standard output and error come together.
  explicit Process(const std::vector<std::string>& command);
  ~Process();  // kills it if it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The next line of output; nothing at its end or after the limit.
  [[nodiscard]] std::optional<std::string> line(
      std::chrono::milliseconds limit = std::chrono::seconds(20));
  // Reads lines until one contains `text`.
  [[nodiscard]] std::optional<std::string> line_with(const std::string& text);
  void signal(int number) const;
  [[nodiscard]] int pid() const { return pid_; }
  // Waits for the end: the exit code, 128 + n for signal n; nothing after the limit.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds limit = std::chrono::seconds(20));

 private:
  int pid_ = -1;
  int output_ = -1;
  std::string buffer_;
};

}  // namespace livlina::testing

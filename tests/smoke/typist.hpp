// A command at a terminal of its own, and somebody who types there.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace livlina::testing {

inline constexpr const char* ctrl_c = "\x03";
inline constexpr const char* ctrl_d = "\x04";

class Typist {
 public:
  // The terminal is standard input, output and error, and the one that PINs are asked on.
  explicit Typist(const std::vector<std::string>& command);
  ~Typist();  // kills it if it still runs
  Typist(const Typist&) = delete;
  Typist& operator=(const Typist&) = delete;

  // Waits until the screen shows `text` behind what was waited for before; false after 20 s.
  [[nodiscard]] bool sees(const std::string& text);
  void types(const std::string& text) const;
  // Waits for `question`, then types the answer and Enter.
  [[nodiscard]] bool answers(const std::string& question, const std::string& answer);
  // Ctrl-C as it comes when the system hands it to another thread than the one that asks; false
  // when the command has only one.
  [[nodiscard]] bool stops_beside() const;
  // The exit code, 128 + n for signal n, -1 after 20 s; reads the screen to its end.
  [[nodiscard]] int ends();
  [[nodiscard]] const std::string& screen() const { return screen_; }

 private:
  [[nodiscard]] bool read_some(std::chrono::milliseconds limit);
  int pid_ = -1;
  int terminal_ = -1;
  std::string screen_;
  std::size_t seen_ = 0;
};

}  // namespace livlina::testing

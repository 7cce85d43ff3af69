// A question at the terminal, as long as it waits for its answer.
#pragma once

#include <signal.h>

#include <array>
#include <optional>
#include <string>

namespace livlina::cli {

// While a question waits, and from before it is shown: Ctrl-C ends the question and not the
// process, so that nothing stays half done and the terminal shows again what is typed.
class Question {
 public:
  Question();
  ~Question();
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  // The next byte of the terminal; nothing at its end, or when the person does not want to answer.
  [[nodiscard]] std::optional<char> next(int tty) const;
  // The person does not want to answer.
  [[nodiscard]] bool was_stopped() const;

 private:
  std::array<struct sigaction, 3> before_{};  // of Ctrl-C, of the end asked for, of a line lost
};

// Throws Failure ("cancelled").
[[noreturn]] void not_answered();
// Shows `prompt`, then reads one line, or with `whole` everything up to Ctrl-D, of the standard
// input. Throws Failure ("cancelled") without an answer.
[[nodiscard]] std::string typed(const std::string& prompt, bool whole);

}  // namespace livlina::cli

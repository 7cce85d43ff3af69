// A command that cannot be done: what is wrong, where, and what to do; and the exit code for it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace livlina::cli {

// The command line's exit codes, documented in `livlina help`.
enum class Exit : std::uint8_t {
  done = 0,
  failed = 1,       // the command was understood and could not be done
  usage = 2,        // wrong words or options
  offline = 3,      // the server cannot be reached; what was queued will be sent later
  not_trusted = 4,  // a signature, key or list does not verify
  refused = 5,      // the server refused
  locked = 6,       // wrong PIN, or the state folder is in use
  timeout = 7,      // what was waited for did not come in time
};

// Of a check-in or an alarm that could not be given, after what was wrong.
inline constexpr const char* nobody_was_told = " NOBODY was told. In danger call 112.";

// Thrown inside the command line only, printed once by main.
class Failure : public std::runtime_error {
 public:
  Failure(Exit exit_code, const std::string& message, std::string word = {})
      : std::runtime_error(message), exit_(exit_code), word_(std::move(word)) {}
  [[nodiscard]] Exit exit_code() const { return exit_; }
  [[nodiscard]] const std::string& word() const { return word_; }  // stable, for --json

 private:
  Exit exit_;
  std::string word_;
};

}  // namespace livlina::cli

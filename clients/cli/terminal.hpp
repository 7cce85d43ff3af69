// The person at the terminal: PINs without echo, yes or no, colour only where it is seen.
#pragma once

#include <string>
#include <string_view>

#include "crypto/core/secret.hpp"

namespace livlina::cli {

// The PIN from a file (first line), or asked without echo. Throws Failure: no file, no terminal.
[[nodiscard]] crypto::SecretBytes read_pin(const std::string& file, const std::string& question);
// Asks until yes or no. Throws Failure without a terminal: say it with an option then.
[[nodiscard]] bool ask_yes_no(const std::string& question);
[[nodiscard]] bool stdout_is_terminal();
// Red, green or bold on a terminal, plain text elsewhere or with NO_COLOR.
[[nodiscard]] std::string red(std::string_view text);
[[nodiscard]] std::string green(std::string_view text);
[[nodiscard]] std::string bold(std::string_view text);
// Text of others without control characters, so that a message cannot steer the terminal.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace livlina::cli

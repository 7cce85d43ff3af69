// The person at the terminal: PINs without echo, yes or no, colour only where it is seen. Every
// question throws Failure ("cancelled") at Ctrl-C or the end of the input: no answer is no empty
// one.
#pragma once

#include <string>
#include <string_view>

#include "crypto/core/secret.hpp"

namespace livlina::cli {

// The PIN from a file (first line), or asked without echo. Throws Failure: no file, one that others
// may read, no terminal (`option` is then named).
[[nodiscard]] crypto::SecretBytes read_pin(const std::string& file, const std::string& question,
                                           const std::string& option = "--pin-file");
// The same for a PIN that is set anew: asked twice on a terminal, and again while it is too short.
[[nodiscard]] crypto::SecretBytes new_pin(const std::string& file, const std::string& option);
// The one beside `real`. Empty only when somebody said so at the terminal; an empty file is
// refused.
[[nodiscard]] crypto::SecretBytes new_duress_pin(const std::string& file, const std::string& option,
                                                 const crypto::SecretBytes& real);
// One line of the standard input, asked for when that is a terminal; with echo.
[[nodiscard]] std::string read_words(const std::string& question);
// What an option says; "-": the whole standard input, which no other user of the machine sees.
[[nodiscard]] std::string text_of_option(const std::string& value);
// Asks until yes or no (y, n). Throws Failure without a terminal: say it with an option then.
[[nodiscard]] bool ask_yes_no(const std::string& question);
[[nodiscard]] bool stdin_is_terminal();
[[nodiscard]] bool stdout_is_terminal();
[[nodiscard]] std::size_t screen_columns();  // of the terminal; 0: not known, or none
[[nodiscard]] bool stdout_has_colours();     // a terminal, and no NO_COLOR
// Red, green or bold on a terminal, plain text elsewhere or with NO_COLOR.
[[nodiscard]] std::string red(std::string_view text);
[[nodiscard]] std::string green(std::string_view text);
[[nodiscard]] std::string bold(std::string_view text);

// Names, details and ids of others, on one line: every control character, line break, direction
// mark and invisible character is a '?', and several spaces are one, so that they can neither steer
// the terminal nor pose as a line of ours.
[[nodiscard]] std::string printable(std::string_view text);
// A text of others on lines of its own, each with a mark before it that no text can forge away: a
// line never gets longer than the terminal is wide, where that is known.
[[nodiscard]] std::string quoted(std::string_view text);
// The same with lines of at most `columns`; 0: as long as they are.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t columns);

}  // namespace livlina::cli

// What stands below the options of each command's help: its own examples, and the exit codes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace livlina::cli {

inline constexpr std::string_view exit_codes =
    "Exit codes:\n"
    "  0 done   1 could not be done   2 wrong words or options   3 the server cannot be reached\n"
    "  4 something does not verify: nothing was changed   5 the server refused\n"
    "  6 wrong PIN, or state folder in use or not private   7 what was waited for did not come";

// After every command was added.
void finish_help(CLI::App& app);
// "help" and "help plan set", behind options of `app` or not, as the option that the parser knows.
[[nodiscard]] std::vector<std::string> with_help_option(std::vector<std::string> words,
                                                        const CLI::App& app);
// "livlina plan set": as far as the parser came.
[[nodiscard]] std::string command_path(const CLI::App& app);
// "There is no command desk fly" for words that name no command; empty when that is not what is
// wrong.
[[nodiscard]] std::string unknown_command(const CLI::App& app);

}  // namespace livlina::cli

// What stands below the options of each command's help: its own examples, and the exit codes.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace livlina::cli {

// After every command was added.
void finish_help(CLI::App& app);
// "help" and "help plan set", behind options or not, as the option that the parser knows.
[[nodiscard]] std::vector<std::string> with_help_option(std::vector<std::string> words);
// "There is no command desk fly" for words that name no command; empty when that is not what is
// wrong.
[[nodiscard]] std::string unknown_command(const CLI::App& app);

}  // namespace livlina::cli

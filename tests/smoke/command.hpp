// A command run to its end, as a user types it: exit code, standard output and standard error.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace livlina::testing {

struct Outcome {
  int code = -1;  // -1: it did not end within a minute and was killed
  std::string out;
  std::string err;

  [[nodiscard]] std::size_t err_lines() const;
  // The last JSON value of the output, or null.
  [[nodiscard]] nlohmann::json json() const;
};

// Has no terminal and an empty standard input. `meanwhile` is called all the time while it runs.
// `largest_file` bounds what it may write into one file, in blocks of 512 bytes; 0: no bound.
[[nodiscard]] Outcome run_command(const std::vector<std::string>& command,
                                  const std::function<void()>& meanwhile = {},
                                  unsigned largest_file = 0);

}  // namespace livlina::testing

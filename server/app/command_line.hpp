// What a person types: livlina-server init | serve | check-config | restored |
// channel test | version.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace livlina::server {

enum class Exit : std::uint8_t {
  ok = 0,
  failed = 1,  // the circumstances: port, disk, another process, a database that is there already
  usage = 2,   // the command line, the configuration or a file that it names
};

// `arguments` without the program's name. Results go to `out`, one line per problem to `err`.
[[nodiscard]] Exit run_command_line(const std::vector<std::string>& arguments, std::ostream& out,
                                    std::ostream& err);

}  // namespace livlina::server

// Parses, builds, runs.
#include <iostream>

#include "server/app/command_line.hpp"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return static_cast<int>(livlina::server::run_command_line(arguments, std::cout, std::cerr));
}

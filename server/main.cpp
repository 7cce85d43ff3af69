// Parses, builds, runs.
#include <sys/prctl.h>
#include <sys/resource.h>

#include <iostream>

#include "server/app/command_line.hpp"

namespace {

// The server's key and what passes through are in no core file and for no debugger of this user.
void keep_memory_private() {
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
#ifndef LIVLINA_LEAK_CHECK  // which reads the memory of its own process
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  keep_memory_private();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return static_cast<int>(livlina::server::run_command_line(arguments, std::cout, std::cerr));
}

#include "clients/cli/secrecy.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace livlina::cli {

void keep_memory_private() {
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
#ifndef LIVLINA_LEAK_CHECK  // which reads the memory of its own process
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

}  // namespace livlina::cli

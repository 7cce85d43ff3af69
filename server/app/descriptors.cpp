#include "server/app/descriptors.hpp"

#include <sys/resource.h>

namespace livlina::server {

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

std::uint64_t most_connections() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return reserved_descriptors;
  const std::uint64_t all = limit.rlim_max;
  return all > reserved_descriptors ? all - reserved_descriptors : 1;
}

}  // namespace livlina::server

#include "clients/cli/moment.hpp"

#include <time.h>

#include "clients/cli/socket.hpp"

namespace livlina::cli {

client::Moment moment() {
  timespec t{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &t);
  return {wall_now(), Instant{t.tv_sec} * second + t.tv_nsec / 1'000'000};
}

}  // namespace livlina::cli

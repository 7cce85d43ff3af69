#include "server/time/clocks.hpp"

#include <ctime>

namespace livlina::server {

namespace {

std::int64_t milliseconds(clockid_t clock) {
  timespec t{};
  (void)::clock_gettime(clock, &t);  // cannot fail for these clocks
  return static_cast<std::int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
}

class SystemClocks final : public Clocks {
 public:
  [[nodiscard]] Instant wall() const override { return milliseconds(CLOCK_REALTIME); }
  [[nodiscard]] Duration boot() const override { return milliseconds(CLOCK_BOOTTIME); }
};

}  // namespace

const Clocks& system_clocks() {
  static const SystemClocks clocks;
  return clocks;
}

Duration steady_now() { return milliseconds(CLOCK_MONOTONIC); }

}  // namespace livlina::server

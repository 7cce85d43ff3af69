#include "tests/protocol/local_clock.hpp"

#include <chrono>
#include <cstdlib>
#include <ctime>

#ifdef __EMSCRIPTEN__
#include <emscripten.h>
// The C library's local time is that of Node's Date, which follows this variable.
EM_JS(void, set_clock_zone, (const char* zone), { process.env.TZ = UTF8ToString(zone); })
#else
static void set_clock_zone(const char* zone) {
  setenv("TZ", zone, 1);
  tzset();
}
#endif

namespace livlina::testing {

Instant utc(int y, unsigned m, unsigned d, int h, int min) {
  const std::chrono::sys_days days =
      std::chrono::year{y} / std::chrono::month{m} / std::chrono::day{d};
  return days.time_since_epoch().count() * day + h * hour + min * minute;
}

LocalClock::LocalClock(const std::string& zone) { set_clock_zone(zone.c_str()); }
LocalClock::~LocalClock() { set_clock_zone("UTC"); }

Shown LocalClock::at(Instant t) const {
  const std::time_t seconds = t / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  const Instant midnight = utc(local.tm_year + 1900, static_cast<unsigned>(local.tm_mon + 1),
                               static_cast<unsigned>(local.tm_mday));
  return {static_cast<protocol::LocalDay>(midnight / day), local.tm_hour * 60 + local.tm_min};
}

}  // namespace livlina::testing

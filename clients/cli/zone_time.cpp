#include "clients/cli/zone_time.hpp"

#include <array>
#include <cstdio>
#include <ctime>

#include "clients/cli/own_circle.hpp"
#include "clients/cli/words_of.hpp"
#include "crypto/core/time.hpp"
#include "protocol/schedule/slots.hpp"

namespace livlina::cli {

namespace {

constexpr int minutes_per_day = 24 * 60;

// The minute of the local day in which an instant lies. A clock change since midnight moves it by
// up to two hours; of an hour that comes twice the second one is told as the first.
int minute_of(const std::string& zone, protocol::LocalDay day, Instant at) {
  const protocol::Zones& zones = protocol::tzdata_zones();
  const auto midnight = zones.resolve(zone, day, 0);
  if (!midnight) return -1;
  const int guess = static_cast<int>((at - *midnight) / minute);
  for (const int moved : {0, 60, -60, 30, -30, 120, -120}) {
    const int m = guess + moved;
    if (m < 0 || m >= minutes_per_day) continue;
    const auto start = zones.resolve(zone, day, m);
    if (start && *start <= at && at < *start + minute) return m;
  }
  return guess > 60 ? guess - 60 : guess;
}

}  // namespace

std::string clock_in_zone(std::int64_t instant, const std::string& zone) {
  if (instant == 0) return "-";
  const auto day = protocol::tzdata_zones().local_day(zone, instant);
  const int m = day ? minute_of(zone, *day, instant) : -1;
  if (m < 0) return clock_text(instant);
  const std::time_t seconds = std::time_t{*day} * (livlina::day / second);
  std::tm date{};
  (void)::gmtime_r(&seconds, &date);
  std::array<char, 16> ymd{};
  (void)std::strftime(ymd.data(), ymd.size(), "%Y-%m-%d", &date);
  const auto rest = static_cast<int>(instant / second % 60);
  std::array<char, 16> clock{};
  if (rest == 0)
    (void)std::snprintf(clock.data(), clock.size(), "%02d:%02d", m / 60 % 24, m % 60);
  else
    (void)std::snprintf(clock.data(), clock.size(), "%02d:%02d:%02d", m / 60 % 24, m % 60,
                        rest % 60);
  return std::string(ymd.data()) + " " + clock.data() + " (" + zone + ")";
}

std::string zone_of(const v1::CircleView& circle) {
  return circle.schedules().empty() ? std::string() : circle.schedules(0).zone();
}

std::string own_zone(const v1::Status& status) {
  const v1::CircleView* circle = own_circle(status);
  return circle == nullptr ? std::string() : zone_of(*circle);
}

}  // namespace livlina::cli

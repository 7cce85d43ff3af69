#include "clients/cli/zone_time.hpp"

#include <array>
#include <ctime>

#include "clients/cli/own_circle.hpp"
#include "clients/cli/words_of.hpp"
#include "crypto/core/time.hpp"
#include "protocol/schedule/slots.hpp"

namespace livlina::cli {

namespace {

constexpr int minutes_per_day = 24 * 60;

struct LocalMinute {
  int minute = -1;  // unknown
  bool again = false;
};

// The minute of the local day in which an instant lies. Counted from the day's end, then from its
// start: where the clock is put forward or back in between, one of the two is wrong. When it shows
// a time again, neither leads back to the instant, and the count from the end is right.
LocalMinute minute_of(const std::string& zone, protocol::LocalDay day, Instant at) {
  const protocol::Zones& zones = protocol::tzdata_zones();
  const auto midnight = zones.resolve(zone, day, 0);
  const auto end = zones.resolve(zone, day + 1, 0);
  if (!midnight || !end || at < *midnight || at >= *end) return {};
  const auto from_end = minutes_per_day - 1 - static_cast<int>((*end - 1 - at) / minute);
  const auto from_start = static_cast<int>((at - *midnight) / minute);
  for (const int m : {from_end, from_start}) {
    if (m < 0 || m >= minutes_per_day) continue;
    const auto start = zones.resolve(zone, day, m);
    if (start && *start <= at && at < *start + minute) return {m, false};
  }
  return {from_end, true};
}

std::string two_digits(std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); }

}  // namespace

std::optional<LocalTime> local_time(Instant instant, const std::string& zone) {
  const auto day = protocol::tzdata_zones().local_day(zone, instant);
  const LocalMinute m = day ? minute_of(zone, *day, instant) : LocalMinute{};
  if (m.minute < 0) return std::nullopt;
  const std::time_t seconds = std::time_t{*day} * (livlina::day / second);
  std::tm date{};
  (void)::gmtime_r(&seconds, &date);
  std::array<char, 16> ymd{};
  (void)std::strftime(ymd.data(), ymd.size(), "%Y-%m-%d", &date);
  const auto rest = instant / second % 60;
  return LocalTime{static_cast<std::uint32_t>((date.tm_wday + 6) % 7), ymd.data(),
                   two_digits(m.minute / 60) + ":" + two_digits(m.minute % 60) +
                       (rest == 0 ? "" : ":" + two_digits(rest)),
                   m.again};
}

std::string clock_in_zone(std::int64_t instant, const std::string& zone) {
  if (instant == 0) return "-";
  const auto local = local_time(instant, zone);
  if (!local) return clock_text(instant);
  return local->date + " " + local->clock + " (" + zone + ")";
}

std::string zone_of(const v1::CircleView& circle) {
  return circle.schedules().empty() ? std::string() : circle.schedules(0).zone();
}

std::string own_zone(const v1::Status& status) {
  const v1::CircleView* circle = own_circle(status);
  return circle == nullptr ? std::string() : zone_of(*circle);
}

}  // namespace livlina::cli

// Zones over the system's tzdata (date library). The only place that sees its exceptions.
#include <date/tz.h>

#include <exception>

#include "protocol/schedule/slots.hpp"

namespace livlina::protocol {

namespace {

// Local days that are answered for: 1900-01-01 to 2200-01-01, far beyond any plan's dates, so that
// no input overflows the library's arithmetic.
constexpr LocalDay first_day = -25567;
constexpr LocalDay last_day = 84006;

const date::time_zone* locate(const std::string& zone) {
  if (zone.empty()) return nullptr;
  try {
    return date::locate_zone(zone);
  } catch (const std::exception&) {
    return nullptr;
  }
}

Instant instant(date::sys_seconds t) { return t.time_since_epoch().count() * second; }

class TzdataZones final : public Zones {
 public:
  // Reads the list of zones before anybody else sees this object; without one no zone is known.
  TzdataZones() { (void)locate("UTC"); }

  [[nodiscard]] bool known(const std::string& zone) const override {
    return locate(zone) != nullptr;
  }

  [[nodiscard]] std::optional<Instant> resolve(const std::string& zone, LocalDay day,
                                               int minute) const override {
    const date::time_zone* const tz = locate(zone);
    if (tz == nullptr || day < first_day || day > last_day || minute < 0 || minute >= 24 * 60)
      return std::nullopt;
    const date::local_seconds local(
        std::chrono::seconds(std::int64_t{day} * 86400 + std::int64_t{minute} * 60));
    try {
      const date::local_info info = tz->get_info(local);
      // In a gap `first` ends at the first instant after it. Of a repeated time `first` holds the
      // first occurrence; of an ordinary one the only.
      if (info.result == date::local_info::nonexistent) return instant(info.first.end);
      return instant(date::sys_seconds(local.time_since_epoch() - info.first.offset));
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }

  [[nodiscard]] std::optional<LocalDay> local_day(const std::string& zone,
                                                  Instant at) const override {
    const date::time_zone* const tz = locate(zone);
    if (tz == nullptr || at < first_day * day || at > last_day * day) return std::nullopt;
    const auto utc = date::floor<std::chrono::seconds>(
        date::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(at)));
    try {
      const auto local = utc.time_since_epoch() + tz->get_info(utc).offset;
      return static_cast<LocalDay>(date::floor<date::days>(local).count());
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }
};

}  // namespace

const Zones& tzdata_zones() {
  static const TzdataZones zones;
  return zones;
}

}  // namespace livlina::protocol

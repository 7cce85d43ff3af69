// Zones in WebAssembly, over the rules of the host: Intl of the browser or of Node.
#include <emscripten.h>

#include <algorithm>

#include "protocol/schedule/slots.hpp"

// The host's code, which no C++ rule fits.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpedantic"
#pragma clang diagnostic ignored "-Wold-style-cast"
#pragma clang diagnostic ignored "-Wmissing-prototypes"
// Seconds east of UTC in a zone at an instant (in milliseconds); -1000000 for a zone that is not
// known. Intl takes names in any case, which tzdata does not: a name must stand as Intl itself
// writes it, and where Intl writes it by another name, with a capital in front of every part.
// clang-format off
EM_JS(double, livlina_zone_offset, (const char* name, double at), {
  const zone = UTF8ToString(name);
  const kept = Module['livlinaZones'] || (Module['livlinaZones'] = new Map());
  if (!kept.has(zone)) {
    let format = null;
    try {
      format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23',
        calendar: 'gregory', numberingSystem: 'latn', year: 'numeric', month: 'numeric',
        day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
      const own = format.resolvedOptions().timeZone;
      const spelled = own.toLowerCase() === zone.toLowerCase() ? own === zone
        : zone.split('/').every((part) => /^[A-Z]/.test(part));
      if (!spelled) format = null;
    } catch (e) {
      format = null;
    }
    if (kept.size > 1000) kept.clear();
    kept.set(zone, format);
  }
  const format = kept.get(zone);
  if (format === null) return -1000000;
  const part = {};
  for (const p of format.formatToParts(at)) part[p.type] = Number(p.value);
  const local = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  return local / 1000 - Math.floor(at / 1000);
})
// clang-format on
#pragma clang diagnostic pop

namespace livlina::protocol {

namespace {

// As for the system's tzdata: 1900-01-01 to 2200-01-01.
constexpr LocalDay first_day = -25567;
constexpr LocalDay last_day = 84006;
// No zone was ever further from UTC in these years.
constexpr std::int64_t most_offset = 16 * 3600;
// No zone changes its clock twice within so many seconds.
constexpr std::int64_t stride = 8 * 3600;

// In seconds, for zones that are known.
std::int64_t offset_at(const std::string& zone, std::int64_t utc) {
  return static_cast<std::int64_t>(
      livlina_zone_offset(zone.c_str(), static_cast<double>(utc) * 1000.0));
}

class HostZones final : public Zones {
 public:
  [[nodiscard]] bool known(const std::string& zone) const override {
    if (zone.empty() || zone.find('\0') != std::string::npos) return false;
    return livlina_zone_offset(zone.c_str(), 0) > -1000000;
  }

  // The first instant at which the local clock shows the wanted time or a later one: of a repeated
  // time that is the first occurrence, of a skipped one the end of the gap.
  [[nodiscard]] std::optional<Instant> resolve(const std::string& zone, LocalDay day,
                                               int minute) const override {
    if (day < first_day || day > last_day || minute < 0 || minute >= 24 * 60 || !known(zone))
      return std::nullopt;
    const std::int64_t wanted = std::int64_t{day} * 86400 + std::int64_t{minute} * 60;
    std::int64_t from = wanted - most_offset;
    std::int64_t offset = offset_at(zone, from);
    while (true) {
      const std::int64_t reached = wanted - offset;  // if the clock goes on as it does
      const std::int64_t to = std::min(from + stride, reached);
      const std::int64_t then = offset_at(zone, to);
      if (then == offset) {
        if (to == reached) return reached * second;
        from = to;
        continue;
      }
      const std::int64_t change = first_change(zone, from, to, offset);
      offset = offset_at(zone, change);
      if (change + offset >= wanted) return change * second;
      from = change;
    }
  }

  [[nodiscard]] std::optional<LocalDay> local_day(const std::string& zone,
                                                  Instant at) const override {
    if (at < first_day * day || at > last_day * day || !known(zone)) return std::nullopt;
    const std::int64_t utc = floor_div(at, second);
    return static_cast<LocalDay>(floor_div(utc + offset_at(zone, utc), 86400));
  }

 private:
  static std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
  }
  // The first second in (from, to] at which the offset is not `offset`; at `to` it is another.
  static std::int64_t first_change(const std::string& zone, std::int64_t from, std::int64_t to,
                                   std::int64_t offset) {
    while (to - from > 1) {
      const std::int64_t middle = from + (to - from) / 2;
      (offset_at(zone, middle) == offset ? from : to) = middle;
    }
    return to;
  }
};

}  // namespace

const Zones& tzdata_zones() {
  static const HostZones zones;
  return zones;
}

}  // namespace livlina::protocol

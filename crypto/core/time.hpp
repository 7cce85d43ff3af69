// Instants and durations as the whole project counts them: UTC milliseconds since 1970.
#pragma once

#include <cstdint>

namespace livlina {

using Instant = std::int64_t;   // milliseconds since 1970-01-01T00:00:00Z
using Duration = std::int64_t;  // milliseconds

inline constexpr Duration second = 1000;
inline constexpr Duration minute = 60 * second;
inline constexpr Duration hour = 60 * minute;
inline constexpr Duration day = 24 * hour;

}  // namespace livlina

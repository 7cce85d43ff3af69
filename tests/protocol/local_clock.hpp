// Local time by the C library, whose rules no code under test has read: for oracles that walk the
// minutes.
#pragma once

#include <string>
#include <utility>

#include "protocol/schedule/slots.hpp"

namespace livlina::testing {

[[nodiscard]] Instant utc(int y, unsigned m, unsigned d, int h = 0, int min = 0);

// What a clock shows: the local day, and the minute of it.
using Shown = std::pair<protocol::LocalDay, int>;

// The clock of one zone; one at a time, since the zone is the whole process's.
class LocalClock {
 public:
  explicit LocalClock(const std::string& zone);
  ~LocalClock();
  LocalClock(const LocalClock&) = delete;
  LocalClock& operator=(const LocalClock&) = delete;
  [[nodiscard]] Shown at(Instant t) const;
};

}  // namespace livlina::testing

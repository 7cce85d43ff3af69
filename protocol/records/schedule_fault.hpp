// What makes a schedule impossible: for verify_plan, which refuses it, and for whoever lets people
// write one and must say what is wrong.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/records/plan.hpp"

namespace livlina::protocol {

inline constexpr std::size_t max_zone_name = 64;
inline constexpr std::uint32_t max_opens_before_s = 24 * 3600;
inline constexpr std::uint32_t max_grace_s = 12 * 3600;

enum class ScheduleFault : std::uint8_t {
  rule,       // none that this code knows
  zone,       // no name of a time zone; whether one exists so named is not asked
  dates,      // out of order, before 2020 or from 2100 on
  opening,    // opens more than 24 h before
  grace,      // none, or more than 12 h
  reminders,  // too many, not rising, or not before the grace is over
  times,      // none, too many, or one that no week has; or both times and a window
  interval,   // shorter than 30 minutes
  window,     // one that no day has, a day or longer, or shorter than its interval
  overlap,    // the next check-in opens before the deadline of the one before
};

// The first that is wrong; nothing: it can be signed. The id is not looked at.
[[nodiscard]] std::optional<ScheduleFault> fault_of(const Schedule& schedule);

}  // namespace livlina::protocol

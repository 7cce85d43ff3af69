// Escalation policies: the pinned values of a version, and the templates by protection need and
// lane.
#pragma once

#include <vector>

#include "server/policy/words.hpp"

namespace livlina::server::policy {

// One immutable version: an incident pins it.
struct Policy {
  std::uint8_t category = 2;
  Duration wait = 10 * minute;       // after a step
  Duration calm_wait = 60 * minute;  // category 2 only
  Duration lease = 60 * minute;
  Duration lease_cut = 5 * minute;  // an offer, a raise and the reminder: this long before the end
  Duration loud_alarm_delay = 5 * second;

  bool operator==(const Policy&) const = default;
};

// Whom a step names: bits of one set.
inline constexpr unsigned who_mentors = 1 << 0;
inline constexpr unsigned who_contact_persons = 1 << 1;
inline constexpr unsigned who_desk = 1 << 2;         // the coordinators of the desk
inline constexpr unsigned who_alarm_lines = 1 << 3;  // every line with the alarm scope

struct StepTemplate {
  unsigned who = 0;
};

struct Template {
  std::vector<StepTemplate> steps;
  bool desk =
      true;  // from round 2, warnings, and when every step is empty; with the operator's channel
};

// The steps of a policy on a lane. Category other than 1 counts as 2.
[[nodiscard]] const Template& template_for(Lane lane, std::uint8_t category);

}  // namespace livlina::server::policy

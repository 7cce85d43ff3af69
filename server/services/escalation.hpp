// Who can be reached for an incident, who may take it, and the policy's values from the settings.
#pragma once

#include "server/policy/incident.hpp"
#include "server/services/people.hpp"
#include "server/store/incidents.hpp"

namespace livlina::server {

// The values that a new incident of a category pins; bounds hold unless this is a demonstration.
[[nodiscard]] policy::Policy policy_values(const Settings& settings, int category);

// Rule 10: at least one working channel, which is a device online or seen within 24 h.
[[nodiscard]] bool can_page(Turn& turn, const Member& member);

// Everybody who may see and take incidents of a lane of a circle.
struct Helpers {
  std::vector<Member> lines;  // with the alarm scope
  std::vector<Member> desk;   // coordinators
  // The desk itself, when its webhook works: paged like a person, and takes nothing.
  std::optional<policy::Person> webhook{};
  [[nodiscard]] const Member* line(const policy::Person& account) const;
  [[nodiscard]] const Member* coordinator(const policy::Person& account) const;
  // With one device or another.
  [[nodiscard]] bool may_take(const policy::Person& account) const;
  // With this device: a coordinator's must stand in the desk's roster.
  [[nodiscard]] bool may_act(const policy::Person& account, const DeviceId& device) const;
};
// A line past its date helps during its incident_grace; in the silent lane by any incident that
// opened before that date, elsewhere never by a silent one, or what the participant's phone is
// shown would depend on it (I5).
[[nodiscard]] Helpers helpers(Turn& turn, const CircleFacts& circle, policy::Lane lane);

// The people that a step names, reachable or not, each once.
[[nodiscard]] std::vector<Member> named_by(const Helpers& helpers, unsigned who);

// Facts for ESCALATE: whom each step can page now, the desk, and the steps already warned of.
[[nodiscard]] policy::IncidentFacts escalation_facts(Turn& turn, const Helpers& helpers,
                                                     const store::IncidentRow& row,
                                                     const policy::Policy& values);
// The coordinators that can be paged, and the desk's webhook.
[[nodiscard]] std::vector<policy::Person> reachable_desk(Turn& turn, const Helpers& helpers);

// The known end of somebody's rights in an open incident: of their line with its grace; nothing for
// the desk, whose rights no date ends (rule 9).
[[nodiscard]] std::optional<Instant> rights_end(const Turn& turn, const CircleFacts& circle,
                                                const Helpers& helpers,
                                                const policy::Person& account);

}  // namespace livlina::server

// Pushes that say "fetch the newest": to those who are connected, and who would be answered.
#pragma once

#include <set>

#include "server/services/people.hpp"
#include "server/services/records.hpp"

namespace livlina::server {

// Devices of everybody who may see the circle besides its participant: members, and the desk of the
// recovery clause.
[[nodiscard]] std::set<DeviceId> supporters_of(Turn& turn, const CircleFacts& circle);
// CircleChanged to them and the participant's devices; and to `dropped`, who could see it until
// now.
void tell_circle(Turn& turn, const CircleFacts& circle, const std::set<DeviceId>& dropped = {});
// DeskChanged to the desk's people, and to the circles that name it.
void tell_desk(Turn& turn, const Key& desk);

}  // namespace livlina::server

// Pushes that say "fetch the newest": to those who are connected, and who would be answered.
#pragma once

#include "server/services/people.hpp"
#include "server/services/records.hpp"

namespace livlina::server {

// CircleChanged to the members' and the participant's devices.
void tell_circle(Turn& turn, const CircleFacts& circle);
// DeskChanged to the desk's people, and to the circles that name it.
void tell_desk(Turn& turn, const Key& desk);

}  // namespace livlina::server

// A plan whose time zone this machine does not know gives no slots here: that is said, or a circle
// would look watched and not be.
#pragma once

#include "clients/core/trust.hpp"

namespace livlina::client {

// Warns `zone_unknown` for each schedule of the plan in force, and takes it back when the zone has
// become known.
void check_zones(const Context& context, const Circle& circle);

}  // namespace livlina::client

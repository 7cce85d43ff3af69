// When a manifest or plan that the server could not decide is offered to it again.
#pragma once

#include "crypto/core/time.hpp"

namespace livlina::client {

// After its answer; the same record, byte by byte.
inline constexpr Duration publish_again = 1 * minute;

}  // namespace livlina::client

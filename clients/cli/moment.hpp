// The two clocks that the client core is told of with every input.
#pragma once

#include "clients/core/core.hpp"

namespace livlina::cli {

// The wall clock, and CLOCK_MONOTONIC: no setting of the clock moves that, and it stands while the
// machine sleeps.
[[nodiscard]] client::Moment moment();

}  // namespace livlina::cli

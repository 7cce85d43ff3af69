// Which circle is the user's own.
#pragma once

#include <string>

#include "protocol/proto.hpp"

namespace livlina::cli {

// In the status, which must outlive it; nullptr: the user has none.
[[nodiscard]] const v1::CircleView* own_circle(const v1::Status& status);
// Its id; empty: the user has none.
[[nodiscard]] std::string own_circle_id(const v1::Status& status);

}  // namespace livlina::cli

#include "clients/cli/own_circle.hpp"

#include <algorithm>

namespace livlina::cli {

const v1::CircleView* own_circle(const v1::Status& status) {
  const auto found = std::find_if(status.circles().begin(), status.circles().end(),
                                  [](const v1::CircleView& c) { return c.ours(); });
  return found == status.circles().end() ? nullptr : &*found;
}

std::string own_circle_id(const v1::Status& status) {
  const v1::CircleView* circle = own_circle(status);
  return circle == nullptr ? std::string() : circle->circle_id();
}

}  // namespace livlina::cli

// Why something was refused, for expectations that must not end the program when it was not.
#pragma once

#include <optional>

#include "protocol/error.hpp"

namespace livlina::testing {

template <class T>
[[nodiscard]] std::optional<protocol::Error> why(const protocol::Result<T>& result) {
  if (result.ok()) return std::nullopt;
  return result.error();
}

}  // namespace livlina::testing

// The parts of the core in the order in which they are asked.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "clients/core/messenger.hpp"
#include "clients/core/part.hpp"

namespace livlina::client {

using Parts = std::vector<std::unique_ptr<Part>>;

// `self` is this device's identity, nothing before it is enrolled; it outlives the parts.
[[nodiscard]] Parts make_parts(Context& context, Trust& trust, Messenger& messenger,
                               std::optional<Identity>& self);

}  // namespace livlina::client

// File descriptors: each connection is one, and without a free one the server can neither accept
// nor write.
#pragma once

#include <cstdint>

namespace livlina::server {

// For the database and its log, listeners, network threads and the operator's commands.
inline constexpr std::uint64_t reserved_descriptors = 128;

// Raises this process's limit as far as it may go.
void raise_descriptor_limit();
// How many connections this process may have at most, once the limit is raised.
[[nodiscard]] std::uint64_t most_connections();

}  // namespace livlina::server

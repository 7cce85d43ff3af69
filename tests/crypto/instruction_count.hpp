// How many instructions a piece of code takes: a time that no other process and no cache changes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace livlina::testing {

// Those of `code` in this program, stepped one by one in a child process that inherits everything
// as it is; `code` is run once before, so that nothing is counted which only the first call does.
// Nothing where a process may not trace its child.
[[nodiscard]] std::optional<std::uint64_t> instructions_of(const std::function<void()>& code);

}  // namespace livlina::testing

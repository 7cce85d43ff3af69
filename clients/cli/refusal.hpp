// Whether a warning says that the pairing which a command is about was refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/proto.hpp"

namespace livlina::cli {

// The word for advice_for("cancelled", ...); empty: it says nothing of this pairing. `invite`: the
// beginning of an invitation's id in hexadecimal digits; nothing: the pairing by which this state
// folder is being enrolled, whose refusal names no invitation. One person's refusal says nothing of
// another's.
[[nodiscard]] std::string_view refusal_in(const v1::Warning& warning,
                                          const std::optional<std::string>& invite);

}  // namespace livlina::cli

// Warnings of the client core as a sentence that a person can act on.
#pragma once

#include <string_view>

namespace livlina::cli {

// Empty for a code that this version does not know: the code itself is then all there is.
[[nodiscard]] std::string_view warning_sentence(std::string_view code);

}  // namespace livlina::cli

// Looks for texts in bytes, as they are and in the usual disguises.
#pragma once

#include <string>
#include <vector>

namespace livlina::testing {

// The text as it is, as UTF-16 in both byte orders, as hexadecimal digits of both cases, and in the
// part of base64 (both alphabets) that it has at each of the three places within a group.
[[nodiscard]] std::vector<std::string> disguises(const std::string& text);

// Those of the texts that stand somewhere in the bytes.
[[nodiscard]] std::vector<std::string> found_in(const std::string& bytes,
                                                const std::vector<std::string>& texts);

}  // namespace livlina::testing

// Lines that are longer than a terminal is wide, broken between words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace livlina::cli {

// Each line of the text in lines of at most `columns`, as far as its words allow; 0: as it is. What
// follows is indented deeper than any line of ours, colours take no room, and what stands between
// back-quotes is a command to type, which is not broken.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t columns);

}  // namespace livlina::cli

// What a notice of the server means for whoever gets it, and what to do: one sentence for each
// code.
#pragma once

#include <cstdint>
#include <string>

namespace livlina::cli {

// `incident` is the beginning of its id, as commands take it; empty: it is about none. For a code
// that this version does not know, its number.
[[nodiscard]] std::string notice_sentence(std::uint32_t code, const std::string& incident);

}  // namespace livlina::cli

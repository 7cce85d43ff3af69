// What to do about a refusal whose detail says exactly what is missing.
#pragma once

#include <string_view>

namespace livlina::cli {

// A whole sentence for the person who typed the command; empty when the detail says no more than
// the error itself. `error` and `detail` are those of a Finished.
[[nodiscard]] std::string_view advice_for(std::string_view error, std::string_view detail);

}  // namespace livlina::cli

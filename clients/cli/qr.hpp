// A QR code for the terminal, two modules to a character.
#pragma once

#include <string>

#include "crypto/core/bytes.hpp"

namespace livlina::cli {

// Lines of half blocks with a quiet zone; with `colours` dark on light whatever the terminal's own,
// without them as on paper. Empty when the bytes do not fit a QR code.
[[nodiscard]] std::string qr_lines(ByteView bytes, bool colours);

}  // namespace livlina::cli

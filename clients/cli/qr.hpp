// A QR code for the terminal, two modules to a character.
#pragma once

#include <string>

#include "crypto/core/bytes.hpp"

namespace livlina::cli {

// Lines of half blocks with a quiet zone, dark on light whatever the terminal's colours; empty when
// the bytes do not fit a QR code.
[[nodiscard]] std::string qr_lines(ByteView bytes);

}  // namespace livlina::cli

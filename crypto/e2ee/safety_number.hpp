// Sixty digits that two people compare to know that nobody sits between them.
#pragma once

#include <string>

#include "crypto/core/ids.hpp"

namespace livlina::crypto {

// SHA-512 iterated 5200 times over each (key || circle); each half is the first 30 bytes as six
// 5-byte big-endian numbers mod 100000; halves sorted, so both sides see the same 60 digits.
// Each 32-byte key is an account key or a desk's root key.
[[nodiscard]] std::string safety_number(const ByteArray<32>& a, const ByteArray<32>& b,
                                        const CircleId& circle);

}  // namespace livlina::crypto

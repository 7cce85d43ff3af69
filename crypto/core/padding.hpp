// Padding to size classes, so that a length tells only a class.
#pragma once

#include "crypto/core/bytes.hpp"
#include "crypto/core/result.hpp"
#include "crypto/core/secret.hpp"

namespace livlina::crypto {

inline constexpr std::size_t padding_classes[] = {256, 1024, 4096, 16384, 65536};

// Pads (ISO/IEC 7816-4, sodium_pad) to the smallest class above the length; too_large beyond 65535.
[[nodiscard]] Result<SecretBytes> pad(ByteView plain);
// Pads to exactly `size` bytes; too_large unless plain is shorter than size.
[[nodiscard]] Result<SecretBytes> pad_to(ByteView plain, std::size_t size);
// Removes the padding of a text whose whole length is `padded.size()`; bad_padding when there is
// none.
[[nodiscard]] Result<SecretBytes> unpad(SecretBytes padded);

}  // namespace livlina::crypto

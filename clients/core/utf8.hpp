// Whether bytes are UTF-8, so that a text of somebody else can stand in an event.
#pragma once

#include "crypto/core/bytes.hpp"

namespace livlina::client {

// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
[[nodiscard]] bool is_utf8(ByteView bytes);

}  // namespace livlina::client

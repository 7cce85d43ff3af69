// How a receiver knows who sends and that nothing was changed: Standard Webhooks 1.0, symmetric.
//   signed    = id "." timestamp "." body
//   signature = "v1," base64(HMAC-SHA-256(secret, signed))
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/core/secret.hpp"

namespace livlina::server {

// A secret as its file has it: "whsec_" and the base64 of 24 to 64 bytes, perhaps a line's end.
// Nothing: it is none.
[[nodiscard]] std::optional<crypto::SecretBytes> parse_webhook_secret(std::string_view text);

// The value of the header webhook-signature; the timestamp in seconds.
[[nodiscard]] std::string webhook_signature(ByteView secret, std::string_view id,
                                            std::int64_t timestamp, std::string_view body);

}  // namespace livlina::server

// SHA-256 (FIPS 180-4), HMAC-SHA-256 (RFC 2104) and HKDF-SHA-256 (RFC 5869) over libsodium.
#pragma once

#include <initializer_list>

#include "crypto/core/bytes.hpp"
#include "crypto/core/result.hpp"
#include "crypto/core/secret.hpp"

namespace livlina::crypto {

using Hash = ByteArray<32>;

[[nodiscard]] Hash sha256(ByteView data);
[[nodiscard]] Hash sha256(std::initializer_list<ByteView> parts);

// HMAC-SHA-256 with a key of any length over the parts in order.
[[nodiscard]] Secret<32> hmac(ByteView key, std::initializer_list<ByteView> parts);

// HKDF-SHA-256, extract then expand: fills `out` (at most 255 * 32 bytes, else bad_length).
[[nodiscard]] Status hkdf(ByteView salt, ByteView ikm, ByteView info, std::span<std::uint8_t> out);

// The same for a size known to be in range.
template <std::size_t N>
[[nodiscard]] Secret<N> hkdf(ByteView salt, ByteView ikm, ByteView info) {
  static_assert(N <= std::size_t{255} * 32);
  Secret<N> out;
  (void)hkdf(salt, ikm, info, std::span<std::uint8_t>(out.data(), N)).ok();
  return out;
}

}  // namespace livlina::crypto

// Seal, the only AEAD: key-committing XChaCha20-Poly1305 with a purpose (protocol/spec/e2ee.md,
// Seal).
#pragma once

#include "crypto/core/random.hpp"
#include "crypto/core/result.hpp"
#include "crypto/core/secret.hpp"

namespace livlina::crypto {

enum class SealPurpose : std::uint8_t {
  body = 1,
  header = 2,
  init_id = 3,
  vault_slot = 4,
  vault_page = 5,
  envelope = 6,
  env_wrap = 7,
  invite_inviter = 8,
  invite_joiner = 9,
};

inline constexpr std::size_t seal_overhead = 72;  // nonce 24, commitment 32, tag 16

// Seals `plain` under `key` for `purpose`, bound to `ad`: 72 bytes longer than the plaintext.
[[nodiscard]] Bytes seal(const Secret<32>& key, SealPurpose purpose, ByteView ad, ByteView plain,
                         Random& random);
// The plaintext, or cannot_open whatever was wrong.
[[nodiscard]] Result<SecretBytes> open(const Secret<32>& key, SealPurpose purpose, ByteView ad,
                                       ByteView sealed);

}  // namespace livlina::crypto

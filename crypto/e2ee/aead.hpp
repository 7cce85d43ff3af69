// XChaCha20-Poly1305 with its lengths checked: used by seal alone, apart for third-party vectors.
#pragma once

#include "crypto/core/result.hpp"
#include "crypto/core/secret.hpp"

namespace livlina::crypto {

inline constexpr std::size_t aead_nonce_size = 24;
inline constexpr std::size_t aead_tag_size = 16;

// Ciphertext and tag. bad_length unless the key has 32 and the nonce 24 bytes.
[[nodiscard]] Result<Bytes> aead_encrypt(ByteView key, ByteView nonce, ByteView ad, ByteView plain);
// The plaintext, or cannot_open; bad_length as above.
[[nodiscard]] Result<SecretBytes> aead_decrypt(ByteView key, ByteView nonce, ByteView ad,
                                               ByteView sealed);

}  // namespace livlina::crypto

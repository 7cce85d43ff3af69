// X25519 (RFC 7748) with every result checked.
#pragma once

#include "crypto/core/keys.hpp"
#include "crypto/core/random.hpp"
#include "crypto/core/secret.hpp"

namespace livlina::crypto {

// Our X25519 key pair. Move-only; the scalar is wiped with it.
class DhKeyPair {
 public:
  [[nodiscard]] static DhKeyPair generate(Random& random);
  [[nodiscard]] static DhKeyPair from_secret(Secret<32> scalar);

  [[nodiscard]] const DhPublic& public_key() const { return public_; }
  [[nodiscard]] const Secret<32>& secret() const { return secret_; }
  [[nodiscard]] DhKeyPair copy() const { return {secret_.copy(), public_}; }

 private:
  DhKeyPair(Secret<32> secret, const DhPublic& pub) : secret_(std::move(secret)), public_(pub) {}
  Secret<32> secret_;
  DhPublic public_;
};

// The shared secret; bad_dh when the library refuses or the result is all zero.
[[nodiscard]] Result<Secret<32>> dh(const DhKeyPair& ours, const DhPublic& theirs);
// The same over raw bytes (RFC vectors use non-canonical points); 32 bytes each, else bad_length.
[[nodiscard]] Result<Secret<32>> dh_raw(ByteView scalar, ByteView point);

}  // namespace livlina::crypto

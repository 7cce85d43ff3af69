// Signatures with a purpose: sig(K, purpose, m) = Ed25519(K, "livlina/1/sig/" || purpose || 0x00 ||
// u32 len(m) || m), so that a value signed for one purpose never verifies for another.
#pragma once

#include <string_view>

#include "crypto/core/bytes.hpp"
#include "crypto/core/keys.hpp"
#include "crypto/core/random.hpp"
#include "crypto/core/secret.hpp"

namespace livlina::crypto {

using Signature = ByteArray<64>;

// Our Ed25519 key pair. Move-only; the seed is wiped with it.
class SignKeyPair {
 public:
  [[nodiscard]] static SignKeyPair generate(Random& random);
  // From the 32-byte seed that seed() gave (RFC 8032, 5.1.5).
  [[nodiscard]] static SignKeyPair from_seed(Secret<32> seed);

  [[nodiscard]] const SignPublic& public_key() const { return public_; }
  [[nodiscard]] const Secret<32>& seed() const { return seed_; }
  [[nodiscard]] Signature sign(std::string_view purpose, ByteView message) const;
  [[nodiscard]] SignKeyPair copy() const { return {seed_.copy(), key_.copy(), public_}; }

 private:
  SignKeyPair(Secret<32> seed, Secret<64> key, const SignPublic& pub)
      : seed_(std::move(seed)), key_(std::move(key)), public_(pub) {}
  Secret<32> seed_;
  Secret<64> key_;
  SignPublic public_;
};

// ok, or bad_signature. Variable time is fine: everything here is public.
[[nodiscard]] Status verify(const SignPublic& key, std::string_view purpose, ByteView message,
                            ByteView signature);

// Ed25519 over the bare message, for third-party vectors only; the protocol always has a purpose.
[[nodiscard]] Status verify_raw(ByteView key, ByteView message, ByteView signature);

}  // namespace livlina::crypto

#include "crypto/e2ee/seal.hpp"

#include "crypto/core/hash.hpp"
#include "crypto/e2ee/aead.hpp"

namespace livlina::crypto {

namespace {

constexpr std::size_t commitment_size = 32;

// commitment 32 | key 32 | AEAD nonce 24, all from one HKDF whose salt is the random nonce: a
// ciphertext that opens under two keys needs a collision of the commitment.
Secret<88> derive(const Secret<32>& key, SealPurpose purpose, ByteView ad, ByteView nonce) {
  ByteWriter info(49);
  info.str("livlina/1/seal").zeros(2).u8(static_cast<std::uint8_t>(purpose)).bytes(sha256(ad));
  return hkdf<88>(nonce, key.expose(), info.get());
}

ByteView commitment(const Secret<88>& s) { return s.expose().first(commitment_size); }
ByteView aead_key(const Secret<88>& s) { return s.expose().subspan(commitment_size, 32); }
ByteView aead_nonce(const Secret<88>& s) { return s.expose().last(aead_nonce_size); }

}  // namespace

Bytes seal(const Secret<32>& key, SealPurpose purpose, ByteView ad, ByteView plain,
           Random& random) {
  const auto nonce = random.array<aead_nonce_size>();
  const Secret<88> derived = derive(key, purpose, ad, nonce);
  const Bytes ciphertext = aead_encrypt(aead_key(derived), aead_nonce(derived), ad, plain).value();
  ByteWriter out(plain.size() + seal_overhead);
  out.bytes(nonce).bytes(commitment(derived)).bytes(ciphertext);
  return out.take();
}

Result<SecretBytes> open(const Secret<32>& key, SealPurpose purpose, ByteView ad, ByteView sealed) {
  if (sealed.size() < seal_overhead) return Error::cannot_open;
  const Secret<88> derived = derive(key, purpose, ad, sealed.first(aead_nonce_size));
  const bool committed =
      secret_equal(commitment(derived), sealed.subspan(aead_nonce_size, commitment_size));
  // Whatever is wrong fails at the tag: a wrong commitment spoils the nonce, so that all failures
  // take one path and one time.
  Secret<aead_nonce_size> nonce(aead_nonce(derived));
  nonce.data()[0] =
      static_cast<std::uint8_t>(nonce.data()[0] ^ (static_cast<unsigned>(committed) ^ 1U));
  auto plain = aead_decrypt(aead_key(derived), nonce.expose(), ad,
                            sealed.subspan(aead_nonce_size + commitment_size));
  if (!(static_cast<unsigned>(committed) & static_cast<unsigned>(plain.ok())))
    return Error::cannot_open;
  return plain;
}

}  // namespace livlina::crypto

#include "crypto/e2ee/aead.hpp"

#include <sodium.h>

namespace livlina::crypto {

namespace {
bool lengths(ByteView key, ByteView nonce) {
  return key.size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES &&
         nonce.size() == aead_nonce_size;
}
}  // namespace

Result<Bytes> aead_encrypt(ByteView key, ByteView nonce, ByteView ad, ByteView plain) {
  if (!lengths(key, nonce)) return Error::bad_length;
  Bytes out(plain.size() + aead_tag_size);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data(), nullptr, plain.data(), plain.size(),
                                             ad.data(), ad.size(), nullptr, nonce.data(),
                                             key.data());
  return out;
}

Result<SecretBytes> aead_decrypt(ByteView key, ByteView nonce, ByteView ad, ByteView sealed) {
  if (!lengths(key, nonce)) return Error::bad_length;
  if (sealed.size() < aead_tag_size) return Error::cannot_open;
  SecretBytes out(sealed.size() - aead_tag_size);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, sealed.data(),
                                                 sealed.size(), ad.data(), ad.size(), nonce.data(),
                                                 key.data()) != 0)
    return Error::cannot_open;
  return out;
}

}  // namespace livlina::crypto

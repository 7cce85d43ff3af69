#include "crypto/core/sign.hpp"

#include <sodium.h>

namespace livlina::crypto {

namespace {
Bytes tagged(std::string_view purpose, ByteView message) {
  ByteWriter w(14 + purpose.size() + 5 + message.size());
  w.str("livlina/1/sig/").str(purpose).u8(0).sized(message);
  return w.take();
}
}  // namespace

SignKeyPair SignKeyPair::generate(Random& random) { return from_seed(random.secret<32>()); }

SignKeyPair SignKeyPair::from_seed(Secret<32> seed) {
  Secret<64> key;
  ByteArray<32> pub;
  crypto_sign_seed_keypair(pub.data(), key.data(), seed.data());
  return SignKeyPair(std::move(seed), std::move(key), SignPublic(pub));
}

Signature SignKeyPair::sign(std::string_view purpose, ByteView message) const {
  const Bytes m = tagged(purpose, message);
  Signature out;
  crypto_sign_detached(out.data(), nullptr, m.data(), m.size(), key_.data());
  return out;
}

Status verify(const SignPublic& key, std::string_view purpose, ByteView message,
              ByteView signature) {
  return verify_raw(key.view(), tagged(purpose, message), signature);
}

Status verify_raw(ByteView key, ByteView message, ByteView signature) {
  if (key.size() != 32 || signature.size() != 64) return Error::bad_length;
  if (crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) !=
      0)
    return Error::bad_signature;
  return done();
}

}  // namespace livlina::crypto

#include "crypto/core/hash.hpp"

#include <sodium.h>

#include <algorithm>

namespace livlina::crypto {

Hash sha256(std::initializer_list<ByteView> parts) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (ByteView p : parts) crypto_hash_sha256_update(&state, p.data(), p.size());
  Hash out;
  crypto_hash_sha256_final(&state, out.data());
  return out;
}

Hash sha256(ByteView data) { return sha256({data}); }

Secret<32> hmac(ByteView key, std::initializer_list<ByteView> parts) {
  static constexpr std::uint8_t nothing = 0;  // the library wants a pointer for an empty key too
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key.empty() ? &nothing : key.data(), key.size());
  for (ByteView p : parts) crypto_auth_hmacsha256_update(&state, p.data(), p.size());
  Secret<32> out;
  crypto_auth_hmacsha256_final(&state, out.data());
  sodium_memzero(&state, sizeof state);
  return out;
}

Status hkdf(ByteView salt, ByteView ikm, ByteView info, std::span<std::uint8_t> out) {
  if (out.size() > 255 * 32) return Error::bad_length;
  const Secret<32> prk = hmac(salt, {ikm});
  Secret<32> block;
  std::size_t filled = 0;
  for (std::uint8_t counter = 1; filled < out.size(); ++counter) {
    const ByteView previous = counter == 1 ? ByteView{} : block.expose();
    block = hmac(prk.expose(), {previous, info, ByteView(&counter, 1)});
    const std::size_t n = std::min<std::size_t>(32, out.size() - filled);
    std::copy_n(block.data(), n, out.data() + filled);
    filled += n;
  }
  return done();
}

}  // namespace livlina::crypto

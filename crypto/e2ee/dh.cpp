#include "crypto/e2ee/dh.hpp"

#include <sodium.h>

#include <cstdlib>

namespace livlina::crypto {

DhKeyPair DhKeyPair::generate(Random& random) { return from_secret(random.secret<32>()); }

DhKeyPair DhKeyPair::from_secret(Secret<32> scalar) {
  ByteArray<32> pub;
  // Fails for no scalar: the base point has prime order and clamping makes the scalar non-zero.
  if (crypto_scalarmult_base(pub.data(), scalar.data()) != 0) std::abort();
  return DhKeyPair(std::move(scalar), DhPublic(pub));
}

Result<Secret<32>> dh(const DhKeyPair& ours, const DhPublic& theirs) {
  return dh_raw(ours.secret().expose(), theirs.view());
}

Result<Secret<32>> dh_raw(ByteView scalar, ByteView point) {
  if (scalar.size() != 32 || point.size() != 32) return Error::bad_length;
  Secret<32> out;
  // RFC 7748, 6.1: an all-zero result means a point of small order; the library says so as well.
  if (crypto_scalarmult(out.data(), scalar.data(), point.data()) != 0) return Error::bad_dh;
  if (sodium_is_zero(out.data(), out.size) == 1) return Error::bad_dh;
  return out;
}

}  // namespace livlina::crypto

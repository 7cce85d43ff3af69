#include "crypto/core/secret.hpp"

#include <sodium.h>

namespace livlina::crypto {

void wipe_memory(void* data, std::size_t size) { sodium_memzero(data, size); }

bool secret_equal(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  if (a.empty()) return true;
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;  // no branch after the comparison
}

}  // namespace livlina::crypto

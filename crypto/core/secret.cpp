#include "crypto/core/secret.hpp"

#include <sodium.h>

namespace livlina::crypto {

void wipe_memory(void* data, std::size_t size) { sodium_memzero(data, size); }

bool secret_equal(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace livlina::crypto

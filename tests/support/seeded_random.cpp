#include "tests/support/seeded_random.hpp"

#include <sodium.h>

namespace livlina::testing {

void SeededRandom::fill(std::span<std::uint8_t> out) {
  if (out.empty()) return;
  ByteWriter w;
  w.u64(seed_).u64(calls_++).zeros(randombytes_SEEDBYTES - 16);
  randombytes_buf_deterministic(out.data(), out.size(), w.get().data());
}

}  // namespace livlina::testing

// Where random bytes come from: an interface, so that the client core and the simulation can be
// driven from a seed. The seeded source lives in the tests' library only.
#pragma once

#include "crypto/core/bytes.hpp"
#include "crypto/core/secret.hpp"

namespace livlina::crypto {

class Random {
 public:
  virtual ~Random() = default;
  // Fills `out` with unpredictable bytes. Never fails: the system's source ends the process when it
  // cannot deliver (libsodium, randombytes_buf).
  virtual void fill(std::span<std::uint8_t> out) = 0;

  template <std::size_t N>
  ByteArray<N> array() {
    ByteArray<N> out;
    fill(out);
    return out;
  }
  template <std::size_t N>
  Secret<N> secret() {
    Secret<N> out;
    fill({out.data(), N});
    return out;
  }
};

// The operating system's source through libsodium. Thread-safe.
[[nodiscard]] Random& system_random();

// Initialises libsodium; call once at the start of a program. False: the library is unusable.
[[nodiscard]] bool init();

}  // namespace livlina::crypto

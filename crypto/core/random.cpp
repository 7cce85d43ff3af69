#include "crypto/core/random.hpp"

#include <sodium.h>

namespace livlina::crypto {

namespace {
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    if (!out.empty()) randombytes_buf(out.data(), out.size());
  }
};
}  // namespace

Random& system_random() {
  static SystemRandom random;
  return random;
}

bool init() { return sodium_init() >= 0; }

}  // namespace livlina::crypto

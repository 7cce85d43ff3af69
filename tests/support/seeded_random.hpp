// A random source driven by a seed, for tests and simulations only.
#pragma once

#include "crypto/core/random.hpp"

namespace livlina::testing {

// Deterministic: the same seed gives the same bytes. Never linked into a shipped binary.
class SeededRandom final : public crypto::Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : seed_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t seed_;
  std::uint64_t calls_ = 0;
};

}  // namespace livlina::testing

// A peer that keeps its own book: it builds frames of its first chain from the specification alone,
// with any field set as the test likes. So it is both a second implementation and an attacker.
#pragma once

#include "tests/crypto/pair.hpp"

namespace livlina::testing {

struct Forgery {
  std::uint8_t header_version = 1;
  std::optional<ByteArray<32>> dh;  // else the forger's own ratchet key
  std::uint32_t pn = 0;
  std::uint32_t n = 0;
  std::uint8_t kind = 1;
  std::uint16_t reserved = 0;
  std::uint8_t queue = 0;
  std::uint8_t dir = 0;
  std::uint8_t role_from = 1;
  std::uint8_t role_to = 3;
  std::size_t padded_size = 256;
  bool bad_padding = false;
  std::string text = "forged";
};

class Forger {
 public:
  // Starts X3DH with `them`.
  Forger(const Device& us, const Device& them, crypto::Random& random);
  [[nodiscard]] Bytes frame(const Forgery& f);
  [[nodiscard]] const Bytes& init() const { return initiated_.init; }

 private:
  crypto::Party us_;
  crypto::Party them_;
  crypto::Random& random_;
  crypto::Initiated initiated_;
  crypto::DhKeyPair ratchet_;
  crypto::Secret<32> chain_;
};

}  // namespace livlina::testing

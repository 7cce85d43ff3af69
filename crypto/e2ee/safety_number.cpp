#include "crypto/e2ee/safety_number.hpp"

#include <sodium.h>

#include <algorithm>

namespace livlina::crypto {

namespace {

constexpr int iterations = 5200;  // makes searching for a key with a similar number dearer
constexpr std::size_t groups = 6;

// Thirty digits of one party: six groups of five.
std::string half(const ByteArray<32>& key, const CircleId& circle) {
  ByteWriter start(48);
  start.bytes(key).bytes(circle.view());
  ByteArray<64> digest;
  crypto_hash_sha512(digest.data(), start.get().data(), start.size());
  for (int i = 1; i < iterations; ++i)
    crypto_hash_sha512(digest.data(), digest.data(), digest.size());

  std::string out;
  for (std::size_t g = 0; g < groups; ++g) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 5; ++i) number = number << 8 | digest[g * 5 + i];
    const std::string digits = std::to_string(number % 100000);
    out.append(5 - digits.size(), '0').append(digits);
  }
  return out;
}

}  // namespace

std::string safety_number(const ByteArray<32>& a, const ByteArray<32>& b, const CircleId& circle) {
  const std::string ours = half(a, circle);
  const std::string theirs = half(b, circle);
  return std::min(ours, theirs) + std::max(ours, theirs);
}

}  // namespace livlina::crypto

// The sixty digits that two people compare.
#include "crypto/e2ee/safety_number.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace livlina::testing {
namespace {

ByteArray<32> counting_from(std::uint8_t first) {
  ByteArray<32> out;
  for (std::size_t i = 0; i < 32; ++i) out[i] = static_cast<std::uint8_t>(first + i);
  return out;
}

const ByteArray<32> a = counting_from(0);
const ByteArray<32> b = counting_from(32);
const CircleId circle = *CircleId::from(unhex("404142434445464748494a4b4c4d4e4f"));

// Computed apart from this code; see protocol/spec/e2ee.md.
TEST(SafetyNumber, vector) {
  EXPECT_EQ(crypto::safety_number(a, b, circle),
            "296015067318632690677517633112936620749278211334815321848941");
}

TEST(SafetyNumber, both_sides_see_the_same) {
  EXPECT_EQ(crypto::safety_number(a, b, circle), crypto::safety_number(b, a, circle));
}

TEST(SafetyNumber, T16_every_bit_of_keys_and_circle_counts) {
  const std::string number = crypto::safety_number(a, b, circle);
  ByteArray<32> other = a;
  other[31] ^= 0x80;
  EXPECT_NE(crypto::safety_number(other, b, circle), number);
  other = b;
  other[0] ^= 1;
  EXPECT_NE(crypto::safety_number(a, other, circle), number);
  CircleId elsewhere = circle;
  elsewhere.bytes[15] ^= 1;
  EXPECT_NE(crypto::safety_number(a, b, elsewhere), number);
}

TEST(SafetyNumber, is_sixty_digits_with_leading_zeros) {
  bool zero_group = false;
  for (std::uint8_t i = 0; i < 20; ++i) {
    const std::string number = crypto::safety_number(a, counting_from(i), circle);
    ASSERT_EQ(number.size(), 60u);
    EXPECT_TRUE(
        std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }));
    EXPECT_LE(number.substr(0, 30), number.substr(30));
    for (std::size_t g = 0; g < 60; g += 5) zero_group = zero_group || number[g] == '0';
  }
  EXPECT_TRUE(zero_group);
}

}  // namespace
}  // namespace livlina::testing

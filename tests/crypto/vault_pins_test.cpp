// The rules for PINs.
#include <gtest/gtest.h>

#include "crypto/e2ee/vault.hpp"

namespace livlina::testing {
namespace {

bool fits(std::string_view pin, std::string_view duress = "") {
  return crypto::check_pins(view(pin), view(duress)).ok();
}

TEST(VaultPins, H34_duress_pin_has_equal_length_and_two_other_digits) {
  EXPECT_TRUE(fits("123456", "654321"));
  EXPECT_TRUE(fits("123456", "123465"));
  EXPECT_TRUE(fits("123456", "223457"));
  EXPECT_FALSE(fits("123456", "123457"));
  EXPECT_FALSE(fits("123456", "123456"));
  EXPECT_FALSE(fits("123456", "6543210"));
  EXPECT_FALSE(fits("1234567", "654321"));
  EXPECT_FALSE(fits("123456", "65432"));
  EXPECT_FALSE(fits("123456", "abcdef"));
  EXPECT_EQ(crypto::check_pins(view(std::string_view("123456")), view(std::string_view("123457")))
                .error(),
            crypto::Error::bad_format);
}

TEST(VaultPins, H34_short_pins_are_refused) {
  EXPECT_TRUE(fits("123456"));
  EXPECT_FALSE(fits("12345"));
  EXPECT_FALSE(fits(""));
  EXPECT_FALSE(fits("12345a"));
  EXPECT_FALSE(fits("elevenchars"));
  EXPECT_TRUE(fits("twelve chars"));
  EXPECT_FALSE(fits("", "123456"));
}

TEST(VaultPins, H34_characters_count_not_bytes) {
  EXPECT_FALSE(fits("ååååååååååå"));  // eleven characters in 22 bytes
  EXPECT_TRUE(fits("åååååååååååå"));
  // One character is another, though two of its bytes are.
  EXPECT_FALSE(fits("tolv tecken \u00e5", "tolv tecken \u0126"));
  EXPECT_TRUE(fits("tolv teckn \u00e5\u00e5", "tolv teckn \u0126\u0126"));
  EXPECT_TRUE(fits("tolv teckn ab", "tolv teckn \u00e5\u00e4"));
}

TEST(VaultPins, H34_wrong_pins_wait) {
  for (std::uint32_t wrong = 0; wrong < 5; ++wrong) EXPECT_EQ(crypto::pin_wait(wrong), 0);
  EXPECT_EQ(crypto::pin_wait(5), 30'000);
  EXPECT_EQ(crypto::pin_wait(6), 60'000);
  EXPECT_EQ(crypto::pin_wait(7), 120'000);
  EXPECT_EQ(crypto::pin_wait(11), 1'920'000);
  EXPECT_EQ(crypto::pin_wait(12), 3'600'000);
  EXPECT_EQ(crypto::pin_wait(13), 3'600'000);
  EXPECT_EQ(crypto::pin_wait(4'294'967'295u), 3'600'000);
}

}  // namespace
}  // namespace livlina::testing

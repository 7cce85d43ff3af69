// Signatures with a purpose.
#include "crypto/core/sign.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include "tests/support/seeded_random.hpp"

namespace livlina::testing {
namespace {

using crypto::Error;
using crypto::SignKeyPair;

// T32: there is no signing without a purpose, and no verifying with the message alone.
template <class... Args>
concept Signs = requires(const SignKeyPair& k, Args... args) { k.sign(args...); };
static_assert(Signs<std::string_view, ByteView> && !Signs<ByteView>);
static_assert(!Signs<ByteView, std::string_view>);
static_assert(!std::is_default_constructible_v<SignKeyPair>);
static_assert(!std::is_constructible_v<SignKeyPair, ByteArray<32>>);

SignKeyPair pair(std::uint8_t seed) {
  return SignKeyPair::from_seed(crypto::Secret<32>(Bytes(32, seed)));
}
const ByteView message = view(std::string_view("a message"));

// The layout of what is signed, put together by hand.
TEST(Sign, signs_tag_purpose_zero_length_message) {
  const SignKeyPair key = pair(1);
  const auto signature = key.sign("checkin", message);
  ByteWriter w;
  w.str("livlina/1/sig/checkin").u8(0).u32(9).str("a message");
  EXPECT_TRUE(crypto::verify_raw(key.public_key().view(), w.get(), signature).ok());
  EXPECT_TRUE(crypto::verify(key.public_key(), "checkin", message, signature).ok());
}

TEST(Sign, T2_a_signature_counts_for_its_purpose_only) {
  const SignKeyPair key = pair(1);
  const auto signature = key.sign("manifest", message);
  for (const std::string_view other :
       {"plan", "manifes", "manifest2", "Manifest", "", "manifest/", "anifest"})
    EXPECT_EQ(crypto::verify(key.public_key(), other, message, signature).error(),
              Error::bad_signature)
        << other;
  EXPECT_EQ(crypto::verify_raw(key.public_key().view(), message, signature).error(),
            Error::bad_signature);
}

TEST(Sign, T2_purpose_and_message_do_not_flow_into_each_other) {
  const SignKeyPair key = pair(1);
  // Whatever is moved from the one to the other, the zero and the length stand between.
  const auto signature = key.sign("ab", view(std::string_view("cd")));
  EXPECT_FALSE(
      crypto::verify(key.public_key(), "a", view(std::string_view("bcd")), signature).ok());
  EXPECT_FALSE(
      crypto::verify(key.public_key(), "abc", view(std::string_view("d")), signature).ok());
  EXPECT_FALSE(crypto::verify(key.public_key(), "abcd", {}, signature).ok());
}

TEST(Sign, T4_any_flipped_bit_is_refused) {
  const SignKeyPair key = pair(1);
  const auto signature = key.sign("plan", message);
  for (std::size_t i = 0; i < signature.size() * 8; ++i) {
    auto altered = signature;
    altered[i / 8] = static_cast<std::uint8_t>(altered[i / 8] ^ (1u << (i % 8)));
    EXPECT_EQ(crypto::verify(key.public_key(), "plan", message, altered).error(),
              Error::bad_signature);
  }
  for (std::size_t i = 0; i < message.size(); ++i) {
    Bytes altered = to_bytes(message);
    altered[i] ^= 1;
    EXPECT_FALSE(crypto::verify(key.public_key(), "plan", altered, signature).ok());
  }
  EXPECT_FALSE(crypto::verify(pair(2).public_key(), "plan", message, signature).ok());
}

TEST(Sign, other_lengths_are_refused) {
  const SignKeyPair key = pair(1);
  const auto signature = key.sign("plan", message);
  Bytes longer = to_bytes(signature);
  longer.push_back(0);
  EXPECT_EQ(crypto::verify(key.public_key(), "plan", message, longer).error(), Error::bad_length);
  EXPECT_EQ(
      crypto::verify(key.public_key(), "plan", message, ByteView(signature).first(63)).error(),
      Error::bad_length);
  EXPECT_EQ(crypto::verify(key.public_key(), "plan", message, {}).error(), Error::bad_length);
  EXPECT_EQ(crypto::verify_raw(Bytes(31), message, signature).error(), Error::bad_length);
}

// The same signature with S + L in place of S also satisfies the equation (RFC 8032, 8.4).
TEST(Sign, T6_signatures_are_not_malleable) {
  const SignKeyPair key = pair(1);
  auto altered = key.sign("plan", message);
  const Bytes order = unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += altered[32 + i] + static_cast<unsigned>(order[i]);
    altered[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  EXPECT_EQ(crypto::verify(key.public_key(), "plan", message, altered).error(),
            Error::bad_signature);
}

TEST(Sign, seed_gives_the_same_pair) {
  SeededRandom random(1);
  const SignKeyPair key = SignKeyPair::generate(random);
  const SignKeyPair copy = key.copy();
  const SignKeyPair again = SignKeyPair::from_seed(key.seed().copy());
  EXPECT_EQ(key.public_key(), copy.public_key());
  EXPECT_EQ(key.public_key(), again.public_key());
  EXPECT_EQ(key.sign("plan", message), again.sign("plan", message));
  EXPECT_NE(SignKeyPair::generate(random).public_key(), key.public_key());
}

}  // namespace
}  // namespace livlina::testing

// Public keys: what parses, and what is never taken for what.
#include "crypto/core/keys.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include "crypto/core/sign.hpp"
#include "tests/support/bad_points.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {
namespace {

using crypto::DhPublic;
using crypto::Error;
using crypto::SignPublic;

// T14: a key of one type is nothing of the other, and bytes become a key by parsing alone.
static_assert(!std::is_convertible_v<SignPublic, DhPublic>);
static_assert(!std::is_convertible_v<DhPublic, SignPublic>);
static_assert(!std::is_constructible_v<SignPublic, DhPublic>);
static_assert(!std::is_constructible_v<DhPublic, SignPublic>);
static_assert(!std::is_assignable_v<SignPublic&, DhPublic>);
static_assert(!std::is_assignable_v<DhPublic&, SignPublic>);
static_assert(!std::is_constructible_v<SignPublic, ByteArray<32>>);
static_assert(!std::is_constructible_v<DhPublic, ByteArray<32>>);
static_assert(!std::is_constructible_v<SignPublic, ByteView>);
static_assert(!std::is_constructible_v<DhPublic, ByteView>);
static_assert(!std::is_default_constructible_v<SignPublic>);
static_assert(!std::is_default_constructible_v<DhPublic>);
static_assert(!std::is_convertible_v<ByteArray<32>, SignPublic>);
static_assert(!std::is_convertible_v<ByteArray<32>, DhPublic>);
// T2: so a signature is checked with a signing key only.
template <class Key>
concept Verifies = requires(const Key& k) { crypto::verify(k, "p", ByteView{}, ByteView{}); };
static_assert(Verifies<SignPublic> && !Verifies<DhPublic> && !Verifies<ByteArray<32>>);

// 2^255 - 19 + add, for add below 19, little endian; `top` sets the highest bit.
ByteArray<32> p_plus(std::uint8_t add, bool top) {
  ByteArray<32> out;
  out.fill(0xff);
  out[0] = static_cast<std::uint8_t>(0xed + add);
  out[31] = top ? 0xff : 0x7f;
  return out;
}

// The points of small order for agreements alone.
const char* const small_montgomery[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

TEST(Keys, T13_small_order_signing_keys_are_refused) {
  for (const char* const text : bad_signing_keys) {
    Bytes key = unhex(text);
    EXPECT_EQ(crypto::parse_sign_key(key).error(), Error::bad_public_key) << text;
    key[31] ^= 0x80;
    EXPECT_EQ(crypto::parse_sign_key(key).error(), Error::bad_public_key) << text << " negative";
  }
}

TEST(Keys, T13_non_canonical_signing_keys_are_refused) {
  for (std::uint8_t add = 0; add < 19; ++add)
    for (const bool top : {false, true})
      EXPECT_EQ(crypto::parse_sign_key(p_plus(add, top)).error(), Error::bad_public_key) << +add;
}

TEST(Keys, T13_signing_keys_off_the_main_subgroup_are_refused) {
  SeededRandom random(1);
  const auto good = crypto::SignKeyPair::generate(random).public_key();
  ASSERT_TRUE(crypto::parse_sign_key(good.view()).ok());
  for (const std::size_t i : {1u, 2u, 3u, 4u}) {  // plus a point of order 2, 4, 8
    const Bytes small = unhex(bad_signing_keys[i]);
    ByteArray<32> mixed;
    ASSERT_EQ(crypto_core_ed25519_add(mixed.data(), good.bytes().data(), small.data()), 0);
    EXPECT_EQ(crypto::parse_sign_key(mixed).error(), Error::bad_public_key);
  }
}

TEST(Keys, T13_signing_keys_off_the_curve_are_refused) {
  SeededRandom random(2);
  int refused = 0;
  for (int i = 0; i < 64; ++i) {
    const auto bytes = random.array<32>();
    refused += crypto::parse_sign_key(bytes).ok() ? 0 : 1;
  }
  EXPECT_GT(refused, 40);  // half are no point, seven in eight of the rest of the wrong order
}

TEST(Keys, T13_small_order_agreement_keys_are_refused) {
  for (const char* const text : small_montgomery) {
    Bytes key = unhex(text);
    EXPECT_EQ(crypto::parse_dh_key(key).error(), Error::bad_public_key) << text;
    key[31] ^= 0x80;
    EXPECT_EQ(crypto::parse_dh_key(key).error(), Error::bad_public_key) << text << " top bit";
    // They really are: a secret does not change what they give.
    key[31] ^= 0x80;
    const ByteArray<32> secret{1, 2, 3};
    ByteArray<32> out;
    EXPECT_EQ(crypto_scalarmult(out.data(), secret.data(), key.data()), -1);
  }
}

TEST(Keys, T13_non_canonical_agreement_keys_are_refused) {
  for (std::uint8_t add = 0; add < 19; ++add)
    for (const bool top : {false, true})
      EXPECT_EQ(crypto::parse_dh_key(p_plus(add, top)).error(), Error::bad_public_key) << +add;
  ByteArray<32> nine{9};
  EXPECT_TRUE(crypto::parse_dh_key(nine).ok());
  nine[31] = 0x80;
  EXPECT_EQ(crypto::parse_dh_key(nine).error(), Error::bad_public_key);
  // The largest canonical one that is not of small order: p - 2.
  ByteArray<32> largest = p_plus(0, false);
  largest[0] = 0xeb;
  EXPECT_TRUE(crypto::parse_dh_key(largest).ok());
  // Near the bound in one byte only.
  for (std::size_t i = 1; i < 31; ++i) {
    ByteArray<32> below = p_plus(18, false);
    below[i] = 0xfe;
    EXPECT_TRUE(crypto::parse_dh_key(below).ok()) << i;
  }
}

TEST(Keys, T13_other_lengths_are_refused) {
  for (const std::size_t n : {0u, 1u, 31u, 33u, 64u}) {
    EXPECT_EQ(crypto::parse_sign_key(Bytes(n, 9)).error(), Error::bad_length);
    EXPECT_EQ(crypto::parse_dh_key(Bytes(n, 9)).error(), Error::bad_length);
  }
}

TEST(Keys, real_keys_parse_to_their_own_bytes) {
  SeededRandom random(3);
  for (int i = 0; i < 20; ++i) {
    const auto pair = crypto::SignKeyPair::generate(random);
    const auto sign = crypto::parse_sign_key(pair.public_key().view());
    ASSERT_TRUE(sign.ok());
    EXPECT_EQ(*sign, pair.public_key());
    const auto secret = random.array<32>();
    ByteArray<32> dh;
    crypto_scalarmult_base(dh.data(), secret.data());
    const auto parsed = crypto::parse_dh_key(dh);
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed->bytes(), dh);
  }
}

}  // namespace
}  // namespace livlina::testing

#include "crypto/e2ee/seal.hpp"

#include <gtest/gtest.h>

#include "crypto/core/hash.hpp"
#include "crypto/e2ee/aead.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {
namespace {

using namespace livlina::crypto;

ByteView text_view(std::string_view s) { return view(s); }

// Gives the bytes 40, 41, 42, ...: the nonce of the specification's vector.
class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (auto& b : out) b = next_++;
  }

 private:
  std::uint8_t next_ = 0x40;
};

Secret<32> counting_key() {
  Secret<32> key;
  for (std::uint8_t i = 0; i < 32; ++i) key.data()[i] = i;
  return key;
}

TEST(Seal, vector_of_the_specification) {
  CountingRandom random;
  const Bytes sealed =
      seal(counting_key(), SealPurpose::body, text_view("ad"), text_view("hello"), random);
  EXPECT_EQ(hex(sealed),
            "404142434445464748494a4b4c4d4e4f5051525354555657"
            "ed9ba2c0497e6696d28288b10362967fb5c17acaeced2791607671b2609b54a3"
            "1ec1c41fec8ec7140d0265b327c4dc4c1bed685b99");
  EXPECT_EQ(
      to_string(open(counting_key(), SealPurpose::body, text_view("ad"), sealed).value().expose()),
      "hello");
}

TEST(Seal, adds_72_bytes_and_opens) {
  SeededRandom random(1);
  const Secret<32> key = random.secret<32>();
  for (std::size_t n : std::initializer_list<std::size_t>{0, 1, 96, 256, 65536}) {
    const Bytes plain(n, 0x77);
    const Bytes sealed = seal(key, SealPurpose::vault_page, {}, plain, random);
    EXPECT_EQ(sealed.size(), n + 72);
    auto opened = open(key, SealPurpose::vault_page, {}, sealed);
    ASSERT_TRUE(opened.ok());
    EXPECT_TRUE(equal(opened->expose(), plain));
  }
}

TEST(Seal, T4_any_flipped_bit_of_any_byte_is_one_error) {
  SeededRandom random(2);
  const Secret<32> key = random.secret<32>();
  const Bytes sealed = seal(key, SealPurpose::body, text_view("ad"), text_view("hello"), random);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes altered = sealed;
      altered[i] = static_cast<std::uint8_t>(altered[i] ^ (1 << bit));
      auto opened = open(key, SealPurpose::body, text_view("ad"), altered);
      ASSERT_FALSE(opened.ok()) << "byte " << i;
      EXPECT_EQ(opened.error(), Error::cannot_open);
    }
  }
}

TEST(Seal, T4_any_other_length_is_the_same_error) {
  SeededRandom random(3);
  const Secret<32> key = random.secret<32>();
  Bytes sealed = seal(key, SealPurpose::body, {}, text_view("hello"), random);
  for (std::size_t n = 0; n < sealed.size(); ++n)
    EXPECT_EQ(open(key, SealPurpose::body, {}, ByteView(sealed).first(n)).error(),
              Error::cannot_open);
  sealed.push_back(0);
  EXPECT_EQ(open(key, SealPurpose::body, {}, sealed).error(), Error::cannot_open);
}

TEST(Seal, T3_another_purpose_key_or_associated_data_does_not_open) {
  SeededRandom random(4);
  const Secret<32> key = random.secret<32>();
  const Bytes sealed = seal(key, SealPurpose::body, text_view("ad"), text_view("hello"), random);
  for (std::uint8_t p = 1; p <= 9; ++p) {
    const bool same = p == static_cast<std::uint8_t>(SealPurpose::body);
    EXPECT_EQ(open(key, static_cast<SealPurpose>(p), text_view("ad"), sealed).ok(), same);
  }
  EXPECT_FALSE(open(key, SealPurpose::body, text_view("aD"), sealed).ok());
  EXPECT_FALSE(open(key, SealPurpose::body, {}, sealed).ok());
  EXPECT_FALSE(open(random.secret<32>(), SealPurpose::body, text_view("ad"), sealed).ok());
}

TEST(Seal, the_same_text_never_seals_to_the_same_bytes) {
  SeededRandom random(5);
  const Secret<32> key = random.secret<32>();
  EXPECT_NE(seal(key, SealPurpose::body, {}, text_view("hello"), random),
            seal(key, SealPurpose::body, {}, text_view("hello"), random));
}

// Poly1305 alone does not bind its key: whoever knows both keys can make a ciphertext that the AEAD
// opens under each. The attacker here has even that part for free, because the ciphertext is taken
// from a seal under the other key: nonce and commitment of one, ciphertext of the other.
TEST(Seal, T21_one_ciphertext_opens_under_one_key_only) {
  SeededRandom random(6);
  const Secret<32> first = random.secret<32>();
  const Secret<32> second = random.secret<32>();
  CountingRandom same_nonce;
  CountingRandom same_nonce_again;
  const Bytes a = seal(first, SealPurpose::body, {}, text_view("hello"), same_nonce);
  const Bytes b = seal(second, SealPurpose::body, {}, text_view("hello"), same_nonce_again);
  ASSERT_TRUE(equal(ByteView(a).first(24), ByteView(b).first(24)));
  EXPECT_FALSE(equal(ByteView(a).subspan(24, 32), ByteView(b).subspan(24, 32)));

  // a's nonce and commitment over b's ciphertext: for `second` the AEAD part is authentic, so only
  // the commitment stands against it.
  Bytes mixed = a;
  std::copy(b.begin() + 56, b.end(), mixed.begin() + 56);
  ByteWriter info;
  info.str("livlina/1/seal").zeros(2).u8(1).bytes(sha256(ByteView{}));
  const Secret<88> derived = hkdf<88>(ByteView(a).first(24), second.expose(), info.get());
  ASSERT_TRUE(aead_decrypt(derived.expose().subspan(32, 32), derived.expose().last(24), {},
                           ByteView(mixed).subspan(56))
                  .ok());
  EXPECT_EQ(open(second, SealPurpose::body, {}, mixed).error(), Error::cannot_open);
  EXPECT_EQ(open(first, SealPurpose::body, {}, mixed).error(), Error::cannot_open);
  EXPECT_FALSE(open(second, SealPurpose::body, {}, a).ok());
  EXPECT_FALSE(open(first, SealPurpose::body, {}, b).ok());
}

}  // namespace
}  // namespace livlina::testing

// The vectors of RFC 5869 (HKDF), RFC 7748 (X25519) and RFC 8032 (Ed25519).
#include <gtest/gtest.h>

#include "crypto/core/hash.hpp"
#include "crypto/core/sign.hpp"
#include "crypto/e2ee/dh.hpp"

namespace livlina::testing {
namespace {

using namespace livlina::crypto;

Bytes counting(std::uint8_t first, std::size_t n) {
  Bytes out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(static_cast<std::uint8_t>(first + i));
  return out;
}

std::string hkdf_hex(ByteView salt, ByteView ikm, ByteView info, std::size_t n) {
  Bytes out(n);
  EXPECT_TRUE(hkdf(salt, ikm, info, out).ok());
  return hex(out);
}

TEST(Rfc5869, A1) {
  EXPECT_EQ(hkdf_hex(counting(0, 13), Bytes(22, 0x0b), counting(0xf0, 10), 42),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

TEST(Rfc5869, A2_longer_inputs) {
  EXPECT_EQ(hkdf_hex(counting(0x60, 80), counting(0, 80), counting(0xb0, 80), 82),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41"
            "c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

TEST(Rfc5869, A3_no_salt_no_info) {
  EXPECT_EQ(hkdf_hex({}, Bytes(22, 0x0b), {}, 42),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

std::string dh_hex(std::string_view scalar, std::string_view u) {
  return hex(dh_raw(unhex(scalar), unhex(u)).value().expose());
}

TEST(Rfc7748, Section5_2_single) {
  EXPECT_EQ(dh_hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                   "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
  // This u has its top bit set: fine for the bare function, refused as a key.
  const std::string top_bit = "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493";
  EXPECT_EQ(dh_hex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d", top_bit),
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
  EXPECT_EQ(parse_dh_key(unhex(top_bit)).error(), Error::bad_public_key);
}

TEST(Rfc7748, Section5_2_iterated) {
  Bytes k(32, 0);
  k[0] = 9;
  Bytes u = k;
  for (int i = 1; i <= 1000; ++i) {
    const Bytes next = to_bytes(dh_raw(k, u).value().expose());
    u = k;
    k = next;
    if (i == 1) {
      EXPECT_EQ(hex(k), "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    }
  }
  EXPECT_EQ(hex(k), "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

struct Ed25519Vector {
  const char* seed;
  const char* key;
  const char* message;
  const char* signature;

  void verify() const {
    const SignKeyPair pair = SignKeyPair::from_seed(Secret<32>(unhex(seed)));
    EXPECT_EQ(hex(pair.public_key().view()), key);
    EXPECT_TRUE(verify_raw(unhex(key), unhex(message), unhex(signature)).ok());
    Bytes longer = unhex(message);
    longer.push_back(0);
    EXPECT_EQ(verify_raw(unhex(key), longer, unhex(signature)).error(), Error::bad_signature);
  }
};

TEST(Rfc8032, Section7_1) {
  const Ed25519Vector vectors[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf"
       "9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f"
       "11d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984"
       "dc6594a7c15e9716ed28dc027beceea1ec40a"},
  };
  for (const Ed25519Vector& v : vectors) v.verify();
}

}  // namespace
}  // namespace livlina::testing

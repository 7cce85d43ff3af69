// Wycheproof vectors over our own wrappers (protocol/spec/e2ee.md names the primitives).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "crypto/core/hash.hpp"
#include "crypto/core/sign.hpp"
#include "crypto/e2ee/aead.hpp"
#include "crypto/e2ee/dh.hpp"

namespace livlina::testing {
namespace {

using namespace livlina::crypto;
using nlohmann::json;

Bytes bytes_of(const json& test, const char* field) {
  return unhex(test.at(field).get<std::string>());
}

bool flagged(const json& test, std::string_view flag) {
  const json& flags = test.at("flags");
  return std::any_of(flags.begin(), flags.end(), [&](const json& f) { return f == flag; });
}

// The folder with the vectors, or nothing: then the test is skipped, or fails when it must run.
std::optional<json> load(const std::string& file) {
  const char* folder = std::getenv("LIVLINA_VECTORS");
  std::ifstream in(std::string(folder != nullptr ? folder : "../shared/vectors") + "/" + file);
  if (!in) return std::nullopt;
  return json::parse(in);
}

bool required() {
  const char* v = std::getenv("LIVLINA_REQUIRE_VECTORS");
  return v != nullptr && std::string_view(v) == "1";
}

// Runs `check(group, test)` over every case and counts.
template <class Check>
int run(const json& vectors, const std::string& file, Check check) {
  int ran = 0;
  for (const json& group : vectors.at("testGroups")) {
    for (const json& test : group.at("tests")) {
      SCOPED_TRACE(file + " case " + std::to_string(test.at("tcId").get<int>()));
      check(group, test);
      ++ran;
    }
  }
  std::cout << "vectors: " << file << " " << ran << " cases ran\n";
  return ran;
}

#define LOAD_OR_SKIP(name, file)                                                         \
  const auto name = load(file);                                                          \
  if (!name && required()) FAIL() << "the vectors are required and missing: " << (file); \
  if (!name) GTEST_SKIP() << "skipped, the folder with the vectors is missing: " << (file)

// u >= 2^255 - 19, or the top bit is set.
bool non_canonical(const Bytes& u) {
  if (u[31] >= 0x80) return true;
  return u[31] == 0x7f && u[0] >= 0xed &&
         std::all_of(u.begin() + 1, u.begin() + 31, [](std::uint8_t b) { return b == 0xff; });
}

TEST(Wycheproof, T13_x25519) {
  LOAD_OR_SKIP(vectors, "x25519_test.json");
  const int ran = run(*vectors, "x25519_test.json", [](const json&, const json& t) {
    const Bytes point = bytes_of(t, "public");
    const Bytes shared = bytes_of(t, "shared");
    const bool zero = flagged(t, "ZeroSharedSecret");
    auto raw = dh_raw(bytes_of(t, "private"), point);
    ASSERT_EQ(raw.ok(), !zero);
    if (zero) {
      EXPECT_EQ(raw.error(), Error::bad_dh);
    } else {
      EXPECT_TRUE(secret_equal(raw->expose(), shared));
    }
    const bool refused = non_canonical(point) || flagged(t, "LowOrderPublic");
    auto parsed = parse_dh_key(point);
    ASSERT_EQ(parsed.ok(), !refused);
    if (refused) return;
    const DhKeyPair ours = DhKeyPair::from_secret(Secret<32>(bytes_of(t, "private")));
    EXPECT_TRUE(secret_equal(dh(ours, *parsed)->expose(), shared));
  });
  EXPECT_EQ(ran, 518);
}

TEST(Wycheproof, Ed25519) {
  LOAD_OR_SKIP(vectors, "ed25519_test.json");
  const int ran = run(*vectors, "ed25519_test.json", [](const json& g, const json& t) {
    const Bytes key = unhex(g.at("publicKey").at("pk").get<std::string>());
    const bool good = verify_raw(key, bytes_of(t, "msg"), bytes_of(t, "sig")).ok();
    EXPECT_EQ(good, t.at("result") == "valid");
  });
  EXPECT_EQ(ran, 151);
}

TEST(Wycheproof, XChaCha20Poly1305) {
  LOAD_OR_SKIP(vectors, "xchacha20_poly1305_test.json");
  const int ran = run(*vectors, "xchacha20_poly1305_test.json", [](const json& g, const json& t) {
    const Bytes key = bytes_of(t, "key");
    const Bytes nonce = bytes_of(t, "iv");
    const Bytes ad = bytes_of(t, "aad");
    const Bytes plain = bytes_of(t, "msg");
    Bytes sealed = bytes_of(t, "ct");
    const Bytes tag = bytes_of(t, "tag");
    sealed.insert(sealed.end(), tag.begin(), tag.end());
    auto opened = aead_decrypt(key, nonce, ad, sealed);
    if (g.at("ivSize") != 192) {
      ASSERT_FALSE(opened.ok());
      EXPECT_EQ(opened.error(), Error::bad_length);
      EXPECT_FALSE(aead_encrypt(key, nonce, ad, plain).ok());
    } else if (t.at("result") == "valid") {
      ASSERT_TRUE(opened.ok());
      EXPECT_TRUE(secret_equal(opened->expose(), plain));
      EXPECT_EQ(aead_encrypt(key, nonce, ad, plain).value(), sealed);
    } else {
      ASSERT_FALSE(opened.ok());
      EXPECT_EQ(opened.error(), Error::cannot_open);
    }
  });
  EXPECT_EQ(ran, 315);
}

TEST(Wycheproof, HkdfSha256) {
  LOAD_OR_SKIP(vectors, "hkdf_sha256_test.json");
  const int ran = run(*vectors, "hkdf_sha256_test.json", [](const json&, const json& t) {
    Bytes out(t.at("size").get<std::size_t>());
    const Status s = hkdf(bytes_of(t, "salt"), bytes_of(t, "ikm"), bytes_of(t, "info"), out);
    ASSERT_EQ(s.ok(), t.at("result") == "valid");
    if (s.ok()) {
      EXPECT_EQ(out, bytes_of(t, "okm"));
    }
  });
  EXPECT_EQ(ran, 86);
}

TEST(Wycheproof, HmacSha256) {
  LOAD_OR_SKIP(vectors, "hmac_sha256_test.json");
  const int ran = run(*vectors, "hmac_sha256_test.json", [](const json& g, const json& t) {
    const Bytes message = bytes_of(t, "msg");
    const Secret<32> mac = hmac(bytes_of(t, "key"), {message});
    const std::size_t size = g.at("tagSize").get<std::size_t>() / 8;
    EXPECT_EQ(secret_equal(mac.expose().first(size), bytes_of(t, "tag")),
              t.at("result") == "valid");
  });
  EXPECT_EQ(ran, 174);
}

}  // namespace
}  // namespace livlina::testing

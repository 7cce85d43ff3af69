// Known answers: the SHA-256 of every sample record. A change here is a change of the wire format,
// and protocol/spec/records.md lists the same values.
#include <gtest/gtest.h>

#include <map>

#include "protocol/records/login.hpp"
#include "tests/protocol/record_samples.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

TEST(RecordVectors, layouts_stay_as_published) {
  struct Expected {
    std::size_t size;
    std::string sha256;
  };
  const std::map<std::string, Expected> expected = {
      {"devlist", {337, "2fa3f5b08175abff407eb5362fa37c819e456449996c7dba37fcd32e1c2b2c8b"}},
      {"spk", {125, "dd1b4d4f64ada3f159cdeceed916aa1408738ce934bf1dc4f836481327a887f9"}},
      {"shadow", {117, "65d5094fed1bcd077a2beec59016aad7d86be8f1d8ee16f8615fb2b0910f56a5"}},
      {"roster", {328, "deedd8a98612123fdcbb89a914e114e8bf09f676d38143f345e2f2f49f589334"}},
      {"directory", {385, "5940e8a1710326be568da09eac06a9551e5422f3ee88aaf20e7abc36e76346b1"}},
      {"manifest", {595, "c5f382129b8abc3d48ae772d35f0cd269983e3564dcf30d45c23d923433a5e01"}},
      {"confirm", {177, "358781db40a43bef4ab2736ee2fd5ff3bd2eee91ea87451e3af07b4751f2a9e6"}},
      {"plan", {288, "0e84135f51429fd1dde908cd7fd9ada6be2b28e9d8d066cf602ea93af821ce53"}},
      {"plan of intervals",
       {291, "adb9b0b16e9bc23134af2e67f24f8f753f95aefa08db3c1dde148f62c8ef8569"}},
      {"checkin", {343, "e9a7832bf5c200ef340d731dad161c797de124da93b27e557b05cbfb6db8a88e"}},
      {"act", {219, "895e862753aead2f6a9d229b1bc3709b27932c1c5a5831f362c262b49380dc1b"}},
  };
  ASSERT_EQ(expected.size(), record_kinds().size());
  for (const RecordKind& kind : record_kinds()) {
    const auto& want = expected.at(kind.name);
    EXPECT_EQ(kind.sample.size(), want.size) << kind.name;
    EXPECT_EQ(hex(crypto::sha256(kind.sample)), want.sha256) << kind.name;
  }
}

TEST(RecordVectors, signatures_without_a_record_stay_as_published) {
  const LoginTranscript login{"livlina.example", hash_of(1), hash_of(2), hash_of(3), 4, 5};
  const HelloTranscript hello{hash_of(2), hash_of(3), sample_now, 6, hash_of(7)};
  EXPECT_EQ(hex(crypto::sha256(sign_login(login, owner()))),
            "c6d3008b09b2f14a3a0c38555670e35580a673871c881ce93a00fd845412e341");
  EXPECT_EQ(hex(crypto::sha256(sign_hello(hello, owner()))),
            "8b6c049a2b094b6af2c1e43b7e747b5daf04b36b121a8ef8228daafeaf265a7e");
  EXPECT_EQ(hex(crypto::sha256(sign_join(hash_of(8), Role::mentor, owner()))),
            "e6143e485ba348e342ecc8a2e15ea5a7e17af5ade52d26ca72b1508ccc6973f5");
}

TEST(RecordVectors, derived_ids_stay_as_published) {
  EXPECT_EQ(device_of(0x01, 0x21).id.hex(), "b77eac34a76cbc48a1b6f67ef6d739fb");
  EXPECT_EQ(desk_circle(owner().public_key()).hex(), "34750f98bd59fcfc946da45aaabe933b");
  EXPECT_EQ(hex(note_ref(hash_of(1), view(std::string_view("hello")))),
            "8bd09424dab9514ca4366bcef3f635afbe6f1e92fd36ababdb12307304ce1d64");
}

}  // namespace
}  // namespace livlina::testing

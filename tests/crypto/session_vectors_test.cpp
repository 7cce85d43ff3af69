// tests/vectors/session_v1.txt: written once by the first version, read by every later one. Private
// keys of both sides, what X3DH makes of them, pickles and frames (protocol/spec/e2ee.md, Vectors).
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "crypto/e2ee/seal.hpp"
#include "tests/crypto/pair.hpp"

namespace livlina::testing {
namespace {

using namespace livlina::crypto;

struct SessionVectors : ::testing::Test {
  std::map<std::string, Bytes> v;
  SeededRandom random{130};

  void SetUp() override {
    std::ifstream in("tests/vectors/session_v1.txt");
    ASSERT_TRUE(in) << "run from the top of the source tree";
    std::string key;
    std::string value;
    while (in >> key >> value) v[key] = unhex(value);
  }
  DhKeyPair pair(const char* key) { return DhKeyPair::from_secret(Secret<32>(v.at(key))); }
  Party party(const std::string& who) {
    const std::string ik = who + "_ik_secret";
    return {parse_sign_key(v.at(who + "_account")).value(), *DeviceId::from(v.at(who + "_device")),
            parse_sign_key(v.at(who + "_sig")).value(), pair(ik.c_str()).public_key()};
  }
  Agreement agreement() {
    const FrameParts first = parse_frame(v.at("frame_1")).value();
    const InitContents init = read_init(first.init, pair("b_ik_secret"), party("b").device).value();
    EXPECT_EQ(init.gen, 1u);
    EXPECT_EQ(init.device_list, Bytes(300, 0x5a));
    const DhKeyPair opk = pair("b_opk_secret");
    return respond(party("b"), pair("b_ik_secret"), pair("b_spk_secret"), &opk, party("a"), init)
        .value();
  }
  std::string by_a(Session& b, const char* frame) {
    return shown(read(b, v.at(frame), roles_of(by_participant()), random));
  }
  std::string by_b(Session& a, const char* frame) {
    return shown(read(a, v.at(frame), roles_of(to_participant()), random));
  }
};

TEST_F(SessionVectors, x3dh) {
  const Agreement a = agreement();
  EXPECT_EQ(hex(a.sk.expose()), hex(v.at("sk")));
  EXPECT_EQ(hex(a.hka.expose()), hex(v.at("hka")));
  EXPECT_EQ(hex(a.hkb.expose()), hex(v.at("hkb")));
  EXPECT_EQ(hex(a.sid), hex(v.at("sid")));
}

TEST_F(SessionVectors, a_new_session_opens_the_first_frames) {
  Session b =
      Session::accept(party("b"), party("a"), agreement(), 1, pair("b_spk_secret"), start_of_time)
          .value();
  EXPECT_EQ(by_a(b, "frame_1"), "first");
  EXPECT_EQ(by_a(b, "frame_2"), "second");
}

// pickle_b was taken after frame_1 and after making frame_3; frame_4 is a's first after frame_3.
TEST_F(SessionVectors, old_pickles_go_on) {
  Session b = Session::unpickle(v.at("pickle_b")).value();
  EXPECT_EQ(hex(b.pickle().expose()), hex(v.at("pickle_b")));
  EXPECT_EQ(by_a(b, "frame_1"), "[duplicate]");
  EXPECT_EQ(by_a(b, "frame_4"), "fourth");
  EXPECT_EQ(b.missing(), 1u);
  EXPECT_EQ(by_a(b, "frame_2"), "second");

  Session a = Session::unpickle(v.at("pickle_a")).value();
  EXPECT_EQ(hex(a.pickle().expose()), hex(v.at("pickle_a")));
  EXPECT_EQ(by_b(a, "frame_3"), "third");
}

// The header of the responder's first frame, opened by hand.
TEST_F(SessionVectors, T3_the_responder_s_direction_is_1) {
  const FrameParts frame = parse_frame(v.at("frame_3")).value();
  for (std::uint8_t dir : std::initializer_list<std::uint8_t>{0, 1}) {
    ByteWriter ad;
    ad.str("livlina/1/ad").u8(0).u16(1);
    ad.bytes(v.at("a_account")).bytes(v.at("a_device"));
    ad.bytes(v.at("b_account")).bytes(v.at("b_device"));
    ad.bytes(v.at("sid")).u8(dir).u8(0).bytes(sha256(ByteView{}));
    const Secret<32> hkb(v.at("hkb"));
    EXPECT_EQ(open(hkb, SealPurpose::header, ad.get(), frame.header).ok(), dir == 1);
  }
}

}  // namespace
}  // namespace livlina::testing

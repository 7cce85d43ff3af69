#include "crypto/e2ee/x3dh.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "tests/crypto/pair.hpp"
#include "tests/support/bad_points.hpp"

namespace livlina::testing {
namespace {

using namespace livlina::crypto;

struct World {
  explicit World(std::uint64_t seed) : random(seed), alice(random), bo(random) {}
  SeededRandom random;
  Device alice;
  Device bo;

  Initiated start(bool with_opk, std::uint32_t gen = 1) {
    return initiate(alice.party(), alice.ik, bo.bundle(with_opk), gen, Bytes(300, 7), random)
        .value();
  }
  Result<InitContents> contents(ByteView init) { return read_init(init, bo.ik, bo.party().device); }
  Result<Agreement> finish(const InitContents& c, const Party& them) {
    return respond(bo.party(), bo.ik, bo.spk, c.opk_id ? &bo.opk : nullptr, them, c);
  }
};

void expect_same(const Agreement& a, const Agreement& b) {
  EXPECT_TRUE(secret_equal(a.sk.expose(), b.sk.expose()));
  EXPECT_TRUE(secret_equal(a.hka.expose(), b.hka.expose()));
  EXPECT_TRUE(secret_equal(a.hkb.expose(), b.hkb.expose()));
  EXPECT_EQ(a.sid, b.sid);
}

void expect_nothing_shared(const Agreement& a, const Agreement& b) {
  EXPECT_FALSE(secret_equal(a.sk.expose(), b.sk.expose()));
  EXPECT_FALSE(secret_equal(a.hka.expose(), b.hka.expose()));
  EXPECT_FALSE(secret_equal(a.hkb.expose(), b.hkb.expose()));
  EXPECT_NE(a.sid, b.sid);
}

class X3dhBoth : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(WithAndWithoutOpk, X3dhBoth, ::testing::Bool());

TEST_P(X3dhBoth, both_sides_agree) {
  World w(10);
  const Initiated i = w.start(GetParam(), 5);
  EXPECT_EQ(i.init.size(), 1139u);
  auto c = w.contents(i.init);
  ASSERT_TRUE(c.ok());
  EXPECT_EQ(c->gen, 5u);
  EXPECT_EQ(c->account, w.alice.account.public_key());
  EXPECT_EQ(c->device, w.alice.party().device);
  EXPECT_EQ(c->device_list, Bytes(300, 7));
  EXPECT_EQ(c->spk_id, 7u);
  EXPECT_EQ(c->opk_id, GetParam() ? std::optional<std::uint32_t>(21) : std::nullopt);
  auto agreement = w.finish(*c, w.alice.party());
  ASSERT_TRUE(agreement.ok());
  expect_same(i.agreement, *agreement);
}

TEST_P(X3dhBoth, the_four_secrets_differ_from_each_other) {
  World w(11);
  const Initiated i = w.start(GetParam());
  const Agreement& a = i.agreement;
  const std::set<std::string> all = {hex(a.sk.expose()), hex(a.hka.expose()), hex(a.hkb.expose()),
                                     hex(a.sid)};
  EXPECT_EQ(all.size(), 4u);
}

TEST_P(X3dhBoth, T4_any_flipped_byte_of_the_init_part_is_refused) {
  World w(12);
  const Initiated i = w.start(GetParam());
  for (std::size_t at = 0; at < i.init.size(); ++at) {
    Bytes altered = i.init;
    altered[at] ^= 1;
    EXPECT_FALSE(w.contents(altered).ok()) << "byte " << at;
  }
}

TEST(X3dh, an_agreement_is_never_made_twice) {
  World w(13);
  expect_nothing_shared(w.start(true).agreement, w.start(true).agreement);
}

TEST(X3dh, T13_points_of_small_order_and_other_encodings_are_refused_at_every_input) {
  World w(14);
  const Initiated i = w.start(true);
  for (const char* point : bad_points) {
    const Bytes bad = unhex(point);
    // IK, SPK and OPK enter as parsed keys only, EK through read_init.
    EXPECT_EQ(parse_dh_key(bad).error(), Error::bad_public_key) << point;
    Bytes init = i.init;
    std::copy(bad.begin(), bad.end(), init.begin() + 2);
    EXPECT_EQ(w.contents(init).error(), Error::bad_public_key) << point;
  }
}

TEST(X3dh, T13_a_zero_result_is_refused_even_if_a_point_slipped_through) {
  SeededRandom random(15);
  const Secret<32> scalar = random.secret<32>();
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(dh_raw(scalar.expose(), unhex(bad_points[i])).error(), Error::bad_dh);
  EXPECT_EQ(dh_raw(scalar.expose(), Bytes(31, 9)).error(), Error::bad_length);
  EXPECT_EQ(dh_raw(Bytes(33, 9), Bytes(32, 9)).error(), Error::bad_length);
}

// Whoever has got hold of the ephemeral key of a first message knows all but DH1: they can name its
// sender, and are not believed.
TEST(X3dh, T5_with_a_leaked_ephemeral_key_alone_nobody_is_who_they_say) {
  World w(18);
  const Device thief(w.random);
  SeededRandom ours(19);
  SeededRandom stolen(19);  // so the ephemeral key is the same
  const Bytes list(300, 7);
  const auto honest =
      initiate(w.alice.party(), w.alice.ik, w.bo.bundle(true), 1, list, ours).value();
  const auto forged =
      initiate(w.alice.party(), thief.ik, w.bo.bundle(true), 1, list, stolen).value();
  ASSERT_EQ(Bytes(honest.init.begin(), honest.init.begin() + 34),
            Bytes(forged.init.begin(), forged.init.begin() + 34));
  const auto named = w.contents(forged.init);
  ASSERT_TRUE(named.ok());
  EXPECT_EQ(named->account, w.alice.account.public_key());
  const auto agreed = w.finish(*named, w.alice.party());
  ASSERT_TRUE(agreed.ok());
  EXPECT_FALSE(secret_equal(agreed->sk.expose(), forged.agreement.sk.expose()));
  EXPECT_FALSE(secret_equal(agreed->hka.expose(), forged.agreement.hka.expose()));
  EXPECT_TRUE(secret_equal(agreed->sk.expose(), honest.agreement.sk.expose()));
}

TEST(X3dh, T14_key_types_do_not_convert_into_each_other) {
  static_assert(!std::is_convertible_v<SignPublic, DhPublic>);
  static_assert(!std::is_convertible_v<DhPublic, SignPublic>);
  static_assert(!std::is_constructible_v<DhPublic, SignPublic>);
  static_assert(!std::is_constructible_v<DhPublic, ByteArray<32>>);
  static_assert(!std::is_constructible_v<DhPublic, DhKeyPair>);
  static_assert(!std::is_copy_constructible_v<DhKeyPair>);
  static_assert(!std::is_copy_constructible_v<Agreement>);
  // The same bytes at another place of the transcript are another agreement.
  World w(16);
  const Initiated i = w.start(false);
  const InitContents c = w.contents(i.init).value();
  Device swapped = Device(w.random);
  swapped.ik = w.bo.spk.copy();
  swapped.spk = w.bo.ik.copy();
  auto other = respond(w.bo.party(), swapped.ik, swapped.spk, nullptr, w.alice.party(), c);
  expect_nothing_shared(i.agreement, other.value());
}

TEST(X3dh, T15_unknown_suite_is_refused) {
  World w(17);
  const Initiated i = w.start(true);
  for (std::uint16_t suite : std::initializer_list<std::uint16_t>{0, 2, 0x0100, 0xffff}) {
    Bytes init = i.init;
    init[0] = static_cast<std::uint8_t>(suite & 0xff);
    init[1] = static_cast<std::uint8_t>(suite >> 8);
    EXPECT_EQ(w.contents(init).error(), Error::bad_suite) << suite;
  }
}

TEST(X3dh, T15_suite_1_has_no_room_for_a_post_quantum_part) {
  World w(18);
  Bytes init = w.start(true).init;
  init.push_back(0);
  EXPECT_EQ(w.contents(init).error(), Error::bad_length);
  init.resize(init_size + 1184);  // what ML-KEM-768 would add
  EXPECT_EQ(w.contents(init).error(), Error::bad_length);
  EXPECT_EQ(w.contents(ByteView(init).first(init_size - 1)).error(), Error::bad_length);
  EXPECT_EQ(w.contents({}).error(), Error::bad_length);
}

TEST(X3dh, T15_dropping_the_one_time_key_from_the_init_part_is_seen) {
  World w(19);
  Bytes init = w.start(true).init;
  init[38] = 0;  // opk_flag
  EXPECT_EQ(w.contents(init).error(), Error::bad_format);
  std::fill(init.begin() + 39, init.begin() + 43, std::uint8_t{0});
  EXPECT_EQ(w.contents(init).error(), Error::cannot_open);
  init[38] = 2;
  EXPECT_EQ(w.contents(init).error(), Error::bad_format);
}

TEST(X3dh, T16_any_changed_field_of_either_party_gives_other_keys) {
  World w(20);
  const Initiated i = w.start(true);
  InitContents c = w.contents(i.init).value();
  const Device mallory(w.random);
  const Party m = mallory.party();
  const Party a = w.alice.party();
  const Party b = w.bo.party();
  // Account and device of the initiator are checked against the init part; the transcript alone
  // must separate them as well, so the init part is made to agree.
  struct Change {
    const char* what;
    std::function<void(Party& them, Party& us, InitContents& c)> apply;
  };
  const Change changes[] = {
      {"account_A",
       [&](Party& them, Party&, InitContents& x) { x.account = them.account = m.account; }},
      {"device_A",
       [&](Party& them, Party&, InitContents& x) { x.device = them.device = m.device; }},
      {"sig_A", [&](Party& them, Party&, InitContents&) { them.sig = m.sig; }},
      {"IK_A", [&](Party& them, Party&, InitContents&) { them.ik = m.ik; }},
      {"account_B", [&](Party&, Party& us, InitContents&) { us.account = m.account; }},
      {"device_B", [&](Party&, Party& us, InitContents&) { us.device = m.device; }},
      {"sig_B", [&](Party&, Party& us, InitContents&) { us.sig = m.sig; }},
      {"IK_B", [&](Party&, Party& us, InitContents&) { us.ik = m.ik; }},
      {"spk_id", [&](Party&, Party&, InitContents& x) { ++x.spk_id; }},
      {"opk_id", [&](Party&, Party&, InitContents& x) { x.opk_id = *x.opk_id + 1; }},
      {"gen", [&](Party&, Party&, InitContents& x) { ++x.gen; }},
  };
  for (const Change& change : changes) {
    SCOPED_TRACE(change.what);
    Party them = a;
    Party us = b;
    InitContents x = c;
    change.apply(them, us, x);
    auto other = respond(us, w.bo.ik, w.bo.spk, &w.bo.opk, them, x);
    ASSERT_TRUE(other.ok());
    expect_nothing_shared(i.agreement, *other);
  }
}

TEST(X3dh, T16_the_verified_party_must_be_the_one_that_the_init_part_names) {
  World w(21);
  const InitContents c = w.contents(w.start(true).init).value();
  Party other_account = w.alice.party();
  other_account.account = Device(w.random).account.public_key();
  EXPECT_EQ(w.finish(c, other_account).error(), Error::bad_format);
  Party other_device = w.alice.party();
  other_device.device.bytes[3] ^= 1;
  EXPECT_EQ(w.finish(c, other_device).error(), Error::bad_format);
}

TEST(X3dh, T16_an_init_part_for_another_device_does_not_open) {
  World w(22);
  const Initiated i = w.start(true);
  DeviceId other = w.bo.party().device;
  other.bytes[0] ^= 1;
  EXPECT_EQ(read_init(i.init, w.bo.ik, other).error(), Error::cannot_open);
  EXPECT_EQ(read_init(i.init, w.alice.ik, w.bo.party().device).error(), Error::cannot_open);
}

TEST(X3dh, the_one_time_key_is_given_exactly_when_it_is_named) {
  World w(23);
  const InitContents with = w.contents(w.start(true).init).value();
  const InitContents without = w.contents(w.start(false).init).value();
  const Party a = w.alice.party();
  EXPECT_EQ(respond(w.bo.party(), w.bo.ik, w.bo.spk, nullptr, a, with).error(), Error::bad_format);
  EXPECT_EQ(respond(w.bo.party(), w.bo.ik, w.bo.spk, &w.bo.opk, a, without).error(),
            Error::bad_format);
}

TEST(X3dh, T24_a_device_list_beyond_900_bytes_is_refused) {
  World w(24);
  const auto with_list = [&](std::size_t n, std::uint32_t gen) {
    return initiate(w.alice.party(), w.alice.ik, w.bo.bundle(true), gen, Bytes(n, 1), w.random);
  };
  EXPECT_EQ(with_list(901, 1).error(), Error::too_large);
  EXPECT_EQ(with_list(900, 0).error(), Error::bad_format);
  auto largest = with_list(900, 1);
  ASSERT_TRUE(largest.ok());
  EXPECT_EQ(w.contents(largest->init)->device_list.size(), 900u);
}

TEST(X3dh, T8_the_init_part_shows_nothing_of_its_sender) {
  World w(25);
  const Bytes init = w.start(true).init;
  const Party a = w.alice.party();
  for (ByteView field : {a.account.view(), a.device.view(), a.sig.view(), a.ik.view()})
    EXPECT_EQ(std::search(init.begin(), init.end(), field.begin(), field.end()), init.end());
}

TEST(X3dh, M2_repeated_init_parts_have_one_fingerprint) {
  World w(26);
  const Initiated i = w.start(false);
  const InitContents c = w.contents(i.init).value();
  ByteWriter expected;
  expected.bytes(ByteView(i.init).subspan(2, 32)).u32(7);
  EXPECT_EQ(init_fingerprint(c), sha256(expected.get()));
  EXPECT_EQ(init_fingerprint(w.contents(i.init).value()), init_fingerprint(c));
  EXPECT_NE(init_fingerprint(w.contents(w.start(false).init).value()), init_fingerprint(c));
}

}  // namespace
}  // namespace livlina::testing

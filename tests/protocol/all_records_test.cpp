// What holds for every signed record: it is read back as written, and nothing else is accepted.
#include <gtest/gtest.h>

#include <map>
#include <type_traits>

#include "tests/protocol/record_samples.hpp"
#include "tests/support/bad_points.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

TEST(Records, every_type_is_read_back_as_written) {
  ASSERT_EQ(record_kinds().size(), 11U);
  for (const RecordKind& kind : record_kinds()) {
    auto again = kind.verify_and_sign(kind.sample);
    ASSERT_TRUE(again.ok()) << kind.name << ": " << name(again.error());
    EXPECT_EQ(hex(*again), hex(kind.sample)) << kind.name;
  }
}

TEST(Records, T4_every_flipped_bit_is_refused) {
  for (const RecordKind& kind : record_kinds()) {
    for (std::size_t i = 0; i < kind.sample.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        Bytes changed = kind.sample;
        changed[i] = static_cast<std::uint8_t>(changed[i] ^ 1 << bit);
        ASSERT_TRUE(kind.refusal(changed)) << kind.name << " byte " << i << " bit " << bit;
      }
    }
  }
}

// Every key of every record is looked at, whoever signs it: those of agreements, and those that
// verify something else.
TEST(Records, T13_every_key_of_every_record_is_a_good_one) {
  std::map<std::string, int> found;
  for (const RecordKind& kind : record_kinds()) {
    const Bytes body = body_of(kind.sample);
    const auto refused_with = [&](std::size_t at, const char* point) {
      Bytes changed = body;
      const Bytes bad = unhex(point);
      std::copy(bad.begin(), bad.end(), changed.begin() + static_cast<std::ptrdiff_t>(at));
      return kind.refusal(sign_body(changed, kind.purpose)).has_value();
    };
    for (std::size_t at = 0; at + 32 <= body.size(); ++at) {
      const ByteView here = ByteView(body).subspan(at, 32);
      for (std::uint8_t n = 0x20; n <= 0x24; ++n)
        if (equal(here, dh_key(n).view())) {
          ++found[kind.purpose + " agreement"];
          for (const char* point : bad_points)
            EXPECT_TRUE(refused_with(at, point)) << kind.name << " at " << at << " " << point;
        }
      for (std::uint8_t n = 0x02; n <= 0x09; ++n)
        if (equal(here, sign_key(n).public_key().view())) {
          ++found[kind.purpose + " signing"];
          for (const char* point : bad_signing_keys)
            EXPECT_TRUE(refused_with(at, point)) << kind.name << " at " << at << " " << point;
        }
    }
  }
  EXPECT_EQ(found, (std::map<std::string, int>{{"confirm signing", 1},
                                               {"devlist agreement", 3},
                                               {"devlist signing", 1},
                                               {"directory signing", 2},
                                               {"manifest signing", 6},
                                               {"roster agreement", 1},
                                               {"roster signing", 2},
                                               {"spk agreement", 1}}));
}

TEST(Records, T4_truncated_and_extended_are_refused) {
  for (const RecordKind& kind : record_kinds()) {
    for (std::size_t n = 0; n < kind.sample.size(); ++n)
      ASSERT_TRUE(kind.refusal(ByteView(kind.sample).first(n))) << kind.name << " to " << n;
    for (const std::size_t more : {1U, 64U, 1000U, 200000U}) {
      Bytes longer = kind.sample;
      longer.resize(longer.size() + more);
      ASSERT_TRUE(kind.refusal(longer)) << kind.name << " + " << more;
    }
  }
}

// The signer itself signs a cut or lengthened body: the layout is exact all the same.
TEST(Records, signed_bodies_of_another_length_are_refused) {
  for (const RecordKind& kind : record_kinds()) {
    const Bytes body = body_of(kind.sample);
    for (std::size_t n = 0; n < body.size(); ++n)
      ASSERT_TRUE(kind.refusal(sign_body(ByteView(body).first(n), kind.purpose)))
          << kind.name << " cut to " << n;
    Bytes longer = body;
    longer.push_back(0);
    const auto why = kind.refusal(sign_body(longer, kind.purpose));
    ASSERT_TRUE(why) << kind.name;
    EXPECT_TRUE(*why == Error::bad_format || *why == Error::too_large) << name(*why);
  }
}

// Whatever a signer writes is refused or has one meaning only: it is written back byte for byte.
TEST(Records, a_changed_body_signed_again_is_refused_or_canonical) {
  SeededRandom random(4);
  int accepted = 0;
  int refused = 0;
  for (const RecordKind& kind : record_kinds()) {
    const Bytes body = body_of(kind.sample);
    for (std::size_t i = 0; i < body.size(); ++i) {
      for (const auto mask : {std::uint8_t{1}, std::uint8_t{0x80}, random.array<1>()[0]}) {
        Bytes changed = body;
        changed[i] = static_cast<std::uint8_t>(changed[i] ^ mask);
        const Bytes record = sign_body(changed, kind.purpose);
        auto again = kind.verify_and_sign(record);
        if (again.ok()) {
          ++accepted;
          ASSERT_EQ(hex(*again), hex(record)) << kind.name << " byte " << i;
        } else {
          ++refused;
        }
      }
    }
  }
  EXPECT_GT(accepted, 500);  // hashes, times and the like may have any value
  EXPECT_GT(refused, 500);
}

TEST(Records, T2_a_record_of_one_type_is_refused_by_every_other_verifier) {
  for (const RecordKind& verifier : record_kinds()) {
    for (const RecordKind& other : record_kinds()) {
      if (verifier.purpose == other.purpose) continue;
      EXPECT_TRUE(verifier.refusal(other.sample)) << other.purpose << " as " << verifier.purpose;
      // The right bytes, but signed for another purpose by the right key.
      const auto why = verifier.refusal(sign_body(body_of(verifier.sample), other.purpose));
      ASSERT_TRUE(why) << verifier.purpose << " signed as " << other.purpose;
      EXPECT_EQ(*why, Error::bad_signature);
    }
  }
}

TEST(Records, T2_verified_values_of_two_types_do_not_mix) {
  static_assert(!std::is_convertible_v<Verified<Plan>, Verified<Manifest>>);
  static_assert(!std::is_constructible_v<Verified<Plan>, Verified<Manifest>>);
  static_assert(!std::is_constructible_v<Verified<Plan>, Plan, ByteView>);
  static_assert(!std::is_default_constructible_v<Verified<Plan>>);
  static_assert(!std::is_constructible_v<crypto::DhPublic, crypto::SignPublic>);
  static_assert(!std::is_constructible_v<crypto::SignPublic, crypto::DhPublic>);
  static_assert(!std::is_convertible_v<DeviceId, CircleId>);
}

TEST(Records, T15_an_unknown_version_is_refused_even_when_signed) {
  for (const RecordKind& kind : record_kinds()) {
    for (const int version : {0, 2, 255}) {
      Bytes body = body_of(kind.sample);
      body[0] = static_cast<std::uint8_t>(version);
      EXPECT_EQ(kind.refusal(sign_body(body, kind.purpose)), Error::bad_version) << kind.name;
    }
  }
}

TEST(Records, a_signature_by_another_key_is_refused) {
  for (const RecordKind& kind : record_kinds())
    EXPECT_EQ(kind.refusal(sign_body(body_of(kind.sample), kind.purpose, sign_key(0x77))),
              Error::bad_signature)
        << kind.name;
}

TEST(Records, random_bytes_are_refused) {
  SeededRandom random(5);
  for (int i = 0; i < 2000; ++i) {
    Bytes bytes(static_cast<std::size_t>(random.array<1>()[0]) * 2);
    if (!bytes.empty()) random.fill(bytes);
    if (!bytes.empty()) bytes[0] = 1;
    for (const RecordKind& kind : record_kinds()) ASSERT_TRUE(kind.refusal(bytes));
  }
}

TEST(Records, the_hash_is_over_body_and_signature) {
  const Bytes record = sign_plan(sample_plan(), owner());
  const auto verified = must<Plan>(verify_plan, record);
  EXPECT_EQ(verified.record(), record);
  EXPECT_EQ(verified.hash(), crypto::sha256(record));
}

}  // namespace
}  // namespace livlina::testing

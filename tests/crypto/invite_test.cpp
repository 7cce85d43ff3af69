// Invitations: keys per purpose, the two sealed halves, the transcript, the QR code.
#include "crypto/e2ee/invite.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/seeded_random.hpp"

namespace livlina::testing {
namespace {

using crypto::Error;
using crypto::InviteCode;
using crypto::InvitePurpose;
using crypto::Secret;

constexpr InvitePurpose purposes[] = {InvitePurpose::staff, InvitePurpose::participant,
                                      InvitePurpose::link, InvitePurpose::recovery};

Secret<16> counting() { return Secret<16>(unhex("000102030405060708090a0b0c0d0e0f")); }
ByteView bytes_of(std::string_view s) { return view(s); }

// Computed apart from this code; see protocol/spec/e2ee.md.
TEST(Invite, keys_vectors) {
  const char* const expected[] = {
      "c6fea13324cad642b9d8bf94f27c1590"
      "faf0bbae69c0cb44e8e40c9fa39e6a148c4210a4f4ce6b9123c654a037ee8851"
      "f0f89b551631d6de3c39e16851e1309c8473754b7bcacff0860c1dde14ab8eac",
      "a5478828c04a37859d52bd13f1bbe123"
      "72440de20be98d32c82dc1f8854062a5fa51c5eb6d15197ff9b804be1f3414df"
      "771832c7a74e9aab809f7d48deca9a2bd411c472e0ff7c6d680964ae4d01a479",
      "0112e450673c021bdab3cafc3cdad0bc"
      "7fecd9974db6d6667f63552bcff6b8b8fbab2c9e65e1e9c02540dd6e158204de"
      "a8f801e92ca68ca1634c51be706656718dbb05b0d50f15e17ec304b669fcdd0a",
      "dcb661caac2b00a566a1ae0675f97432"
      "7d40254f3ef7539f360ab1ee4a8227427bc56dafaefa68ed84c17eeb6020f54e"
      "4aefaae1b23878c9faf0f624535a6fa6f48617e37087f3a890ad7ff544309192",
  };
  for (std::size_t i = 0; i < 4; ++i) {
    const auto keys = crypto::invite_keys(purposes[i], counting());
    EXPECT_EQ(keys.invite_id.hex() + hex(keys.auth.expose()) + hex(keys.key.expose()), expected[i]);
  }
}

TEST(Invite, transcript_vector) {
  const auto keys = crypto::invite_keys(InvitePurpose::participant, counting());
  EXPECT_EQ(hex(crypto::pairing_transcript(InvitePurpose::participant, keys.invite_id,
                                           bytes_of("sealed by the inviter"),
                                           bytes_of("sealed by the joiner"))),
            "99dcf142ca113cf044aa818b1f8bb81a7caa1aed0a604c3dc1bb650a52ee84b5");
}

TEST(Invite, T16_the_transcript_binds_everything) {
  const auto keys = crypto::invite_keys(InvitePurpose::participant, counting());
  const auto tx = [&](InvitePurpose p, const InviteId& id, std::string_view i, std::string_view j) {
    return hex(crypto::pairing_transcript(p, id, view(i), view(j)));
  };
  InviteId other = keys.invite_id;
  other.bytes[0] ^= 1;
  const std::set<std::string> all{
      tx(InvitePurpose::participant, keys.invite_id, "inviter", "joiner"),
      tx(InvitePurpose::link, keys.invite_id, "inviter", "joiner"),
      tx(InvitePurpose::participant, other, "inviter", "joiner"),
      tx(InvitePurpose::participant, keys.invite_id, "inviteR", "joiner"),
      tx(InvitePurpose::participant, keys.invite_id, "inviter", "joineR"),
      tx(InvitePurpose::participant, keys.invite_id, "joiner", "inviter"),
      tx(InvitePurpose::participant, keys.invite_id, "inviterj", "oiner"),
  };
  EXPECT_EQ(all.size(), 7u);
}

TEST(Invite, both_halves_open) {
  SeededRandom random(1);
  for (const InvitePurpose p : purposes) {
    const auto keys = crypto::invite_keys(p, counting());
    const Bytes i = crypto::seal_inviter(p, keys, bytes_of("who invites"), random);
    const Bytes j = crypto::seal_joiner(p, keys, i, bytes_of("who joins"), random);
    const auto opened_i = crypto::open_inviter(p, keys, i);
    const auto opened_j = crypto::open_joiner(p, keys, i, j);
    ASSERT_TRUE(opened_i.ok() && opened_j.ok());
    EXPECT_EQ(text(opened_i->expose()), "who invites");
    EXPECT_EQ(text(opened_j->expose()), "who joins");
  }
}

TEST(Invite, T19_purposes_derive_different_keys) {
  std::set<std::string> ids, auths, keys;
  for (const InvitePurpose p : purposes) {
    const auto derived = crypto::invite_keys(p, counting());
    ids.insert(derived.invite_id.hex());
    auths.insert(hex(derived.auth.expose()));
    keys.insert(hex(derived.key.expose()));
    EXPECT_NE(hex(derived.auth.expose()), hex(derived.key.expose()));
  }
  EXPECT_EQ(ids.size(), 4u);
  EXPECT_EQ(auths.size(), 4u);
  EXPECT_EQ(keys.size(), 4u);
}

TEST(Invite, T19_T20_a_pairing_code_cannot_link_a_device) {
  SeededRandom random(1);
  for (const InvitePurpose made : purposes) {
    const auto keys = crypto::invite_keys(made, counting());
    const Bytes i = crypto::seal_inviter(made, keys, bytes_of("I"), random);
    const Bytes j = crypto::seal_joiner(made, keys, i, bytes_of("J"), random);
    for (const InvitePurpose used : purposes) {
      if (used == made) continue;
      // Neither with the keys of the other purpose, nor with the same keys under its name.
      const auto others = crypto::invite_keys(used, counting());
      EXPECT_EQ(crypto::open_inviter(used, others, i).error(), Error::cannot_open);
      EXPECT_EQ(crypto::open_inviter(used, keys, i).error(), Error::cannot_open);
      EXPECT_EQ(crypto::open_joiner(used, others, i, j).error(), Error::cannot_open);
      EXPECT_EQ(crypto::open_joiner(used, keys, i, j).error(), Error::cannot_open);
    }
  }
}

TEST(Invite, T3_halves_are_not_exchanged) {
  SeededRandom random(1);
  const InvitePurpose p = InvitePurpose::participant;
  const auto keys = crypto::invite_keys(p, counting());
  const Bytes i = crypto::seal_inviter(p, keys, bytes_of("same"), random);
  const Bytes other_i = crypto::seal_inviter(p, keys, bytes_of("same"), random);
  const Bytes j = crypto::seal_joiner(p, keys, i, bytes_of("same"), random);
  EXPECT_EQ(crypto::open_joiner(p, keys, i, i).error(), Error::cannot_open);
  EXPECT_EQ(crypto::open_inviter(p, keys, j).error(), Error::cannot_open);
  EXPECT_EQ(crypto::open_joiner(p, keys, other_i, j).error(), Error::cannot_open);
  Secret<16> other = counting();
  other.data()[0] ^= 1;
  EXPECT_EQ(crypto::open_inviter(p, crypto::invite_keys(p, other), i).error(), Error::cannot_open);
}

TEST(Invite, T4_any_flipped_byte_does_not_open) {
  SeededRandom random(1);
  const InvitePurpose p = InvitePurpose::staff;
  const auto keys = crypto::invite_keys(p, counting());
  const Bytes i = crypto::seal_inviter(p, keys, bytes_of("inviter"), random);
  const Bytes j = crypto::seal_joiner(p, keys, i, bytes_of("joiner"), random);
  for (std::size_t at = 0; at < i.size(); ++at) {
    Bytes altered = i;
    altered[at] ^= 1;
    EXPECT_FALSE(crypto::open_inviter(p, keys, altered).ok());
    EXPECT_FALSE(crypto::open_joiner(p, keys, altered, j).ok());
  }
  for (std::size_t at = 0; at < j.size(); ++at) {
    Bytes altered = j;
    altered[at] ^= 1;
    EXPECT_FALSE(crypto::open_joiner(p, keys, i, altered).ok());
  }
}

InviteCode sample() {
  InviteCode code;
  code.purpose = InvitePurpose::participant;
  code.host = "server.test:8443";
  for (std::size_t i = 0; i < 32; ++i) code.server_pk[i] = static_cast<std::uint8_t>(i);
  ByteArray<32> desk_pk;
  for (std::size_t i = 0; i < 32; ++i) desk_pk[i] = static_cast<std::uint8_t>(32 + i);
  code.desk_fingerprint = crypto::sha256(desk_pk);
  code.s = counting();
  return code;
}

TEST(InviteCode, vector) {
  EXPECT_EQ(hex(encode(sample())),
            "0102107365727665722e746573743a38343433000102030405060708090a0b0c0d0e0f1011121314151617"
            "18191a1b1c1d1e1f72dbb7336c76780023f83da4c355f2eeea85733b13d3477697917790c1229084000102"
            "030405060708090a0b0c0d0e0f");
}

TEST(InviteCode, comes_back) {
  for (const InvitePurpose p : purposes) {
    InviteCode code = sample();
    code.purpose = p;
    code.host = std::string(250, 'h') + ":8443";
    const auto parsed = crypto::parse_invite_code(encode(code));
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed->purpose, p);
    EXPECT_EQ(parsed->host, code.host);
    EXPECT_EQ(parsed->server_pk, code.server_pk);
    EXPECT_EQ(parsed->desk_fingerprint, code.desk_fingerprint);
    EXPECT_EQ(hex(parsed->s.expose()), hex(code.s.expose()));
  }
}

TEST(InviteCode, T24_malformed_codes_are_refused) {
  const Bytes good = encode(sample());
  for (std::size_t n = 0; n < good.size(); ++n)
    EXPECT_EQ(crypto::parse_invite_code(ByteView(good).first(n)).error(), Error::bad_format) << n;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(crypto::parse_invite_code(longer).error(), Error::bad_format);
  const auto with = [&good](std::size_t at, std::uint8_t value) {
    Bytes altered = good;
    altered[at] = value;
    return crypto::parse_invite_code(altered).error();
  };
  EXPECT_EQ(with(0, 0), Error::bad_version);
  EXPECT_EQ(with(0, 2), Error::bad_version);
  EXPECT_EQ(with(1, 0), Error::bad_format);
  EXPECT_EQ(with(1, 5), Error::bad_format);
  EXPECT_EQ(with(2, 15), Error::bad_format);
  EXPECT_EQ(with(2, 255), Error::bad_format);
  EXPECT_EQ(with(5, '\n'), Error::bad_format);
  EXPECT_EQ(with(5, 0x80), Error::bad_format);
  EXPECT_EQ(with(14, '.'), Error::bad_format);  // no port
}

TEST(InviteCode, hosts_that_would_not_parse_are_not_encoded) {
  for (const std::string& host : {std::string(), std::string("server.test"), std::string("a b:1"),
                                  std::string(254, 'h') + ":1"}) {
    InviteCode code = sample();
    code.host = host;
    EXPECT_TRUE(encode(code).empty()) << host;
  }
}

}  // namespace
}  // namespace livlina::testing

#include "crypto/e2ee/pickle.hpp"

#include <gtest/gtest.h>

#include "crypto/core/hash.hpp"
#include "tests/crypto/pair.hpp"

namespace livlina::testing {
namespace {

using namespace livlina::crypto;

// The pickle with some bytes replaced and the checksum made right again.
Bytes resealed(const SecretBytes& pickle, std::size_t at, ByteView with) {
  Bytes body(pickle.expose().begin(), pickle.expose().end() - 32);
  std::copy(with.begin(), with.end(), body.begin() + static_cast<std::ptrdiff_t>(at));
  const Hash sum = sha256({view(std::string_view("livlina/1/pickle")), body});
  body.insert(body.end(), sum.begin(), sum.end());
  return body;
}

void renew(Session& s) { s = Session::unpickle(s.pickle().expose()).value(); }

TEST(Pickle, M2_at_any_point_of_a_conversation) {
  Pair p(100);
  std::vector<Bytes> late;
  for (int i = 0; i < 40; ++i) {
    renew(p.a);
    if (i % 3 == 0) late.push_back(p.from_a("late"));
    const Bytes f = p.from_a("x");
    renew(p.b);
    EXPECT_EQ(shown(p.at_b(f)), "x");
    renew(p.b);
    EXPECT_EQ(shown(p.at_b(f)), "[duplicate]");
    if (i % 5 == 4) {
      const Bytes g = p.from_b("y");
      renew(p.a);
      renew(p.b);
      EXPECT_EQ(shown(p.at_a(g)), "y");
    }
  }
  renew(p.b);
  for (const Bytes& f : late) EXPECT_EQ(shown(p.at_b(f)), "late");
}

TEST(Pickle, keeps_everything) {
  Pair p(101);
  (void)p.from_a("lost");
  EXPECT_EQ(shown(p.at_b(p.from_a("x"))), "x");
  for (Session* s : {&p.a, &p.b}) {
    const SecretBytes before = s->pickle();
    Session back = Session::unpickle(before.expose()).value();
    EXPECT_TRUE(secret_equal(back.pickle().expose(), before.expose()));
    EXPECT_TRUE(secret_equal(s->copy().pickle().expose(), before.expose()));
    EXPECT_EQ(back.gen(), s->gen());
    EXPECT_EQ(back.sid(), s->sid());
    EXPECT_EQ(back.their_device(), s->their_device());
    EXPECT_EQ(back.initiator(), s->initiator());
    EXPECT_EQ(back.replied(), s->replied());
    EXPECT_EQ(back.created_at(), s->created_at());
    EXPECT_EQ(back.last_n(), s->last_n());
    EXPECT_EQ(back.missing(), s->missing());
    EXPECT_EQ(back.hints(), s->hints());
  }
  EXPECT_EQ(p.a.their_device(), p.bo.party().device);
  EXPECT_EQ(p.b.their_device(), p.alice.party().device);
}

TEST(Pickle, sizes_are_as_specified) {
  SeededRandom random(102);
  const Device alice(random);
  const Device bo(random);
  Session a = begin(alice, bo, 1, random);
  // 2 + 1 + 1 + 4 + 8 + 96 + 32 = 144, init 1139, ratchet 64 + 33 + 65 + 64 + 8 + 1 + 1 = 236, sum
  // 32
  EXPECT_EQ(a.pickle().size(), 1551u);
  const Bytes f = a.encrypt(by_participant(), {}, random).value();
  Session b = answer(bo, alice, f).value();
  // Without init, DHr, sending chain: 144 + 64 + 1 + 1 + 64 + 8 + 1 + 1 + 32.
  EXPECT_EQ(b.pickle().size(), 316u);
  ASSERT_TRUE(read(b, f, roles_of(by_participant()), random).ok());
  EXPECT_EQ(b.pickle().size(), 316u + 32 + 64 + 71);
}

// Between the first look at a stranger's frame and its first message.
TEST(Pickle, a_session_that_has_opened_nothing_yet) {
  SeededRandom random(108);
  const Device alice(random);
  const Device bo(random);
  Session a = begin(alice, bo, 1, random);
  const Bytes f = a.encrypt(by_participant(), {}, random).value();
  const SecretBytes before = answer(bo, alice, f).value().pickle();
  Session b = Session::unpickle(before.expose()).value();
  EXPECT_TRUE(secret_equal(b.pickle().expose(), before.expose()));
  EXPECT_TRUE(read(b, f, roles_of(by_participant()), random).ok());

  const std::size_t theirs = 144 + 64;
  const ByteArray<1> two{2};
  EXPECT_EQ(Session::unpickle(resealed(before, theirs, two)).error(), Error::bad_format);
  EXPECT_EQ(Session::unpickle(resealed(before, theirs + 1, two)).error(), Error::bad_format);
  // A chain in either direction, though no key of the peer was seen.
  Bytes sending = to_bytes(before.expose());
  sending[theirs + 1] = 1;
  sending.insert(sending.begin() + theirs + 2, 64, 5);
  EXPECT_EQ(Session::unpickle(resealed(SecretBytes(sending), 0, {})).error(), Error::bad_format);
  Bytes current = to_bytes(before.expose());
  const std::size_t flag = theirs + 2 + 64 + 8;
  current[flag] = 1;
  current.insert(current.begin() + static_cast<std::ptrdiff_t>(flag) + 1, 32 + 4 + 1 + 32 + 2, 0);
  current[flag + 1 + 36] = 1;  // it goes on
  EXPECT_EQ(Session::unpickle(resealed(SecretBytes(current), 0, {})).error(), Error::bad_format);
}

TEST(Pickle, nothing_follows_a_session) {
  Pair p(109);
  Bytes longer = to_bytes(p.b.pickle().expose());
  longer.insert(longer.end() - 32, 0);
  EXPECT_EQ(Session::unpickle(resealed(SecretBytes(longer), 0, {})).error(), Error::bad_format);
}

TEST(Pickle, T15_other_versions_are_refused) {
  Pair p(103);
  for (std::uint8_t v : std::initializer_list<std::uint8_t>{0, 2, 255}) {
    const Bytes other = resealed(p.a.pickle(), 0, ByteArray<1>{v});
    EXPECT_EQ(Session::unpickle(other).error(), Error::bad_version);
    EXPECT_EQ(SessionSet::unpickle(other).error(), Error::bad_version);
  }
}

TEST(Pickle, T2_a_session_is_not_a_set) {
  Pair p(104);
  EXPECT_EQ(SessionSet::unpickle(p.a.pickle().expose()).error(), Error::bad_format);
  EXPECT_EQ(Session::unpickle(SessionSet().pickle().expose()).error(), Error::bad_format);
}

TEST(Pickle, T4_any_flipped_byte_and_any_cut) {
  Pair p(105);
  (void)p.from_a("lost");
  EXPECT_EQ(shown(p.at_b(p.from_a("x"))), "x");
  const SecretBytes pickle = p.b.pickle();
  for (std::size_t i = 0; i < pickle.size(); ++i) {
    Bytes altered = to_bytes(pickle.expose());
    altered[i] ^= 0x01;
    EXPECT_EQ(Session::unpickle(altered).error(), i == 0 ? Error::bad_version : Error::bad_format);
    EXPECT_EQ(Session::unpickle(pickle.expose().first(i)).error(), Error::bad_format);
  }
}

// A right checksum over wrong contents: still never a session, nor a crash.
TEST(Pickle, T4_impossible_values_under_a_right_checksum) {
  Pair p(106);
  (void)p.from_a("lost");
  EXPECT_EQ(shown(p.at_b(p.from_a("x"))), "x");
  const SecretBytes pickle = p.b.pickle();
  ASSERT_TRUE(Session::unpickle(resealed(pickle, 0, {})).ok());
  const std::size_t ratchet = 144;
  const std::size_t theirs = ratchet + 64;
  const std::size_t sending = theirs + 33;
  const std::size_t current = sending + 65 + 64 + 8;
  const std::size_t chain = current + 1;
  const std::size_t count = chain + 32 + 4 + 1 + 32;
  const ByteArray<1> two{2};
  const std::pair<const char*, Bytes> cases[] = {
      {"initiator", resealed(pickle, 2, two)},
      {"replied", resealed(pickle, 3, two)},
      {"their key's flag", resealed(pickle, theirs, two)},
      {"their key", resealed(pickle, theirs + 1, Bytes(32, 0))},
      {"sending flag", resealed(pickle, sending, two)},
      {"current flag", resealed(pickle, current, two)},
      {"open flag", resealed(pickle, chain + 36, two)},
      {"too many skipped", resealed(pickle, count, ByteArray<2>{0xff, 0xff})},
      {"more skipped than there are", resealed(pickle, count, ByteArray<2>{2, 0})},
      {"a skipped number beyond the chain", resealed(pickle, count + 2, ByteArray<4>{9, 0, 0, 0})},
      {"too many old chains", resealed(pickle, count + 2 + 44, ByteArray<1>{9})},
      {"old chains that are not there", resealed(pickle, count + 2 + 44, ByteArray<1>{1})},
  };
  for (const auto& [what, bytes] : cases) EXPECT_FALSE(Session::unpickle(bytes).ok()) << what;
}

TEST(Pickle, every_prefix_under_a_right_checksum_is_refused) {
  Pair p(107);
  EXPECT_EQ(shown(p.at_b(p.from_a("x"))), "x");
  const SecretBytes pickle = p.b.pickle();
  for (std::size_t n = 2; n + 32 < pickle.size(); ++n) {
    const SecretBytes cut(pickle.expose().first(n + 32));
    EXPECT_FALSE(Session::unpickle(resealed(cut, 0, {})).ok()) << n;
  }
}

}  // namespace
}  // namespace livlina::testing

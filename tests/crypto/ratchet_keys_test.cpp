// The formulas of the ratchet's keys, written out once more.
#include <gtest/gtest.h>

#include "crypto/e2ee/root_key.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {
namespace {

using namespace livlina::crypto;

ByteView label(std::string_view s) { return view(s); }

TEST(RatchetKeys, root_is_one_hkdf_of_96_bytes) {
  SeededRandom random(120);
  const DhKeyPair ours = DhKeyPair::generate(random);
  const DhKeyPair theirs = DhKeyPair::generate(random);
  const Secret<32> rk = random.secret<32>();
  const RootKey::Step step = RootKey(rk.copy()).step(ours, theirs.public_key()).value();
  const Secret<96> out = hkdf<96>(rk.expose(), dh(theirs, ours.public_key()).value().expose(),
                                  label("livlina/1/root"));
  EXPECT_EQ(hex(step.root.expose()), hex(out.expose().first(32)));
  EXPECT_EQ(hex(step.chain.expose()), hex(out.expose().subspan(32, 32)));
  EXPECT_EQ(hex(step.next_header.key().expose()), hex(out.expose().last(32)));
}

TEST(RatchetKeys, chain_gives_a_key_by_01_and_moves_on_by_02) {
  SeededRandom random(121);
  const Secret<32> ck = random.secret<32>();
  const ByteArray<1> one{1};
  const ByteArray<1> two{2};
  ChainKey chain(ck.copy());
  EXPECT_EQ(hex(chain.next().expose()), hex(hmac(ck.expose(), {one}).expose()));
  const Secret<32> second = hmac(ck.expose(), {two});
  EXPECT_EQ(hex(chain.expose()), hex(second.expose()));
  EXPECT_EQ(hex(chain.next().expose()), hex(hmac(second.expose(), {one}).expose()));
}

TEST(RatchetKeys, hint_is_eight_bytes_of_an_hmac) {
  SeededRandom random(122);
  const Secret<32> hk = random.secret<32>();
  const Secret<32> mac = hmac(hk.expose(), {label("livlina/1/hint")});
  const HeaderKey key(hk.copy());
  EXPECT_EQ(hex(key.hint()), hex(mac.expose().first(8)));
  EXPECT_EQ(key.copy().hint(), key.hint());
}

TEST(RatchetKeys, T32_a_message_key_is_consumed_by_its_use) {
  SeededRandom random(123);
  MessageKey key(random.secret<32>());
  MessageKey same = key.copy();
  MessageKey again = key.copy();
  const Bytes sealed = std::move(key).encrypt({}, Bytes(256, 1), random);
  EXPECT_TRUE(std::move(same).decrypt({}, sealed).ok());
  // What is left of a used key is zeros, which opens nothing.
  EXPECT_EQ(hex(same.expose()), std::string(64, '0'));     // NOLINT: looking at what was moved from
  EXPECT_EQ(hex(key.expose()), std::string(64, '0'));      // NOLINT
  EXPECT_FALSE(std::move(same).decrypt({}, sealed).ok());  // NOLINT
  static_assert(!std::is_copy_constructible_v<MessageKey>);
  static_assert(!std::is_copy_constructible_v<ChainKey>);
  static_assert(!std::is_copy_constructible_v<RootKey>);
}

}  // namespace
}  // namespace livlina::testing

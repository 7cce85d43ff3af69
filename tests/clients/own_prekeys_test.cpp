// Our own prekeys: rotation, what is kept and for how long.
#include <gtest/gtest.h>

#include "clients/core/identity.hpp"
#include "livlina/directory.pb.h"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {

using client::OwnPrekeys;

namespace {

constexpr Instant start = 1'750'000'000'000;

struct Owner {
  SeededRandom random{5};
  crypto::SignKeyPair key = crypto::SignKeyPair::generate(random);
  crypto::DhKeyPair ik = crypto::DhKeyPair::generate(random);
  protocol::Device device{protocol::device_id(key.public_key(), ik.public_key()), key.public_key(),
                          ik.public_key()};
  client::Store store{{}};

  v1::PutPrekeys make(Instant now, unsigned count) {
    return OwnPrekeys::make(store, random, key, device.id, now, count);
  }
  protocol::SignedPrekey spk(const v1::PutPrekeys& put) {
    const auto record = protocol::verify_prekey(view(put.spk_record()), device);
    EXPECT_TRUE(record.ok());
    return **record;
  }
};

}  // namespace

TEST(OwnPrekeys, the_record_verifies_and_the_private_parts_fit) {
  Owner o;
  const auto put = o.make(start, 50);
  const auto spk = o.spk(put);
  EXPECT_EQ(spk.issued_at, start);
  EXPECT_EQ(OwnPrekeys::signed_key(o.store, spk.id)->public_key(), spk.key);
  ASSERT_EQ(put.one_time_size(), 50);
  std::uint32_t last = 0;
  for (const v1::OneTimeKey& k : put.one_time()) {
    EXPECT_GT(k.id(), last);
    last = k.id();
    const auto own = OwnPrekeys::one_time_key(o.store, k.id());
    ASSERT_TRUE(own);
    EXPECT_TRUE(equal(own->public_key().view(), view(k.key())));
  }
  OwnPrekeys::erase_one_time(o.store, last);
  EXPECT_FALSE(OwnPrekeys::one_time_key(o.store, last));
  EXPECT_FALSE(OwnPrekeys::signed_key(o.store, spk.id + 1));
}

TEST(OwnPrekeys, a_lost_reply_gives_the_same_record_again) {
  Owner o;
  const auto first = o.make(start, 0);
  EXPECT_TRUE(OwnPrekeys::due(o.store, start));
  EXPECT_EQ(o.make(start + day, 0).spk_record(), first.spk_record());
  OwnPrekeys::published(o.store, start + day);
  EXPECT_FALSE(OwnPrekeys::due(o.store, start + day));
  EXPECT_EQ(o.make(start + day, 3).spk_record(), "");
}

TEST(OwnPrekeys, replaced_after_seven_days_and_kept_thirty_eight_more) {
  Owner o;
  const auto first = o.spk(o.make(start, 0));
  OwnPrekeys::published(o.store, start);
  EXPECT_FALSE(OwnPrekeys::due(o.store, start + 7 * day - 1));
  EXPECT_TRUE(OwnPrekeys::due(o.store, start + 7 * day));
  const Instant replaced = start + 9 * day;  // as soon as there was a connection
  const auto second = o.spk(o.make(replaced - hour, 0));
  EXPECT_EQ(second.id, first.id + 1);
  // As long as the server has not taken the second, the first is handed out.
  OwnPrekeys::expire(o.store, start + 200 * day);
  EXPECT_TRUE(OwnPrekeys::signed_key(o.store, first.id));
  OwnPrekeys::published(o.store, replaced);
  OwnPrekeys::remember_init(o.store, first.id, crypto::Hash{1});
  OwnPrekeys::remember_init(o.store, second.id, crypto::Hash{2});
  OwnPrekeys::expire(o.store, replaced + 38 * day - 1);
  EXPECT_TRUE(OwnPrekeys::signed_key(o.store, first.id));
  EXPECT_TRUE(OwnPrekeys::init_seen(o.store, first.id, crypto::Hash{1}));
  OwnPrekeys::expire(o.store, replaced + 38 * day);
  EXPECT_FALSE(OwnPrekeys::signed_key(o.store, first.id));
  EXPECT_FALSE(OwnPrekeys::init_seen(o.store, first.id, crypto::Hash{1}));
  EXPECT_TRUE(OwnPrekeys::signed_key(o.store, second.id));
  EXPECT_TRUE(OwnPrekeys::init_seen(o.store, second.id, crypto::Hash{2}));
}

}  // namespace livlina::testing

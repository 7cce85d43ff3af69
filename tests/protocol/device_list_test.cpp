#include "protocol/records/device_list.hpp"

#include <gtest/gtest.h>

#include "tests/protocol/record_samples.hpp"
#include "tests/protocol/why.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

std::optional<Error> refusal(const DeviceList& list) {
  return why(verify_device_list(sign_device_list(list, owner())));
}

Verified<DeviceList> verified(const DeviceList& list, const crypto::SignKeyPair& key = owner()) {
  return must<DeviceList>(verify_device_list, sign_device_list(list, key));
}

TEST(DeviceList, T1_a_device_added_by_another_than_the_account_is_refused) {
  const Bytes record = sign_device_list(sample_device_list(), owner());
  DeviceList more = sample_device_list();
  more.devices.push_back(device_of(0x70, 0x70));
  // The server's own key over the longer list that names the account.
  EXPECT_EQ(why(verify_device_list(sign_device_list(more, sign_key(0x70)))), Error::bad_signature);
  // The account's signature of the shorter list under the longer one.
  Bytes forged = body_of(sign_device_list(more, owner()));
  forged.insert(forged.end(), record.end() - 64, record.end());
  EXPECT_EQ(why(verify_device_list(forged)), Error::bad_signature);
}

TEST(DeviceList, T14_keys_of_the_wrong_kind_are_refused) {
  DeviceList list = sample_device_list();
  const Bytes body = body_of(sign_device_list(list, owner()));
  const std::size_t env = 1 + 32 + 4 + 32 + 8 + 1 + 2;
  const std::size_t sig = env + 32 + 1 + 16;
  const std::size_t ik = sig + 32;
  const auto with = [&](std::size_t at, const Bytes& key) {
    Bytes changed = body;
    std::copy(key.begin(), key.end(), changed.begin() + static_cast<std::ptrdiff_t>(at));
    return why(verify_device_list(sign_body(changed, "devlist")));
  };
  Bytes top_bit(32, 0x22);
  top_bit[31] |= 0x80;
  Bytes p(32, 0xff);  // 2^255 - 19, the first number that is not canonical
  p[0] = 0xed;
  p[31] = 0x7f;
  Bytes one(32, 0);
  one[0] = 1;
  for (const std::size_t at : {env, ik}) {
    EXPECT_EQ(with(at, top_bit), Error::bad_key);
    EXPECT_EQ(with(at, p), Error::bad_key);
    EXPECT_EQ(with(at, one), Error::bad_key);
    EXPECT_EQ(with(at, Bytes(32, 0)), Error::bad_key);
  }
  EXPECT_EQ(with(sig, Bytes(32, 0)), Error::bad_key);     // order 4
  EXPECT_EQ(with(sig, one), Error::bad_key);              // the neutral element
  EXPECT_EQ(with(sig, p), Error::bad_key);                // not canonical
  EXPECT_EQ(with(sig, Bytes(32, 0x21)), Error::bad_key);  // an agreement key
  // The two keys of a device exchanged: whatever else they are, the id is not theirs.
  Bytes exchanged = body;
  std::swap_ranges(exchanged.begin() + static_cast<std::ptrdiff_t>(sig),
                   exchanged.begin() + static_cast<std::ptrdiff_t>(ik),
                   exchanged.begin() + static_cast<std::ptrdiff_t>(ik));
  EXPECT_FALSE(verify_device_list(sign_body(exchanged, "devlist")).ok());
  // An account that is no point at all.
  Bytes no_account = body;
  std::fill_n(no_account.begin() + 1, 32, std::uint8_t{0});
  EXPECT_EQ(why(verify_device_list(sign_body(no_account, "devlist"))), Error::bad_key);
}

TEST(DeviceList, T16_a_device_id_is_the_hash_of_its_own_keys) {
  DeviceList list = sample_device_list();
  list.devices[1].id = list.devices[0].id;
  EXPECT_EQ(refusal(list), Error::bad_id);
  list = sample_device_list();
  list.devices[1].ik = dh_key(0x44);
  EXPECT_EQ(refusal(list), Error::bad_id);
  list = sample_device_list();
  list.devices[1] = list.devices[0];
  EXPECT_EQ(refusal(list), Error::bad_id);
  list = sample_device_list();
  list.devices[1] = device_of(0x01, 0x44);  // another id, but the first one's signing key
  EXPECT_EQ(refusal(list), Error::bad_id);
  list.devices[1] = device_of(0x44, 0x21);
  EXPECT_EQ(refusal(list), Error::bad_id);
}

TEST(DeviceList, T16_the_account_is_the_one_that_signed_not_the_one_asked_for) {
  DeviceList theirs = sample_device_list();
  theirs.account = sign_key(0x70).public_key();
  const auto record = verified(theirs, sign_key(0x70));
  EXPECT_NE(record->account, owner().public_key());
  // Naming our account inside does not help them.
  EXPECT_EQ(why(verify_device_list(sign_device_list(sample_device_list(), sign_key(0x70)))),
            Error::bad_signature);
  // Nor does it continue our chain.
  const auto ours = verified(sample_device_list());
  theirs.version = ours->version + 1;
  theirs.prev = ours.hash();
  EXPECT_EQ(why(check_successor(ours, verified(theirs, sign_key(0x70)))), Error::bad_chain);
}

TEST(DeviceList, T17_only_the_next_version_with_the_right_hash_follows) {
  const auto known = verified(sample_device_list());
  DeviceList next = sample_device_list();
  next.version = 4;
  next.prev = known.hash();
  next.devices = {device_of(0x01, 0x21)};
  EXPECT_TRUE(check_successor(known, verified(next)).ok());

  DeviceList gap = next;
  gap.version = 5;
  EXPECT_EQ(why(check_successor(known, verified(gap))), Error::bad_chain);
  DeviceList other_prev = next;
  other_prev.prev = hash_of(0x99);
  EXPECT_EQ(why(check_successor(known, verified(other_prev))), Error::bad_chain);
  DeviceList fork = sample_device_list();
  fork.devices = {device_of(0x01, 0x21)};
  EXPECT_EQ(why(check_successor(known, verified(fork))), Error::fork);
  EXPECT_EQ(why(check_successor(known, known)), Error::stale);
  DeviceList old = sample_device_list();
  old.version = 2;
  EXPECT_EQ(why(check_successor(known, verified(old))), Error::stale);
  EXPECT_EQ(why(check_successor(verified(next), known)), Error::stale);
}

TEST(DeviceList, version_one_and_only_it_has_no_predecessor) {
  DeviceList list = sample_device_list();
  list.version = 1;
  EXPECT_EQ(refusal(list), Error::bad_chain);
  list.prev = {};
  EXPECT_EQ(refusal(list), std::nullopt);
  list.version = 2;
  EXPECT_EQ(refusal(list), Error::bad_chain);
  list.version = 0;
  EXPECT_EQ(refusal(list), Error::bad_format);
}

TEST(DeviceList, counts_suites_and_dates_are_bounded) {
  DeviceList list = sample_device_list();
  list.devices.clear();
  EXPECT_EQ(refusal(list), Error::bad_format);
  for (std::uint8_t i = 0; i < 6; ++i)
    list.devices.push_back(
        device_of(static_cast<std::uint8_t>(0x30 + i), static_cast<std::uint8_t>(0x30 + i)));
  EXPECT_EQ(refusal(list), Error::too_large);
  list.devices.pop_back();
  EXPECT_EQ(refusal(list), std::nullopt);

  list = sample_device_list();
  list.suites = {};
  EXPECT_EQ(refusal(list), Error::bad_format);
  list.suites = {0};
  EXPECT_EQ(refusal(list), Error::bad_format);
  list.suites = {2, 1};
  EXPECT_EQ(refusal(list), Error::bad_format);
  list.suites = {1, 1};
  EXPECT_EQ(refusal(list), Error::bad_format);
  list.suites = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(refusal(list), Error::too_large);
  list.suites = {1, 2, 3, 4, 5, 6, 7, 65535};
  EXPECT_EQ(refusal(list), std::nullopt);

  list = sample_device_list();
  for (const Instant bad : {Instant{0}, Instant{-1}, Instant{1577836799999}, Instant{4102444800000},
                            std::numeric_limits<Instant>::max()}) {
    list.issued_at = bad;
    EXPECT_EQ(refusal(list), Error::bad_dates) << bad;
  }
  list.issued_at = 1577836800000;
  EXPECT_EQ(refusal(list), std::nullopt);
}

TEST(SignedPrekey, T16_belongs_to_the_device_that_signed_it) {
  const Bytes record = sign_prekey(sample_prekey(), owner());
  const auto ok = verify_prekey(record, device_of(0x01, 0x21));
  ASSERT_TRUE(ok.ok());
  EXPECT_EQ((*ok)->id, 77U);
  EXPECT_EQ((*ok)->key, dh_key(0x23));
  // The same signing key, but another device: its id differs because its agreement key does.
  EXPECT_EQ(why(verify_prekey(record, device_of(0x01, 0x22))), Error::bad_id);
  EXPECT_EQ(why(verify_prekey(record, device_of(0x02, 0x21))), Error::bad_signature);
  SignedPrekey old = sample_prekey();
  old.issued_at = 0;
  EXPECT_EQ(why(verify_prekey(sign_prekey(old, owner()), device_of(0x01, 0x21))), Error::bad_dates);
}

TEST(ShadowMark, names_a_device_under_the_account) {
  const auto mark =
      must<ShadowMark>(verify_shadow_mark, sign_shadow_mark(sample_shadow(), owner()));
  EXPECT_EQ(mark->account, owner().public_key());
  EXPECT_EQ(mark->device, device_of(0x02, 0x22).id);
  EXPECT_EQ(mark->serial, 2U);
  ShadowMark zero = sample_shadow();
  zero.serial = 0;
  EXPECT_EQ(why(verify_shadow_mark(sign_shadow_mark(zero, owner()))), Error::bad_format);
}

}  // namespace
}  // namespace livlina::testing

#include "protocol/records/desk.hpp"

#include <gtest/gtest.h>

#include "tests/protocol/record_samples.hpp"
#include "tests/protocol/why.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

std::optional<Error> refusal(const DeskRoster& roster) {
  return why(verify_roster(sign_roster(roster, owner())));
}
std::optional<Error> refusal(const StaffDirectory& directory) {
  return why(verify_directory(sign_directory(directory, owner())));
}
Verified<DeskRoster> verified(const DeskRoster& r) {
  return must<DeskRoster>(verify_roster, sign_roster(r, owner()));
}
Verified<StaffDirectory> verified(const StaffDirectory& d) {
  return must<StaffDirectory>(verify_directory, sign_directory(d, owner()));
}

TEST(DeskRoster, finds_its_coordinators) {
  const auto roster = verified(sample_roster());
  const RosterEntry* entry = roster->find(sign_key(0x04).public_key());
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->devices.size(), 2U);
  EXPECT_EQ(roster->find(sign_key(0x70).public_key()), nullptr);
}

TEST(DeskRoster, T1_a_coordinator_added_by_another_key_is_refused) {
  DeskRoster more = sample_roster();
  more.coordinators.push_back({sign_key(0x70).public_key(), {id_of<DeviceId>(0x70)}});
  EXPECT_EQ(why(verify_roster(sign_roster(more, sign_key(0x70)))), Error::bad_signature);
}

TEST(StaffDirectory, T1_staff_added_or_raised_by_another_key_is_refused) {
  StaffDirectory more = sample_directory();
  more.staff[1].role = Role::coordinator;
  EXPECT_EQ(why(verify_directory(sign_directory(more, sign_key(0x70)))), Error::bad_signature);
}

TEST(DeskRoster, lives_seven_days_at_most) {
  DeskRoster r = sample_roster();
  r.not_after = r.issued_at + 7 * day + 1;
  EXPECT_EQ(refusal(r), Error::bad_dates);
  r.not_after = r.issued_at;
  EXPECT_EQ(refusal(r), Error::bad_dates);
  r.not_after = r.issued_at + 1;
  EXPECT_EQ(refusal(r), std::nullopt);
  r.issued_at = 0;
  r.not_after = day;
  EXPECT_EQ(refusal(r), Error::bad_dates);
  r.issued_at = std::numeric_limits<Instant>::min();  // the difference would overflow
  r.not_after = std::numeric_limits<Instant>::max();
  EXPECT_EQ(refusal(r), Error::bad_dates);
}

TEST(StaffDirectory, lives_thirty_days_at_most) {
  StaffDirectory d = sample_directory();
  d.not_after = d.issued_at + 30 * day + 1;
  EXPECT_EQ(refusal(d), Error::bad_dates);
  d.not_after = d.issued_at;
  EXPECT_EQ(refusal(d), Error::bad_dates);
}

TEST(DeskRoster, T17_a_record_that_ends_a_fork_names_two_others) {
  DeskRoster a = sample_roster();
  DeskRoster b = a;
  b.issued_at += 1;
  DeskRoster end = a;
  end.serial += 1;
  end.prev = verified(a).hash();
  EXPECT_EQ(check_successor(verified(b), verified(end)).error(), Error::bad_chain);
  end.also = verified(b).hash();
  EXPECT_TRUE(check_successor(verified(a), verified(end)).ok());
  EXPECT_TRUE(check_successor(verified(b), verified(end)).ok());
  end.also = end.prev;
  EXPECT_EQ(refusal(end), Error::bad_chain);
  DeskRoster first = sample_roster();
  first.serial = 1;
  first.prev = {};
  EXPECT_EQ(refusal(first), std::nullopt);
  first.also = hash_of(1);
  EXPECT_EQ(refusal(first), Error::bad_chain);
}

TEST(DeskRoster, counts_and_ids_are_checked) {
  DeskRoster r = sample_roster();
  r.coordinators.clear();
  EXPECT_EQ(refusal(r), Error::bad_format);
  r = sample_roster();
  r.coordinators[0].devices.clear();
  EXPECT_EQ(refusal(r), Error::bad_format);
  r = sample_roster();
  r.coordinators[0].devices.assign(6, id_of<DeviceId>(1));
  EXPECT_EQ(refusal(r), Error::too_large);
  r = sample_roster();
  r.coordinators[1].account = r.coordinators[0].account;
  EXPECT_EQ(refusal(r), Error::bad_id);
  r = sample_roster();
  r.coordinators[1].devices[1] = r.coordinators[0].devices[0];  // one device of two people
  EXPECT_EQ(refusal(r), Error::bad_id);

  SeededRandom random(1);
  r = sample_roster();
  r.coordinators.clear();
  for (std::uint8_t i = 0; i < 51; ++i)
    r.coordinators.push_back(
        {crypto::SignKeyPair::generate(random).public_key(), {id_of<DeviceId>(i)}});
  EXPECT_EQ(refusal(r), Error::too_large);
  r.coordinators.pop_back();
  EXPECT_EQ(refusal(r), std::nullopt);
}

TEST(StaffDirectory, roles_counts_and_accounts_are_checked) {
  StaffDirectory d = sample_directory();
  d.staff[0].role = Role::participant;
  EXPECT_EQ(refusal(d), Error::bad_line);
  d.staff[0].role = static_cast<Role>(7);
  EXPECT_EQ(refusal(d), Error::bad_line);
  d = sample_directory();
  d.staff[1].account = d.staff[0].account;
  EXPECT_EQ(refusal(d), Error::bad_id);
  d = sample_directory();
  d.staff[0].devlist_version = 0;
  EXPECT_EQ(refusal(d), Error::bad_format);
  d.staff.clear();
  EXPECT_EQ(refusal(d), std::nullopt);
}

TEST(StaffDirectory, holds_a_thousand_and_no_more) {
  SeededRandom random(2);
  StaffDirectory d = sample_directory();
  d.staff.clear();
  for (std::size_t i = 0; i < max_staff; ++i)
    d.staff.push_back({crypto::SignKeyPair::generate(random).public_key(), Role::mentor, hash_of(1),
                       1, hash_of(2)});
  EXPECT_EQ(refusal(d), std::nullopt);
  EXPECT_NE(verified(d)->find(d.staff[999].account), nullptr);
  d.staff.push_back(d.staff.back());
  d.staff.back().account = sign_key(0x70).public_key();
  EXPECT_EQ(refusal(d), Error::too_large);
}

// A count in a body that is not there must not make anybody allocate for it.
TEST(StaffDirectory, T24_a_count_without_its_entries_is_refused) {
  Bytes body = body_of(sign_directory(sample_directory(), owner()));
  body.resize(1 + 32 + 4 + 32 + 32 + 8 + 8 + 2);
  body[body.size() - 2] = 0xe8;
  body[body.size() - 1] = 0x03;
  EXPECT_EQ(why(verify_directory(sign_body(body, "directory"))), Error::bad_format);
}

TEST(DeskRoster, T17_only_the_next_serial_follows) {
  const auto known = verified(sample_roster());
  DeskRoster next = sample_roster();
  next.serial = 3;
  next.prev = known.hash();
  EXPECT_TRUE(check_successor(known, verified(next)).ok());
  next.serial = 4;
  EXPECT_EQ(why(check_successor(known, verified(next))), Error::bad_chain);
  next.serial = 3;
  next.prev = hash_of(1);
  EXPECT_EQ(why(check_successor(known, verified(next))), Error::bad_chain);
  DeskRoster fork = sample_roster();
  fork.coordinators.pop_back();
  EXPECT_EQ(why(check_successor(known, verified(fork))), Error::fork);
  EXPECT_EQ(why(check_successor(known, known)), Error::stale);

  DeskRoster other = sample_roster();
  other.desk = sign_key(0x70).public_key();
  other.serial = 3;
  other.prev = known.hash();
  const auto of_other = must<DeskRoster>(verify_roster, sign_roster(other, sign_key(0x70)));
  EXPECT_EQ(why(check_successor(known, of_other)), Error::bad_chain);
}

TEST(StaffDirectory, T17_only_the_next_serial_follows) {
  const auto known = verified(sample_directory());
  StaffDirectory next = sample_directory();
  next.serial = 5;
  next.prev = known.hash();
  EXPECT_TRUE(check_successor(known, verified(next)).ok());
  StaffDirectory fork = sample_directory();
  fork.staff.pop_back();
  EXPECT_EQ(why(check_successor(known, verified(fork))), Error::fork);
  EXPECT_EQ(why(check_successor(verified(next), known)), Error::stale);
  next.prev = hash_of(1);
  EXPECT_EQ(why(check_successor(known, verified(next))), Error::bad_chain);
}

}  // namespace
}  // namespace livlina::testing

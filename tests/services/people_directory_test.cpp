// Device lists, the desk's chains and prekeys: compare-and-set, forks, and who gets an answer.
#include <gtest/gtest.h>

#include <set>

#include "server/store/prekeys.hpp"
#include "tests/services/served_town.hpp"

namespace livlina::server {
namespace {

using testing::Connection;
using testing::Harness;
using testing::Person;
using testing::Town;
using v1::ServerFrame;

class Directory : public testing::ServedTown {
 protected:
  static v1::Request get_lists(const SignPublic& account, std::uint32_t from = 1) {
    v1::Request out;
    out.mutable_get_device_lists()->set_account(to_string(account.view()));
    out.mutable_get_device_lists()->set_from_version(from);
    return out;
  }
  static v1::Request get_desk(const SignPublic& desk, std::uint32_t from = 0) {
    v1::Request out;
    out.mutable_get_desk()->set_desk_pk(to_string(desk.view()));
    out.mutable_get_desk()->set_roster_from(from);
    out.mutable_get_desk()->set_directory_from(from);
    return out;
  }
  v1::Request put_prekeys(const Person& p, std::uint32_t spk, std::uint32_t first,
                          std::uint32_t count) {
    v1::Request out;
    auto& put = *out.mutable_put_prekeys();
    if (spk != 0) put.set_spk_record(to_string(ByteView(p.spk_record(spk, town.now, town.random))));
    for (std::uint32_t i = 0; i < count; ++i) {
      put.add_one_time()->set_id(first + i);
      put.mutable_one_time(static_cast<int>(i))
          ->set_key(to_string(testing::random_dh(town.random).view()));
    }
    return out;
  }
  static v1::Request get_prekeys(const std::vector<DeviceId>& ids) {
    v1::Request out;
    out.mutable_get_prekeys();
    for (const auto& id : ids) out.mutable_get_prekeys()->add_device_ids(to_string(id.view()));
    return out;
  }
};

TEST_F(Directory, T17_device_list_compare_and_set_and_fork) {
  auto& mentor = town.mentor;
  Connection& c = server->online(mentor.primary());
  const auto list = mentor.list;
  const Bytes record = mentor.list_record;
  // Two ways on from version 1.
  mentor.devices.push_back(testing::make_device(town.random));
  const Bytes two = mentor.next_list(town.now, town.random);
  mentor.list = list;
  mentor.list_record = record;
  const Bytes fork = mentor.next_list(town.now + 1, town.random);
  const Bytes three = mentor.next_list(town.now + 2, town.random);

  EXPECT_EQ(server->code(c, put_list(two)), 0);
  EXPECT_EQ(server->code(c, put_list(fork)), v1::FORK);
  EXPECT_EQ(server->code(c, put_list(three)), v1::CONFLICT) << "follows the other one";
  const std::string before = testing::dump(town.db);
  EXPECT_EQ(server->code(c, put_list(two)), 0) << "I9";
  EXPECT_EQ(server->code(c, put_list(record)), 0) << "I9: an older one that is stored";
  EXPECT_EQ(testing::dump(town.db), before);
  EXPECT_EQ(server->ask(c, get_lists(mentor.key())).device_lists().records_size(), 2);
  EXPECT_EQ(server->ask(c, get_lists(mentor.key(), 2)).device_lists().records_size(), 1);
  (void)server->online(mentor.devices[1]);
}

TEST_F(Directory, T20_new_device_is_noticed_by_the_circle) {
  Connection& c = server->online(town.mentor.primary());
  Connection& phone = server->online(town.participant.primary());
  Connection& contact = server->online(town.contact.primary());
  town.mentor.devices.push_back(testing::make_device(town.random));
  ASSERT_EQ(server->code(c, put_list(town.mentor.next_list(town.now, town.random))), 0);
  server->settle();
  for (Connection* told : {&phone, &contact})
    EXPECT_EQ(told->count(ServerFrame::kCircleChanged), 1U);
}

// Ids of the notices that came and say that a device was added.
std::set<std::string> told_of_device(const Connection& c) {
  std::set<std::string> out;
  for (const ServerFrame& f : c.pushed)
    if (f.has_notice() && f.notice().code() == 21 && f.notice().kind() == 4)
      out.insert(f.notice().notice_id());
  return out;
}

TEST_F(Directory, T20_new_device_is_told_to_the_other_devices_and_the_desk) {
  auto& mentor = town.mentor;
  mentor.devices.push_back(testing::make_device(town.random));
  Connection& c = server->online(mentor.primary());
  ASSERT_EQ(server->code(c, put_list(mentor.next_list(town.now, town.random))), 0);
  town.db.run("UPDATE notification SET state = 2, next_at = NULL");
  Connection& other = server->online(mentor.devices[1]);
  Connection& desk = server->online(town.coordinator.primary());
  Connection& contact = server->online(town.contact.primary());
  c.pushed.clear();
  mentor.devices.push_back(testing::make_device(town.random));
  ASSERT_EQ(server->code(c, put_list(mentor.next_list(town.now, town.random))), 0);
  Connection& added = server->online(mentor.devices[2]);
  server->settle();
  for (const Connection* told : {&c, &other, &desk}) EXPECT_EQ(told_of_device(*told).size(), 1U);
  EXPECT_TRUE(told_of_device(added).empty());
  EXPECT_TRUE(told_of_device(contact).empty());

  // The new device cannot silence the others.
  v1::Request receipt;
  const std::string mine = *told_of_device(c).begin();
  receipt.mutable_receipt_notices()->add_notice_ids(mine);
  ASSERT_EQ(server->code(added, receipt), 0);
  c.pushed.clear();
  town.now += minute;
  server->settle();
  EXPECT_EQ(told_of_device(c), std::set{mine}) << "it goes again";
  ASSERT_EQ(server->code(c, receipt), 0);
  c.pushed.clear();
  town.now += hour;
  server->settle();
  EXPECT_TRUE(told_of_device(c).empty());
  EXPECT_EQ(told_of_device(other).size(), 1U) << "each for itself";
}

TEST_F(Directory, T20_participants_new_phone_is_told_to_the_desk_and_not_to_the_shadow) {
  auto& p = town.participant;
  Connection& phone = server->online(p.primary());
  Connection& shadow = server->online(p.shadow());
  Connection& desk = server->online(town.coordinator.primary());
  p.devices[0] = testing::make_device(town.random);
  ASSERT_EQ(server->code(phone, put_list(p.next_list(town.now, town.random))), 0);
  server->settle();
  EXPECT_EQ(told_of_device(desk).size(), 1U);
  bool circle_named = false;
  for (const ServerFrame& f : desk.pushed)
    circle_named = circle_named || (f.has_notice() && f.notice().code() == 21 &&
                                    f.notice().circle_id() == to_string(town.circle.id.view()));
  EXPECT_TRUE(circle_named);
  EXPECT_TRUE(told_of_device(shadow).empty());
  EXPECT_TRUE(told_of_device(phone).empty()) << "the device that went";
}

TEST_F(Directory, T1_nobody_adds_a_device_to_another_account) {
  Connection& c = server->online(town.other_mentor.primary());
  town.mentor.devices.push_back(testing::make_device(town.random));
  EXPECT_EQ(server->code(c, put_list(town.mentor.next_list(town.now, town.random))), v1::FORBIDDEN);
  auto forged = to_bytes(town.other_mentor.list_record);
  forged[50] ^= 1;
  EXPECT_EQ(server->code(c, put_list(forged)), v1::BAD_RECORD);
}

TEST_F(Directory, T16_a_device_is_one_accounts) {
  auto& mentor = town.mentor;
  auto& contact = town.contact;
  mentor.devices.push_back(testing::make_device(town.random));
  ASSERT_EQ(server->code(server->online(mentor.primary()),
                         put_list(mentor.next_list(town.now, town.random))),
            0);
  contact.devices.push_back(std::move(mentor.devices.back()));
  mentor.devices.pop_back();
  Connection& c = server->online(contact.primary());
  const std::string before = testing::dump(town.db);
  EXPECT_EQ(server->code(c, put_list(contact.next_list(town.now, town.random))), v1::CONFLICT);
  EXPECT_EQ(testing::dump(town.db), before);
}

TEST_F(Directory, T30_participant_keeps_two_devices_with_the_shadow_among_them) {
  auto& p = town.participant;
  Connection& c = server->online(p.primary());
  auto other = testing::make_participant(town.random, town.now);
  std::swap(p.devices[1], other.devices[0]);
  const auto list = p.list;
  const Bytes record = p.list_record;
  EXPECT_EQ(server->code(c, put_list(p.next_list(town.now, town.random))), v1::BAD_RECORD);
  p.list = list;
  p.list_record = record;
  std::swap(p.devices[1], other.devices[0]);
  p.devices.push_back(testing::make_device(town.random));
  EXPECT_EQ(server->code(c, put_list(p.next_list(town.now, town.random))), v1::BAD_RECORD);
  p.list = list;
  p.list_record = record;
  p.devices.pop_back();
  EXPECT_EQ(server->code(c, put_list(p.next_list(town.now, town.random))), 0) << "a new env key";
}

TEST_F(Directory, T17_roster_and_directory_compare_and_set_fork_and_times) {
  Connection& c = server->online(town.coordinator.primary());
  auto& desk = town.desk;
  const auto roster = desk.roster;
  const Bytes record = desk.roster_record;
  const Bytes next = desk.next_roster({&town.coordinator}, town.now);
  desk.roster = roster;
  desk.roster_record = record;
  const Bytes fork = desk.next_roster({&town.coordinator, &town.contact}, town.now + 1);
  EXPECT_EQ(server->code(c, put_roster(next)), 0);
  EXPECT_EQ(server->code(c, put_roster(fork)), v1::FORK);
  EXPECT_EQ(server->code(c, put_roster(record)), 0) << "I9";
  EXPECT_EQ(server->code(c, put_directory(desk.next_directory(
                                {{&town.coordinator, Role::coordinator}}, town.now + 2 * day))),
            v1::BAD_TIMES);
  EXPECT_EQ(server->ask(c, get_desk(desk.key(), 1)).desk().rosters_size(), 2);
  EXPECT_EQ(server->ask(c, get_desk(desk.key())).desk().rosters_size(), 1);
  EXPECT_EQ(server->ask(c, get_desk(desk.key())).desk().directories_size(), 1);
}

TEST_F(Directory, T1_only_the_rosters_coordinators_relay_the_desks_records) {
  Connection& mentor = server->online(town.mentor.primary());
  EXPECT_EQ(server->code(mentor, put_roster(town.desk.next_roster({&town.mentor}, town.now))),
            v1::FORBIDDEN);
  // Out of the roster: no longer.
  Connection& c = server->online(town.coordinator.primary());
  auto desk = testing::make_desk(town.random, {&town.coordinator}, {}, town.now);
  EXPECT_EQ(server->code(c, put_roster(desk.roster_record)), v1::FORBIDDEN)
      << "a second desk by the same account";
  EXPECT_EQ(server->code(c, put_roster(town.desk.roster_record)), 0);
  EXPECT_EQ(server->code(c, put_directory(town.desk.next_directory({}, town.now))), v1::FORBIDDEN);
}

TEST_F(Directory, desk_changes_are_told_to_its_people_and_to_circles_that_name_it) {
  Connection& c = server->online(town.coordinator.primary());
  Connection& mentor = server->online(town.mentor.primary());
  Connection& phone = server->online(town.participant.primary());
  auto stranger = testing::make_person(town.random, town.now);
  testing::install_account(town.db, stranger, 1, false);
  Connection& other = server->online(stranger.primary());
  ASSERT_EQ(server->code(c, put_roster(town.desk.next_roster({&town.coordinator}, town.now))), 0);
  for (Connection* told : {&c, &mentor, &phone})
    EXPECT_EQ(told->take(ServerFrame::kDeskChanged)->desk_changed().roster_serial(), 2U);
  EXPECT_EQ(other.count(ServerFrame::kDeskChanged), 0U);
}

TEST_F(Directory, T23_lists_desks_and_prekeys_of_strangers_and_of_nobody) {
  auto stranger = testing::make_person(town.random, town.now);
  testing::install_account(town.db, stranger, 1, false);
  const auto nobody = testing::make_person(town.random, town.now);
  Connection& c = server->online(stranger.primary());
  const auto same = [&](const v1::Request& a, const v1::Request& b) {
    auto one = server->ask(c, a);
    auto other = server->ask(c, b);
    one.set_id(0);
    other.set_id(0);
    EXPECT_EQ(one.SerializeAsString(), other.SerializeAsString());
    EXPECT_EQ(one.error().code(), v1::FORBIDDEN);
  };
  same(get_lists(town.participant.key()), get_lists(nobody.key()));
  same(get_desk(town.desk.key()), get_desk(nobody.key()));
  same(get_prekeys({town.participant.primary().id()}), get_prekeys({nobody.primary().id()}));
  same(get_prekeys({town.participant.shadow().id()}), get_prekeys({nobody.primary().id()}));
  v1::Request real, missing;
  real.mutable_get_circle()->set_circle_id(to_string(town.circle.id.view()));
  missing.mutable_get_circle()->set_circle_id(
      to_string(testing::random_id<CircleId>(town.random).view()));
  same(real, missing);
}

TEST_F(Directory, T10_one_one_time_key_for_a_pair_and_day) {
  Connection& phone = server->online(town.participant.primary());
  EXPECT_EQ(server->ask(phone, put_prekeys(town.participant, 1, 1, 5))
                .prekey_stock()
                .one_time_keys_left(),
            5U);
  const auto wanted = get_prekeys({town.participant.primary().id()});
  Connection& mentor = server->online(town.mentor.primary());
  const auto first = server->ask(mentor, wanted).prekey_bundles();
  EXPECT_EQ(first.bundles(0).one_time().id(), 1U);
  EXPECT_FALSE(first.bundles(0).spk_record().empty());
  for (int i = 0; i < 20; ++i) {
    const auto more = server->ask(mentor, wanted).prekey_bundles();
    EXPECT_FALSE(more.bundles(0).has_one_time()) << "a burst empties nothing";
    EXPECT_FALSE(more.bundles(0).spk_record().empty());
  }
  Connection& contact = server->online(town.contact.primary());
  EXPECT_EQ(server->ask(contact, wanted).prekey_bundles().bundles(0).one_time().id(), 2U);
  town.now += day;
  EXPECT_EQ(server->ask(mentor, wanted).prekey_bundles().bundles(0).one_time().id(), 3U);
  EXPECT_EQ(store::Prekeys(town.db).stock(town.participant.primary().id()), 2U);
}

// A member lists one new device after the other and asks with each: one key a day all the same.
TEST_F(Directory, T10_new_devices_of_one_account_do_not_empty_a_stock) {
  Connection& phone = server->online(town.participant.primary());
  ASSERT_EQ(server->code(phone, put_prekeys(town.participant, 1, 1, 50)), 0);
  const auto wanted = get_prekeys({town.participant.primary().id()});
  Connection& mentor = server->online(town.mentor.primary());
  ASSERT_TRUE(server->ask(mentor, wanted).prekey_bundles().bundles(0).has_one_time());
  for (int i = 0; i < 12; ++i) {
    if (i > 0) town.mentor.devices.pop_back();
    town.mentor.devices.push_back(testing::make_device(town.random));
    ASSERT_EQ(server->code(mentor, put_list(town.mentor.next_list(town.now, town.random))), 0);
    Connection& another = server->online(town.mentor.devices[1]);
    const auto bundle = server->ask(another, wanted).prekey_bundles().bundles(0);
    EXPECT_FALSE(bundle.has_one_time()) << i;
    EXPECT_FALSE(bundle.spk_record().empty());
  }
  EXPECT_EQ(store::Prekeys(town.db).stock(town.participant.primary().id()), 49U);
}

TEST_F(Directory, T30_shadow_gets_the_prekeys_that_its_primary_would_get_at_that_moment) {
  Connection& mentor = server->online(town.mentor.primary());
  ASSERT_EQ(server->code(mentor, put_prekeys(town.mentor, 1, 1, 4)), 0);
  Connection& phone = server->online(town.participant.primary());
  Connection& shadow = server->online(town.participant.shadow());
  const auto ask = [&](Connection& c) {
    auto reply = server->ask(c, get_prekeys({town.mentor.primary().id()}));
    EXPECT_FALSE(reply.prekey_bundles().bundles(0).spk_record().empty());
    reply.set_id(0);
    return reply;
  };
  const auto first_by_shadow = ask(shadow);
  const auto then_by_primary = ask(phone);
  town.now += day;
  const auto first_by_primary = ask(phone);
  const auto then_by_shadow = ask(shadow);
  EXPECT_EQ(first_by_shadow.prekey_bundles().bundles(0).one_time().id(), 1U);
  EXPECT_EQ(first_by_primary.prekey_bundles().bundles(0).one_time().id(), 2U)
      << "never a key that somebody else has as well";
  EXPECT_EQ(first_by_shadow.ByteSizeLong(), first_by_primary.ByteSizeLong());
  EXPECT_EQ(then_by_shadow.SerializeAsString(), then_by_primary.SerializeAsString());
  EXPECT_FALSE(then_by_shadow.prekey_bundles().bundles(0).has_one_time()) << "T10";
  EXPECT_EQ(store::Prekeys(town.db).stock(town.mentor.primary().id()), 2U);
}

TEST_F(Directory, T6_lower_signed_prekey_is_refused_and_a_used_key_never_comes_back) {
  Connection& phone = server->online(town.participant.primary());
  const auto stock = put_prekeys(town.participant, 4, 1, 3);
  ASSERT_EQ(server->code(phone, stock), 0);
  Connection& mentor = server->online(town.mentor.primary());
  ASSERT_EQ(server->code(mentor, get_prekeys({town.participant.primary().id()})), 0);
  const std::string before = testing::dump(town.db);
  EXPECT_EQ(server->code(phone, stock), 0) << "I9";
  EXPECT_EQ(testing::dump(town.db), before) << "the handed-out key must stay gone";
  EXPECT_EQ(server->code(phone, put_prekeys(town.participant, 3, 0, 0)), v1::CONFLICT);
  EXPECT_EQ(server->code(phone, put_prekeys(town.participant, 4, 0, 0)), v1::CONFLICT)
      << "the same id with another key";
  EXPECT_EQ(server->code(phone, put_prekeys(town.participant, 5, 4, 1)), 0);
  EXPECT_EQ(server->code(phone, put_prekeys(town.mentor, 9, 0, 0)), v1::BAD_RECORD);
}

TEST_F(Directory, T10_stock_is_bounded) {
  Connection& phone = server->online(town.participant.primary());
  EXPECT_EQ(server->code(phone, put_prekeys(town.participant, 1, 1, 101)), v1::TOO_LARGE);
  ASSERT_EQ(server->code(phone, put_prekeys(town.participant, 1, 1, 100)), 0);
  EXPECT_EQ(server->ask(phone, put_prekeys(town.participant, 0, 101, 100))
                .prekey_stock()
                .one_time_keys_left(),
            100U);
}

TEST_F(Directory, T30_prekeys_of_a_shadow_are_not_there) {
  Connection& mentor = server->online(town.mentor.primary());
  EXPECT_EQ(server->code(mentor, get_prekeys({town.participant.shadow().id()})),
            v1::UNKNOWN_DEVICE);
}

}  // namespace
}  // namespace livlina::server

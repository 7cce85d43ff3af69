// Who may write and read: the manifest, the newest lists, and nobody by the server's word alone.
#include <gtest/gtest.h>

#include <algorithm>

#include "clients/core/message_layout.hpp"
#include "tests/clients/town.hpp"
#include "tests/support/bad_points.hpp"

namespace livlina::testing {

using Texts = std::vector<std::string>;

namespace {

void meet(Town& town) {
  town.connect_all();
  (void)town.sara_phone.say("zero", town.circle, {town.bo.key()});
  town.settle();
  (void)town.bo_phone.say("hello", town.circle, {town.sara.key()});
  town.settle();
}

std::size_t rows_of(Town& town, const Phone& phone) {
  return town.office.mailboxes[phone.device()].size();
}

client::Plain plain_text(std::string_view text) {
  return {MessageId{{1, 2, 3}}, now0, 1, view(text)};
}

}  // namespace

TEST(MessengerTrust, M3_a_dropped_member_can_neither_send_nor_receive) {
  Town town;
  meet(town);
  auto lines = town.lines();
  lines.erase(lines.begin());  // Bo
  town.sign_manifest(lines);
  town.learn_manifest(town.sara_phone);

  const auto receipts_before = town.office.posts;
  (void)town.bo_phone.say("let me in", town.circle, {town.sara.key()});  // knows nothing of it yet
  town.settle();
  EXPECT_EQ(town.sara_phone.screen(), Texts{"hello"});
  EXPECT_EQ(town.sara_phone.warnings("not_in_circle"), 1);
  EXPECT_EQ(town.bo_phone.state_of("let me in"), 2);  // stored; and no receipt
  EXPECT_EQ(town.office.posts, receipts_before + 1);
  EXPECT_EQ(rows_of(town, town.sara_phone), 0u);

  town.bo_phone.disconnect();
  (void)town.sara_phone.say("secret", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(rows_of(town, town.bo_phone), 0u);
  EXPECT_EQ(town.sara_phone.state_of("secret"), 1);
}

TEST(MessengerTrust, M3_T3_a_kind_beyond_the_lines_scope_is_refused_and_shown) {
  Town town;
  meet(town);
  auto lines = town.lines();
  lines[0].scope = scope_checkin;  // Bo reads no texts any more
  town.sign_manifest(lines);
  town.learn_manifest(town.sara_phone);
  (void)town.bo_phone.say("hm", town.circle, {town.sara.key()});
  town.settle();
  EXPECT_EQ(town.sara_phone.screen(), Texts{"hello"});
  EXPECT_EQ(town.sara_phone.warnings("refused_kind"), 1);
  (void)town.sara_phone.say("secret", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{"zero"});
}

TEST(MessengerTrust, T3_a_message_for_another_circle_or_desk_is_refused) {
  Town town;
  town.connect_all();
  // Bo, whom both know, writes to Sara as if she were of the desk.
  auto what = town.by(Role::mentor, Role::mentor, crypto::Kind::text);
  what.circle = town.desk_circle;
  what.manifest_version = 1;
  what.manifest_hash = crypto::sha256(town.office.directories.front());
  town.office.put(town.sara_phone.device(), town.forge(town.bo, 0, town.sara_phone, what,
                                                       encode(plain_text("psst")).expose()));
  town.settle();
  EXPECT_EQ(town.sara_phone.screen(), Texts{});
  EXPECT_EQ(town.sara_phone.warnings("not_in_circle"), 1);
}

// Bo is of two circles. Who writes to him in one has no word in the other, whatever the frame says,
// and whatever session it comes by.
TEST(MessengerTrust, T3_who_writes_in_one_circle_is_not_heard_in_another) {
  Town town;
  meet(town);
  const CircleId other{town.random.array<16>()};
  const protocol::Manifest theirs{.circle = other,
                                  .participant = town.stranger.key(),
                                  .issued_at = now0 - hour,
                                  .lines = {town.line(town.bo, Role::mentor, scope_all)},
                                  .recovery = {town.desk->public_key(), {}}};
  const Bytes record = protocol::sign_manifest(theirs, town.stranger.account);
  town.office.manifests[other].push_back(record);
  client::Trust& trust = town.bo_phone.trust();
  ASSERT_TRUE(trust.accept_device_list(town.stranger.record).ok());
  trust.pin_participant(town.stranger.key(), other, crypto::Hash{2});
  ASSERT_TRUE(trust.accept_manifest(record, {}).ok());
  town.bo_phone.step();

  auto what = town.by(Role::participant, Role::mentor, crypto::Kind::text);
  const auto here = what;
  what.circle = other;
  what.manifest_version = 1;
  what.manifest_hash = crypto::sha256(record);
  auto frames = town.speak(town.sara_phone, town.bo_phone, what, {"by a session"});
  frames.push_back(
      town.forge(town.sara, 0, town.bo_phone, what, encode(plain_text("as a first")).expose()));
  town.settle();
  const int posts = town.office.posts;
  for (auto& frame : frames) town.office.put(town.bo_phone.device(), frame);
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{"zero"});
  EXPECT_EQ(town.bo_phone.warnings("not_in_circle"), 2);
  EXPECT_EQ(town.office.posts, posts) << "no receipt either";
  EXPECT_EQ(rows_of(town, town.bo_phone), 0u);
  // The same of her own circle, and of the other by its own participant.
  for (auto& frame : town.speak(town.sara_phone, town.bo_phone, here, {"of hers"}))
    town.office.put(town.bo_phone.device(), frame);
  town.office.put(town.bo_phone.device(), town.forge(town.stranger, 0, town.bo_phone, what,
                                                     encode(plain_text("of theirs")).expose()));
  town.settle();
  Texts shown = town.bo_phone.screen();
  std::sort(shown.begin(), shown.end());
  EXPECT_EQ(shown, (Texts{"of hers", "of theirs", "zero"}));
}

TEST(MessengerTrust, T16_roles_other_than_the_manifests_do_not_open) {
  Town town;
  town.connect_all();
  // Bo is a mentor; he claims to be the contact person.
  town.office.put(town.sara_phone.device(),
                  town.forge(town.bo, 0, town.sara_phone,
                             town.by(Role::contact_person, Role::participant, crypto::Kind::text),
                             encode(plain_text("trust me")).expose()));
  town.settle();
  EXPECT_EQ(town.sara_phone.screen(), Texts{});
  // The same as he is.
  town.office.put(town.sara_phone.device(),
                  town.forge(town.bo, 0, town.sara_phone,
                             town.by(Role::mentor, Role::participant, crypto::Kind::text),
                             encode(plain_text("it is me")).expose()));
  town.settle();
  EXPECT_EQ(town.sara_phone.screen(), Texts{"it is me"});
}

TEST(MessengerTrust, T9_strangers_get_no_receipt_and_leave_no_trace) {
  Town town;
  town.connect_all();
  const int posts = town.office.posts;
  const std::size_t stored = town.bo_phone.disk.size();
  town.office.put(town.bo_phone.device(),
                  town.forge(town.stranger, 0, town.bo_phone,
                             town.by(Role::participant, Role::mentor, crypto::Kind::text),
                             encode(plain_text("who are you")).expose()));
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{});
  EXPECT_EQ(town.office.posts, posts);
  EXPECT_EQ(town.bo_phone.disk.size(), stored);
  EXPECT_EQ(rows_of(town, town.bo_phone), 0u);  // acknowledged all the same
}

TEST(MessengerTrust, M1_first_frame_waits_unacknowledged_until_the_newest_list_is_here) {
  Town town;
  town.bo_phone.connect();
  town.settle();
  town.sara_phone.connect();
  town.office.silent_lists = true;
  (void)town.sara_phone.say("hej", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{});
  EXPECT_GT(rows_of(town, town.bo_phone), 0u);
  town.bo_phone.disconnect();
  town.office.silent_lists = false;
  town.bo_phone.connect();
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{"hej"});
  EXPECT_EQ(rows_of(town, town.bo_phone), 0u);
}

TEST(MessengerTrust, M3_T5_a_device_that_left_the_newest_list_starts_no_session) {
  Town town;
  town.connect_all();
  const auto frame = town.forge(town.bo, 0, town.sara_phone,
                                town.by(Role::mentor, Role::participant, crypto::Kind::text),
                                encode(plain_text("stolen laptop")).expose());
  town.replace_device(town.bo);  // only the server knows yet
  const int posts = town.office.posts;
  town.office.put(town.sara_phone.device(), frame);
  town.settle();
  EXPECT_EQ(town.sara_phone.screen(), Texts{});
  EXPECT_EQ(town.office.posts, posts);
  EXPECT_EQ(rows_of(town, town.sara_phone), 0u);
}

TEST(MessengerTrust, M3_T5_a_device_that_left_the_newest_list_loses_its_session) {
  Town town;
  meet(town);
  town.replace_device(town.bo);
  ASSERT_TRUE(town.sara_phone.trust().accept_device_list(town.bo.record).ok());
  town.sara_phone.step();
  (void)town.bo_phone.say("stolen laptop", town.circle, {town.sara.key()});
  town.settle();
  EXPECT_EQ(town.sara_phone.screen(), Texts{"hello"});
  EXPECT_EQ(town.sara_phone.warnings("unknown_device"), 1);
  EXPECT_EQ(town.bo_phone.state_of("stolen laptop"), 2);
}

TEST(MessengerTrust, unknown_manifest_version_is_fetched_first) {
  Town town;
  meet(town);
  town.sign_manifest(town.lines());
  town.learn_manifest(town.sara_phone);
  (void)town.sara_phone.say("by the second", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "by the second"}));
  EXPECT_EQ((*town.bo_phone.trust().circle(town.circle)->newest())->seq, 2u);
}

TEST(MessengerTrust, T1_substituted_prekeys_are_refused_and_shown) {
  Town town;
  town.bo_phone.connect();
  town.settle();
  // The server gives its own key under a signature of its own, then one of another device.
  auto& mine = town.office.prekeys[town.bo_phone.device()];
  const std::string honest = mine.spk;
  auto evil = crypto::SignKeyPair::generate(town.random);
  mine.spk = to_string(protocol::sign_prekey(
      {town.bo_phone.device(), 9, crypto::DhKeyPair::generate(town.random).public_key(), now0},
      evil));
  town.sara_phone.connect();
  (void)town.sara_phone.say("hej", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(town.sara_phone.warnings("bad_prekey"), 1);
  EXPECT_EQ(rows_of(town, town.bo_phone), 0u);
  EXPECT_EQ(town.sara_phone.state_of("hej"), 1);

  mine.spk = honest;
  town.pass(11 * minute);
  EXPECT_EQ(town.bo_phone.screen(), Texts{"hej"});
}

// One-time keys bear no signature: the server may hand out what it likes, and nobody agrees on a
// key with that.
TEST(MessengerTrust, T13_a_one_time_key_that_is_no_good_point_is_refused_and_shown) {
  for (const char* point : bad_points) {
    SCOPED_TRACE(point);
    Town town;
    town.bo_phone.connect();
    town.settle();
    auto& mine = town.office.prekeys[town.bo_phone.device()];
    const auto honest = mine.one_time;
    ASSERT_FALSE(honest.empty());
    for (auto& key : mine.one_time) key.key = to_string(unhex(point));
    town.sara_phone.connect();
    (void)town.sara_phone.say("hej", town.circle, {town.bo.key()});
    town.settle();
    EXPECT_EQ(town.sara_phone.warnings("bad_prekey"), 1);
    EXPECT_EQ(rows_of(town, town.bo_phone), 0u);
    EXPECT_EQ(town.sara_phone.state_of("hej"), 1);
    mine.one_time = honest;
    town.pass(11 * minute);
    EXPECT_EQ(town.bo_phone.screen(), Texts{"hej"});
  }
}

// A suite that an account has withdrawn in its signed list is not used because nothing better is
// known here.
TEST(MessengerTrust, T15_with_who_withdrew_our_suite_nothing_begins) {
  Town town;
  town.bo_phone.connect();
  town.settle();
  town.bo.list.version += 1;
  town.bo.list.prev = crypto::sha256(town.bo.record);
  town.bo.list.suites = {2};
  town.bo.record = protocol::sign_device_list(town.bo.list, town.bo.account);
  town.office.lists[to_string(town.bo.key().view())].push_back(town.bo.record);
  ASSERT_TRUE(town.sara_phone.trust().accept_device_list(town.bo.record).ok());
  town.sara_phone.connect();
  town.settle();
  (void)town.sara_phone.say("hej", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(town.sara_phone.warnings("other_suite"), 1);
  EXPECT_EQ(rows_of(town, town.bo_phone), 0u);
  EXPECT_EQ(town.sara_phone.state_of("hej"), 1);
  const auto posts = town.office.posts;
  town.office.put(town.sara_phone.device(),
                  town.forge(town.bo, 0, town.sara_phone,
                             town.by(Role::mentor, Role::participant, crypto::Kind::text),
                             encode(plain_text("by suite 1")).expose()));
  town.settle();
  EXPECT_EQ(town.sara_phone.screen(), Texts{});
  EXPECT_EQ(town.office.posts, posts) << "no receipt either";
}

TEST(MessengerTrust, T1_substituted_device_list_is_refused) {
  Town town;
  town.connect_all();
  // A list of Bo's account, one version up, signed by somebody else, with a device of the server's.
  auto evil = crypto::SignKeyPair::generate(town.random);
  auto list = town.bo.list;
  list.version = 2;
  list.prev = crypto::sha256(town.bo.record);
  list.devices = town.stranger.list.devices;
  town.office.lists[to_string(town.bo.key().view())].push_back(
      protocol::sign_device_list(list, evil));
  town.office.put(town.sara_phone.device(),
                  town.forge(town.stranger, 0, town.sara_phone,
                             town.by(Role::mentor, Role::participant, crypto::Kind::text),
                             encode(plain_text("I am Bo")).expose()));
  (void)town.sara_phone.say("hej", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(town.sara_phone.screen(), Texts{});
  EXPECT_EQ(town.bo_phone.screen(), Texts{"hej"});
  EXPECT_EQ(rows_of(town, town.sara_phone), 0u);
  EXPECT_TRUE(town.office.mailboxes[town.stranger.devices[0].id].empty());
}

TEST(MessengerTrust, T17_a_withheld_device_list_shows_by_the_receipt) {
  Town town;
  meet(town);
  // Bo has a newer list, which the server keeps from Sara.
  auto next = town.bo.list;
  next.version = 2;
  next.prev = crypto::sha256(town.bo.record);
  const Bytes record = protocol::sign_device_list(next, town.bo.account);
  ASSERT_TRUE(town.bo_phone.trust().accept_device_list(record).ok());
  town.bo_phone.step();
  (void)town.sara_phone.say("one", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(town.sara_phone.state_of("one"), 3);
  EXPECT_EQ(town.sara_phone.warnings("list_withheld"), 1);
}

TEST(MessengerTrust, nobody_writes_to_a_participant_whose_shadow_is_not_known) {
  Town town;
  town.connect_all();
  // A phone that never saw the mark.
  for (auto it = town.bo_phone.disk.begin(); it != town.bo_phone.disk.end();)
    it = it->first.find("/shadow") != std::string::npos ? town.bo_phone.disk.erase(it)
                                                        : std::next(it);
  town.bo_phone.disconnect();
  town.bo_phone.boot();
  ASSERT_FALSE(town.bo_phone.trust().circle(town.circle)->shadow);
  town.bo_phone.connect();
  const int asked = town.office.prekey_requests;
  (void)town.bo_phone.say("hej", town.circle, {town.sara.key()});
  town.settle();
  EXPECT_EQ(town.bo_phone.state_of("hej"), 1);
  EXPECT_EQ(town.office.prekey_requests, asked);
  ASSERT_TRUE(town.bo_phone.trust()
                  .accept_shadow_mark(protocol::sign_shadow_mark(
                      {town.sara.key(), town.sara.devices[1].id, 1}, town.sara.account))
                  .ok());
  town.bo_phone.step();
  town.settle();
  EXPECT_EQ(town.bo_phone.state_of("hej"), 3);
}

TEST(MessengerTrust, T1_a_prekey_that_was_not_renewed_for_long_is_not_used) {
  Town town;
  town.bo_phone.boot();
  town.bo_phone.connect();
  town.settle();
  town.bo_phone.disconnect();
  town.bo_phone.in_tunnel = true;
  town.pass(46 * day);
  town.sara_phone.connect();
  town.settle();
  (void)town.sara_phone.say("still there?", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(town.sara_phone.state_of("still there?"), 1) << "waits here";
  EXPECT_EQ(town.sara_phone.warnings("old_prekey"), 1);
  town.bo_phone.in_tunnel = false;
  town.bo_phone.connect();
  town.settle();
  town.pass(hour);
  EXPECT_EQ(town.sara_phone.state_of("still there?"), 3) << "renewed at the first log-in";
}

}  // namespace livlina::testing

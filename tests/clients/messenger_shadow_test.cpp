// Under duress: the shadow's sessions, prepared by the real realm, used by the decoy.
#include <gtest/gtest.h>

#include "tests/clients/town.hpp"

namespace livlina::testing {

using Texts = std::vector<std::string>;

namespace {

void settle_with(Town& town, Phone& decoy) {
  for (int i = 0; i < 50; ++i) {
    while (decoy.work()) {
    }
    town.settle();
  }
}

std::vector<v1::Envelope> envelopes_for(const Town& town, const DeviceId& device) {
  std::vector<v1::Envelope> out;
  for (const std::string& bytes : town.office.posted) {
    v1::PostMessage m;
    EXPECT_TRUE(m.ParseFromString(bytes));
    for (const v1::Envelope& e : m.envelopes())
      if (equal(view(e.device_id()), device.view())) out.push_back(e);
  }
  return out;
}

}  // namespace

TEST(MessengerShadow, the_real_realm_prepares_a_session_to_every_line_with_the_alarm_scope) {
  Town town;
  auto lines = town.lines();
  lines[1].scope = scope_messages;  // Amal hears no alarms
  town.sign_manifest(lines);
  ASSERT_TRUE(
      town.sara_phone.trust().accept_manifest(town.office.manifests[town.circle].back(), {}).ok());
  town.sara_phone.step();
  for (Phone* phone : {&town.bo_phone, &town.amal_phone, &town.cam_phone}) phone->connect();
  town.settle();
  town.sara_phone.connect();
  town.settle();
  const auto has = [&](const Phone& p) {
    return town.decoy_disk.count("session/" + p.device().hex()) == 1;
  };
  EXPECT_TRUE(has(town.bo_phone));
  EXPECT_TRUE(has(town.cam_phone));
  EXPECT_FALSE(has(town.amal_phone));
  // The first frame is kind 12, by the shadow, over Sara's own connection.
  ASSERT_EQ(town.bo_phone.came.size(), 1u);
  EXPECT_EQ(town.bo_phone.came[0].kind, crypto::Kind::shadow_mark);
  EXPECT_TRUE(town.bo_phone.came[0].from_shadow);
  const auto mark = protocol::verify_shadow_mark(view(town.bo_phone.came[0].plain));
  ASSERT_TRUE(mark.ok());
  EXPECT_EQ((*mark)->device, town.sara.devices[1].id);
}

TEST(MessengerShadow, what_a_lost_connection_left_undone_is_done_at_the_next) {
  Town town;
  for (Phone* phone : {&town.bo_phone, &town.amal_phone, &town.cam_phone}) phone->connect();
  town.settle();
  town.sara_phone.slow = {v1::Request::kGetPrekeys};
  town.sara_phone.connect();
  town.settle();
  town.sara_phone.disconnect();
  const std::string key = "session/" + town.bo_phone.device().hex();
  ASSERT_EQ(town.decoy_disk.count(key), 0u);
  town.sara_phone.slow.clear();
  town.sara_phone.connect();
  town.settle();
  EXPECT_EQ(town.decoy_disk.count(key), 1u);
}

TEST(MessengerShadow, T30_a_text_from_the_decoy_arrives_marked_and_nobody_answers_the_shadow) {
  Town town;
  town.connect_all();
  town.pass(11 * minute);  // the others had no prekeys yet when Sara came online
  town.sara_phone.disconnect();

  const int asked = town.office.prekey_requests;
  auto decoy = town.decoy_phone();
  decoy->connect();
  settle_with(town, *decoy);
  (void)decoy->say("jag mår bra", town.circle, {town.bo.key()});
  settle_with(town, *decoy);
  EXPECT_EQ(town.bo_phone.screen(), Texts{"jag mår bra (duress)"});
  EXPECT_EQ(decoy->state_of("jag mår bra"), 2);  // stored, and never more
  town.bo_phone.read("jag mår bra");
  settle_with(town, *decoy);
  EXPECT_EQ(decoy->state_of("jag mår bra"), 2);
  EXPECT_TRUE(envelopes_for(town, town.sara.devices[1].id).empty());
  // The decoy asks for no prekeys and publishes none.
  EXPECT_EQ(town.office.prekey_requests, asked);
  EXPECT_EQ(town.office.prekeys.count(town.sara.devices[1].id), 0u);

  // Nobody starts a session to the shadow either.
  (void)town.bo_phone.say("hej", town.circle, {town.sara.key()});
  settle_with(town, *decoy);
  EXPECT_TRUE(envelopes_for(town, town.sara.devices[1].id).empty());
  EXPECT_FALSE(envelopes_for(town, town.sara.devices[0].id).empty());
}

TEST(MessengerShadow, the_decoy_without_a_session_sends_nothing) {
  Town town;
  for (Phone* phone : {&town.bo_phone, &town.amal_phone, &town.cam_phone}) phone->connect();
  town.settle();
  auto decoy = town.decoy_phone();
  decoy->connect();
  settle_with(town, *decoy);
  const int asked = town.office.prekey_requests;
  (void)decoy->say("hej", town.circle, {town.bo.key()});
  settle_with(town, *decoy);
  EXPECT_EQ(town.office.posts, 0);
  EXPECT_EQ(town.office.prekey_requests, asked);
  EXPECT_EQ(decoy->state_of("hej"), 1);
}

TEST(MessengerShadow, alarm_and_checkin_notes_are_as_long_from_both_devices) {
  Town town;
  town.connect_all();
  town.pass(11 * minute);
  (void)town.bo_phone.say("hej", town.circle, {town.sara.key()});
  town.settle();
  (void)town.sara_phone.say("hej du", town.circle, {town.bo.key()});
  town.settle();
  auto decoy = town.decoy_phone();
  const auto size_from = [&](Phone& phone) {
    std::size_t out = 0;
    phone.messenger().seal_notes(crypto::Kind::checkin_note, town.circle,
                                 scope_checkin | scope_alarm, view(std::string("note")),
                                 std::nullopt, [&](MessageId, std::vector<v1::Envelope> envelopes) {
                                   for (const v1::Envelope& e : envelopes)
                                     if (equal(view(e.device_id()), town.bo_phone.device().view()))
                                       out = e.frame().size();
                                 });
    phone.step();
    town.settle();
    return out;
  };
  const std::size_t real = size_from(town.sara_phone);
  EXPECT_GT(real, 0u);
  EXPECT_EQ(size_from(*decoy), real);
}

TEST(MessengerShadow, renewed_after_ninety_days_and_the_new_one_is_preferred) {
  Town town;
  town.connect_all();
  town.pass(11 * minute);
  const std::string key = "session/" + town.bo_phone.device().hex();
  const auto first = crypto::SessionSet::unpickle(town.decoy_disk.at(key).expose());
  ASSERT_TRUE(first.ok());
  town.pass(12 * hour);
  const auto same = crypto::SessionSet::unpickle(town.decoy_disk.at(key).expose());
  EXPECT_EQ(same->all().front().sid(), first->all().front().sid());
  town.pass(90 * day);
  town.pass(day);  // Bo's own prekey was as old: he renews it first
  const auto next = crypto::SessionSet::unpickle(town.decoy_disk.at(key).expose());
  ASSERT_EQ(next->all().size(), 1u);  // the ratchet that the decoy has used is never given again
  EXPECT_NE(next->all().front().sid(), first->all().front().sid());
  EXPECT_GT(next->all().front().gen(), first->all().front().gen());

  town.sara_phone.disconnect();
  auto decoy = town.decoy_phone();
  decoy->connect();
  settle_with(town, *decoy);
  (void)decoy->say("hej", town.circle, {town.bo.key()});
  settle_with(town, *decoy);
  EXPECT_EQ(town.bo_phone.screen(), Texts{"hej (duress)"});
}

TEST(MessengerShadow, a_crash_between_the_commits_of_both_realms_is_made_good) {
  Town town;
  for (Phone* phone : {&town.bo_phone, &town.amal_phone, &town.cam_phone}) phone->connect();
  town.settle();
  town.sara_phone.crash_between_realms = true;
  town.sara_phone.connect();
  town.settle();
  ASSERT_FALSE(town.sara_phone.crash_between_realms);
  EXPECT_EQ(town.decoy_disk.count("session/" + town.bo_phone.device().hex()), 1u);
}

TEST(MessengerShadow, the_primarys_queue_means_nothing_to_the_decoy) {
  Town town;
  town.connect_all();
  (void)town.sara_phone.say("zero", town.circle, {town.bo.key()});
  town.settle();
  town.sara_phone.disconnect();
  (void)town.bo_phone.say("to Sara", town.circle, {town.sara.key()});
  town.settle();
  auto decoy = town.decoy_phone();
  for (const auto& row : town.office.mailboxes[town.sara_phone.device()])
    town.office.put(decoy->device(), row.frame);
  decoy->connect();
  settle_with(town, *decoy);
  EXPECT_EQ(decoy->screen(), Texts{});
  EXPECT_GT(decoy->messenger().unopened(), 0u);
  for (const v1::Event& e : decoy->events) EXPECT_FALSE(e.has_warning()) << e.warning().code();
  town.sara_phone.connect();
  town.settle();
  EXPECT_EQ(town.sara_phone.screen(), Texts{"to Sara"});
}

}  // namespace livlina::testing

// What a circle's people sign and are shown when the server, a thief or a slip of the hand comes
// between: repeated records, new devices, forgotten codes.
#include <gtest/gtest.h>

#include "clients/core/identity.hpp"
#include "clients/core/pairing.hpp"
#include "clients/core/trust.hpp"
#include "livlina/frames.pb.h"
#include "tests/clients/no_server.hpp"
#include "tests/clients/sim_commands.hpp"
#include "tests/support/people.hpp"

namespace livlina::testing::sim {
namespace {

class CircleFaults : public ::testing::Test {
 protected:
  CircleFaults() : v(22) {}
  void SetUp() override { ASSERT_TRUE(v.ok); }
  Village v;
};

TEST_F(CircleFaults, T20_a_keeper_signs_for_no_device_that_was_not_accepted) {
  // A thief of the contact person's account key lists a device of their own.
  client::Store theirs(v.contact.values());
  auto identity = client::load_identity(theirs);
  ASSERT_TRUE(identity.ok() && *identity);
  client::Store ours(v.coordinator.values());
  std::vector<v1::Event> events;
  NoServer nobody;
  client::Context context{ours, nobody, v.world.random, protocol::tzdata_zones()};
  context.events = &events;
  context.now = v.world.now();
  client::Trust trust(context);
  ASSERT_TRUE(trust.load().ok());
  const auto* known = trust.device_list((*identity)->account);
  ASSERT_NE(known, nullptr);
  protocol::DeviceList grown = **known;
  grown.version += 1;
  grown.prev = known->hash();
  grown.devices.push_back(make_device(v.world.random).device);
  const Bytes record = protocol::sign_device_list(grown, *(*identity)->account_key);
  ASSERT_TRUE(trust.accept_device_list(record).ok());
  v.coordinator.disconnect();
  for (auto& [key, value] : ours.take_changes())
    if (value) v.coordinator.values().insert_or_assign(key, std::move(*value));
  ASSERT_TRUE(v.coordinator.reopen());
  ASSERT_EQ(v.coordinator.status().warnings_size(), 1);
  EXPECT_EQ(v.coordinator.status().warnings(0).code(), "device_added");
  v.coordinator.connect();

  const auto of_contact = [&]() {
    const v1::Status status = v.coordinator.status();
    for (const auto& p : status.staff())
      if (p.account() == v.contact.status().account()) return p;
    return v1::Person{};
  };
  const auto endorsed = [&]() -> std::uint32_t {
    const auto stored = v.coordinator.values().at("desk/directory").expose();
    const auto directory = protocol::verify_directory(ByteView(stored).subspan(1));
    const auto* entry = directory.ok() ? (*directory)->find((*identity)->account) : nullptr;
    return entry == nullptr ? 0 : entry->devlist_version;
  };
  EXPECT_EQ(of_contact().new_devices(), to_string(crypto::sha256(record)));
  EXPECT_FALSE(of_contact().verified());
  ASSERT_TRUE(v.coordinator.ok(plain(v1::Command::kRenewDesk)));
  EXPECT_EQ(endorsed(), 1u);
  v1::Command wrong = plain(v1::Command::kRenewDesk);
  wrong.mutable_renew_desk()->add_accept_lists(std::string(32, 'x'));
  EXPECT_FALSE(v.coordinator.ok(wrong));
  v1::Command accept = plain(v1::Command::kRenewDesk);
  accept.mutable_renew_desk()->add_accept_lists(to_string(crypto::sha256(record)));
  ASSERT_TRUE(v.coordinator.ok(accept)) << v.coordinator.finished().error();
  EXPECT_EQ(endorsed(), 2u);
  EXPECT_EQ(of_contact().new_devices(), "");
}

TEST_F(CircleFaults, T19_what_the_code_was_is_forgotten_when_it_is_confirmed) {
  for (Phone* phone : {&v.participant, &v.contact, &v.mentor, &v.coordinator}) {
    client::Store store(phone->values());
    const auto pairing = client::load_pairing(store);
    ASSERT_TRUE(pairing.ok() && *pairing) << phone->name();
    EXPECT_TRUE(equal((*pairing)->s.expose(), Bytes(16, 0))) << phone->name();
    EXPECT_TRUE((*pairing)->sealed_i.empty() && (*pairing)->join.empty()) << phone->name();
  }
  ASSERT_TRUE(v.contact.ok(plain(v1::Command::kListInvites)));
  const auto& invites = v.contact.last(v1::Event::kInvites)->invites();
  ASSERT_GE(invites.invites_size(), 1);
  EXPECT_EQ(invites.invites(0).state(), 5u);
  EXPECT_EQ(invites.invites(0).name(), "Carin");
}

TEST_F(CircleFaults, M2_a_text_that_is_no_utf8_is_refused_before_it_is_stored) {
  v1::Command c;
  c.mutable_send_text()->set_circle_id(to_string(v.circle().view()));
  c.mutable_send_text()->set_text("abc\xff");
  const std::size_t before = v.participant.values().size();
  EXPECT_FALSE(v.participant.ok(c));
  EXPECT_EQ(v.participant.finished().error(), "bad_argument");
  EXPECT_EQ(v.participant.finished().detail(), "utf8");
  EXPECT_EQ(v.participant.values().size(), before);
}

TEST_F(CircleFaults, T17_what_was_sent_once_is_repeated_until_it_was_answered) {
  std::uint64_t busy = 0;
  v.participant.on_request = [&](v1::Request& r) {
    if (busy == 0 && r.has_put_manifest()) busy = r.id();
    return true;
  };
  v.participant.on_frame = [&](v1::ServerFrame& f) {
    if (f.id() == busy && f.has_done()) f.mutable_error()->set_code(v1::INTERNAL);
    return true;
  };
  EXPECT_FALSE(v.participant.ok(sign_manifest({})));
  const Bytes sent = to_bytes(v.participant.values().at("manifest/pending").expose());
  EXPECT_FALSE(v.participant.ok(sign_manifest(v.lines())));
  EXPECT_EQ(v.participant.finished().detail(), "pending") << "no second one under the number";
  EXPECT_TRUE(equal(sent, v.participant.values().at("manifest/pending").expose()));
  v.world.advance(2 * minute);
  EXPECT_EQ(v.participant.values().count("manifest/pending"), 0u);
  EXPECT_EQ(view_of(v.participant).manifest_seq(), 2u);
  EXPECT_EQ(view_of(v.participant).people_size(), 0);
  EXPECT_TRUE(v.participant.ok(sign_manifest(v.lines())));
}

TEST_F(CircleFaults, T17_a_refused_manifest_that_the_server_kept_freezes_nobody) {
  EXPECT_FALSE(v.participant.ok(sign_manifest(v.lines(), true)));
  const Bytes refused = to_bytes(v.participant.values().at("manifest/refused").expose());
  ASSERT_EQ(refused.size(), 33u);
  ASSERT_TRUE(v.participant.ok(sign_manifest(v.lines())));
  const auto meant = protocol::verify_manifest(
      ByteView(v.participant.values().at("circle/" + v.circle().hex() + "/manifest/02").expose())
          .subspan(1));
  ASSERT_TRUE(meant.ok());
  ASSERT_EQ((*meant)->also.size(), 1u);
  EXPECT_TRUE(equal((*meant)->also[0], ByteView(refused).subspan(1)));
  EXPECT_EQ(v.participant.values().count("manifest/refused"), 0u);
}

TEST_F(CircleFaults, T17_a_plan_that_was_sent_keeps_its_version_until_it_was_answered) {
  bool busy = true;
  v.participant.on_frame = [&](v1::ServerFrame& f) {
    if (busy && f.has_done()) f.mutable_error()->set_code(v1::INTERNAL);
    return true;
  };
  EXPECT_FALSE(v.participant.ok(set_plan(v.world.now())));
  const Bytes sent = to_bytes(v.participant.values().at("plan/pending").expose());
  EXPECT_FALSE(v.participant.ok(set_plan(v.world.now(), 600)));
  EXPECT_EQ(v.participant.finished().detail(), "pending");
  EXPECT_TRUE(equal(sent, v.participant.values().at("plan/pending").expose()));
  busy = false;
  v.world.advance(2 * minute);
  EXPECT_EQ(view_of(v.participant).plan_version(), 1u);
  EXPECT_TRUE(v.participant.ok(set_plan(v.world.now(), 600)));
  EXPECT_FALSE(v.contact.warned("plan_fork"));
}

}  // namespace
}  // namespace livlina::testing::sim

// The server's own first invitation, and the one desk that comes of it.
#include "server/services/first_invite.hpp"

#include <gtest/gtest.h>

#include "crypto/e2ee/invite.hpp"
#include "server/store/schema.hpp"
#include "tests/services/harness.hpp"
#include "tests/services/town.hpp"

namespace livlina::server {
namespace {

using crypto::InvitePurpose;
using testing::Connection;
using testing::Harness;
using testing::Person;
using v1::ServerFrame;

TEST(FirstInvite, T19_is_derived_as_every_client_derives_it) {
  testing::SeededRandom random(5);
  const auto first = make_first_invite(random);
  const auto keys = crypto::invite_keys(InvitePurpose::staff, first.s);
  EXPECT_EQ(first.id, keys.invite_id);
  EXPECT_EQ(first.auth_hash, crypto::sha256(keys.auth.expose()));
}

class Founding : public ::testing::Test {
 protected:
  Founding() : db(":memory:") {
    store::migrate(db);
    key = testing::harness_key().public_key();
  }
  InitResult init() {
    const auto first = make_first_invite(random);
    keys = crypto::invite_keys(InvitePurpose::staff, first.s);
    return init_server(db, *key, first, now, random);
  }
  v1::Request claim() {
    v1::Request out;
    out.mutable_claim_invite()->set_invite_id(to_string(keys->invite_id.view()));
    out.mutable_claim_invite()->set_auth(to_string(keys->auth.expose()));
    out.mutable_claim_invite()->set_claim_id(std::string(16, 'c'));
    return out;
  }
  v1::Request join(const Person& p) {
    v1::Request out;
    auto& j = *out.mutable_join_invite();
    j.set_invite_id(to_string(keys->invite_id.view()));
    j.set_auth(to_string(keys->auth.expose()));
    j.set_claim_id(std::string(16, 'c'));
    j.set_sealed_j("anything");
    j.set_device_list(to_string(ByteView(p.list_record)));
    j.set_spk_record(to_string(ByteView(p.spk_record(1, now, random))));
    return out;
  }
  static v1::Request roster(const testing::TestDesk& desk) {
    v1::Request out;
    out.mutable_put_desk_roster()->set_record(to_string(ByteView(desk.roster_record)));
    return out;
  }
  static v1::Request directory(const testing::TestDesk& desk) {
    v1::Request out;
    out.mutable_put_staff_directory()->set_record(to_string(ByteView(desk.directory_record)));
    return out;
  }

  testing::SeededRandom random{9};
  Instant now = testing::town_start;
  store::Db db;
  std::optional<SignPublic> key;
  std::optional<crypto::InviteKeys> keys;
};

TEST_F(Founding, T34_only_who_joined_by_the_first_invite_sets_up_one_desk) {
  ASSERT_EQ(init(), InitResult::done);
  Harness server(db, random, now);
  EXPECT_NE(server.epoch, 0U);
  Connection& c = server.connect();
  EXPECT_EQ(server.ask(c, claim()).claimed_invite().sealed_i(), "")
      << "the server cannot seal: the code itself carries host and key";
  auto founder = testing::make_person(random, now);
  ASSERT_EQ(server.code(c, join(founder)), 0);
  ASSERT_EQ(server.log_in(c, founder.primary()).body_case(), ServerFrame::kWelcome);

  auto desk = testing::make_desk(random, {&founder}, {}, now);
  EXPECT_EQ(server.code(c, directory(desk)), v1::FORBIDDEN) << "no directory before the roster";
  ASSERT_EQ(server.code(c, roster(desk)), 0);
  ASSERT_EQ(server.code(c, directory(desk)), 0);
  auto second = testing::make_desk(random, {&founder}, {}, now);
  EXPECT_EQ(server.code(c, roster(second)), v1::FORBIDDEN) << "one desk for one permission";

  // Others join by the coordinator; they set up nothing.
  const auto i = crypto::invite_keys(InvitePurpose::staff, random.secret<16>());
  v1::Request create;
  create.mutable_create_invite()->set_invite_id(to_string(i.invite_id.view()));
  create.mutable_create_invite()->set_auth_hash(
      to_string(ByteView(crypto::sha256(i.auth.expose()))));
  create.mutable_create_invite()->set_purpose(1);
  create.mutable_create_invite()->set_expires_at(now + hour);
  create.mutable_create_invite()->set_sealed_i("I");
  ASSERT_EQ(server.code(c, create), 0);
  keys = crypto::InviteKeys{i.invite_id, i.auth.copy(), i.key.copy()};
  auto colleague = testing::make_person(random, now);
  Connection& d = server.connect();
  ASSERT_EQ(server.code(d, claim()), 0);
  ASSERT_EQ(server.code(d, join(colleague)), 0);
  ASSERT_EQ(server.log_in(d, colleague.primary()).body_case(), ServerFrame::kWelcome);
  EXPECT_EQ(server.code(d, roster(testing::make_desk(random, {&colleague}, {}, now))),
            v1::FORBIDDEN);
  EXPECT_EQ(init(), InitResult::has_a_desk);
}

TEST_F(Founding, T19_a_new_first_invite_replaces_the_unused_one) {
  ASSERT_EQ(init(), InitResult::done);
  const auto old = claim();
  ASSERT_EQ(init(), InitResult::done);
  Harness server(db, random, now);
  EXPECT_EQ(server.code(server.connect(), old), v1::INVITE_GONE);
  EXPECT_EQ(server.code(server.connect(), claim()), 0);
}

TEST_F(Founding, T16_database_of_another_key_is_refused) {
  ASSERT_EQ(init(), InitResult::done);
  key = crypto::SignKeyPair::generate(random).public_key();
  EXPECT_EQ(init(), InitResult::other_key);
  EXPECT_THROW(
      (Engine(db, {}, protocol::tzdata_zones(), random, crypto::SignKeyPair::generate(random))),
      store::SchemaRefused);
}

TEST_F(Founding, engine_refuses_a_database_that_was_never_initialised) {
  EXPECT_THROW((Engine(db, {}, protocol::tzdata_zones(), random, testing::harness_key())),
               store::SchemaRefused);
}

TEST_F(Founding, M1_restore_changes_the_epoch) {
  ASSERT_EQ(init(), InitResult::done);
  Harness server(db, random, now);
  const auto before = server.epoch;
  renew_epoch(db, random);
  server.restart();
  EXPECT_NE(server.epoch, before);
}

}  // namespace
}  // namespace livlina::server

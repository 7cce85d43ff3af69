// A pairing that one side refuses after the other has confirmed it: what was signed stands, and the
// person is told what.
#include <gtest/gtest.h>

#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {
namespace {

class LateRefusal : public ::testing::Test {
 protected:
  LateRefusal() : world(4), carin(world.add("Carin")), kim(world.add("Kim")) {}
  void invited(std::uint32_t purpose, Role role) {
    ASSERT_TRUE(set_up_desk(world, carin));
    ASSERT_TRUE(carin.ok(invite(purpose, role)));
    made = carin.last(v1::Event::kInviteMade)->invite_made();
    v1::Command c = enrol(to_bytes(view(made.code())), "Kim");
    c.mutable_enrol()->set_purpose(purpose);
    ASSERT_TRUE(kim.ok(c)) << kim.finished().error();
    kim_account = carin.last(v1::Event::kSafetyWords)->safety_words().account();
  }
  std::uint32_t state() {
    EXPECT_TRUE(carin.ok(plain(v1::Command::kListInvites)));
    for (const v1::InviteInfo& i : carin.last(v1::Event::kInvites)->invites().invites())
      if (i.invite_id() == made.invite_id()) return i.state();
    return 0;
  }
  const v1::Person* listed() {
    status = carin.status();
    for (const v1::Person& p : status.staff())
      if (p.account() == kim_account) return &p;
    return nullptr;
  }
  bool compared() { return carin.values().count("verified/" + hex(view(kim_account))) != 0; }
  v1::Command remove(const std::string& account) const {
    v1::Command c = plain(v1::Command::kRenewDesk);
    c.mutable_renew_desk()->add_remove(account);
    return c;
  }
  World world;
  Phone& carin;
  Phone& kim;
  v1::InviteMade made;
  std::string kim_account;
  v1::Status status;
};

TEST_F(LateRefusal, T19_who_is_listed_is_told_to_be_removed_and_can_be) {
  invited(1, Role::coordinator);
  ASSERT_TRUE(carin.ok(confirm(made.invite_id())));
  ASSERT_NE(listed(), nullptr);
  EXPECT_TRUE(compared());
  EXPECT_FALSE(kim.ok(confirm(made.invite_id(), false)));
  EXPECT_TRUE(carin.warned("pairing_refused_listed"));
  EXPECT_FALSE(carin.warned("pairing_refused_there")) << "it is not true that nothing holds";
  EXPECT_FALSE(compared());
  ASSERT_NE(listed(), nullptr) << "the server's word alone removes nobody";
  EXPECT_FALSE(listed()->verified());
  EXPECT_EQ(state(), 6u);
  carin.clear();
  ASSERT_TRUE(carin.ok(remove(kim_account))) << carin.finished().error();
  EXPECT_EQ(listed(), nullptr);
  EXPECT_EQ(status.staff_size(), 1);
  EXPECT_FALSE(carin.ok(remove(kim_account))) << "nobody of that name is listed any more";
  EXPECT_EQ(carin.finished().error(), "unknown_person");
  world.advance(26 * hour);
  carin.clear();
  ASSERT_TRUE(carin.reopen());
  carin.connect();
  world.advance(minute);
  EXPECT_FALSE(carin.warned("pairing_refused_listed"));
}

TEST_F(LateRefusal, T19_a_keeper_does_not_remove_themselves) {
  invited(1, Role::mentor);
  EXPECT_FALSE(carin.ok(remove(carin.status().account())));
  EXPECT_EQ(carin.finished().error(), "bad_argument");
  EXPECT_EQ(carin.status().staff_size(), 1);
}

// The directory is signed and on its way, and cannot be called back.
TEST_F(LateRefusal, T19_who_is_refused_while_the_directory_is_on_its_way_is_not_confirmed) {
  invited(1, Role::mentor);
  // The refusal is told in the place of the reply, which is lost with the connection.
  bool sent = false;
  carin.on_request = [&](v1::Request& r) {
    sent = sent || r.has_put_staff_directory();
    return true;
  };
  carin.on_frame = [&](v1::ServerFrame& f) {
    if (!sent || !f.has_done()) return true;
    f.Clear();
    f.set_version(1);
    f.mutable_invite_refused()->set_invite_id(made.invite_id());
    return true;
  };
  const std::uint64_t id = carin.give(confirm(made.invite_id()));
  world.advance(second);
  EXPECT_TRUE(carin.warned("pairing_refused_there"));
  EXPECT_FALSE(compared());
  carin.on_request = nullptr;
  carin.on_frame = nullptr;
  carin.disconnect();
  carin.connect();
  world.advance(minute);
  ASSERT_NE(listed(), nullptr) << "signed is signed";
  EXPECT_TRUE(carin.warned("pairing_refused_listed"));
  EXPECT_EQ(state(), 6u) << "never confirmed";
  bool cancelled = false;
  for (const v1::Event& e : carin.events())
    if (e.has_finished() && e.command_id() == id) cancelled = e.finished().error() == "cancelled";
  EXPECT_TRUE(cancelled);
}

TEST_F(LateRefusal, T19_a_participant_who_refuses_after_the_confirm_signs_no_circle) {
  invited(2, Role::participant);
  ASSERT_TRUE(carin.ok(confirm(made.invite_id())));
  EXPECT_EQ(carin.status().circles_size(), 1);
  EXPECT_FALSE(kim.ok(confirm(made.invite_id(), false)));
  EXPECT_TRUE(carin.warned("pairing_refused_late"));
  EXPECT_FALSE(carin.warned("pairing_refused_there"));
  EXPECT_FALSE(compared());
  EXPECT_EQ(carin.status().circles_size(), 0) << "nobody has signed it";
  for (const auto& [key, value] : carin.values()) EXPECT_NE(key.rfind("circle/", 0), 0u) << key;
  EXPECT_EQ(state(), 6u);
  ASSERT_TRUE(carin.reopen());
  EXPECT_EQ(carin.status().circles_size(), 0);
}

// The server has the refusal before the Confirm, which was signed without a connection.
TEST_F(LateRefusal, T19_a_confirm_that_the_server_does_not_take_any_more_ends_there) {
  invited(2, Role::participant);
  bool lose = true;
  carin.on_request = [&](v1::Request& r) { return !(lose && r.has_put_confirm()); };
  (void)carin.give(confirm(made.invite_id()));
  world.advance(second);
  carin.disconnect();
  EXPECT_FALSE(kim.ok(confirm(made.invite_id(), false)));
  lose = false;
  carin.connect();
  world.advance(minute);
  EXPECT_TRUE(carin.warned("pairing_refused_late"));
  EXPECT_EQ(state(), 6u);
  EXPECT_EQ(carin.status().circles_size(), 0);
}

// Both have confirmed, and the inviter's server says that the other refused: on the joiner's side
// too it is not true that nothing holds.
TEST_F(LateRefusal, T19_who_has_confirmed_is_not_told_that_nothing_holds) {
  invited(2, Role::participant);
  ASSERT_TRUE(kim.ok(confirm(made.invite_id())));
  v1::ServerFrame refused;
  refused.set_version(1);
  refused.mutable_invite_refused()->set_invite_id(made.invite_id());
  kim.receive(refused);
  EXPECT_TRUE(kim.warned("pairing_refused_late"));
  EXPECT_FALSE(kim.warned("pairing_refused_there"));
  EXPECT_EQ(kim.status().name(), "Kim") << "by the server's word alone nothing is thrown away";
}

}  // namespace
}  // namespace livlina::testing::sim

// A desk, its staff and a participant come together, over the real engine.
#include <gtest/gtest.h>

#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {
namespace {

TEST(Pairing, first_coordinator_makes_the_desk) {
  World world(1);
  Phone& carin = world.add("Carin");
  ASSERT_TRUE(carin.ok(enrol(world.first_code(), "Carin")))
      << carin.finished().error() << carin.finished().detail();
  ASSERT_TRUE(carin.ok(create_desk())) << carin.finished().error() << carin.finished().detail();
  const v1::Status s = carin.status();
  EXPECT_TRUE(s.online());
  EXPECT_TRUE(s.keeper());
  EXPECT_TRUE(s.coordinator());
  EXPECT_TRUE(s.in_directory());
  EXPECT_EQ(s.desk_name(), "Night desk");
  EXPECT_GT(s.roster_not_after(), world.now() + 6 * day);
}

TEST(Pairing, staff_and_participant_join_and_see_each_other) {
  Village v(2);
  ASSERT_TRUE(v.ok) << v.coordinator.finished().detail() << v.participant.finished().error()
                    << v.participant.finished().detail();
  const v1::Status s = v.mentor.status();
  EXPECT_TRUE(s.in_directory());
  EXPECT_EQ(s.staff_size(), 3);
  EXPECT_EQ(s.desk_name(), "Night desk");
  ASSERT_EQ(s.circles_size(), 1);
  EXPECT_EQ(s.circles(0).participant_name(), "Pa");
  EXPECT_EQ(s.circles(0).people_size(), 3);
  // Everybody was told the names, end to end.
  for (const v1::Person& p : s.staff()) EXPECT_FALSE(p.name().empty());
  const v1::Status p = v.participant.status();
  EXPECT_EQ(p.staff_size(), 3);
  for (const v1::Person& x : p.staff()) EXPECT_FALSE(x.name().empty());
}

TEST(Pairing, both_hear_the_same_words) {
  World world(3);
  Phone& carin = world.add("Carin");
  Phone& kim = world.add("Kim");
  ASSERT_TRUE(set_up_desk(world, carin));
  const Paired paired = pair(carin, kim, 1, Role::contact_person);
  ASSERT_TRUE(paired.ok);
  EXPECT_FALSE(paired.inviter_words.empty());
  EXPECT_EQ(paired.inviter_words, paired.joiner_words);
}

TEST(Pairing, T19_a_circle_whose_participant_refused_is_shown_no_more) {
  World world(5);
  Phone& carin = world.add("Carin");
  Phone& kim = world.add("Kim");
  Phone& pa = world.add("Pa");
  ASSERT_TRUE(set_up_desk(world, carin));
  ASSERT_TRUE(pair(carin, kim, 1, Role::contact_person).ok);
  ASSERT_TRUE(kim.ok(invite(2, Role::participant)));
  const auto made = kim.last(v1::Event::kInviteMade)->invite_made();
  ASSERT_TRUE(pa.ok(enrol(to_bytes(view(made.code())), "Pa")));
  ASSERT_TRUE(kim.ok(confirm(made.invite_id()))) << "before the other side had compared";
  ASSERT_EQ(kim.status().circles_size(), 1);
  const std::string account = kim.last(v1::Event::kSafetyWords)->safety_words().account();
  ASSERT_EQ(account.size(), 32u);
  EXPECT_FALSE(pa.ok(confirm(made.invite_id(), false)));
  EXPECT_TRUE(kim.warned("pairing_refused_late"));
  EXPECT_EQ(kim.status().circles_size(), 0);
  ASSERT_TRUE(kim.reopen());
  kim.connect();
  world.advance(minute);
  EXPECT_EQ(kim.status().circles_size(), 0);
  for (const auto& [key, value] : kim.values()) {
    EXPECT_NE(key.rfind("circle/", 0), 0u) << key;
    EXPECT_EQ(key.find("verified/" + hex(view(account))), std::string::npos) << key;
  }
}

// A refusal bears no signature: a server that invents one ends no watch.
TEST(Pairing, T19_an_invented_refusal_takes_no_signed_circle_away) {
  Village v(6);
  ASSERT_TRUE(v.ok);
  ASSERT_TRUE(v.contact.ok(plain(v1::Command::kListInvites)));
  int told = 0;
  for (const auto& i : v.contact.last(v1::Event::kInvites)->invites().invites()) {
    v1::ServerFrame frame;
    frame.set_version(1);
    frame.mutable_invite_refused()->set_invite_id(i.invite_id());
    v.contact.receive(frame);
    ++told;
  }
  ASSERT_GT(told, 0);
  EXPECT_TRUE(v.contact.warned("pairing_refused_late"));
  EXPECT_EQ(v.contact.status().circles_size(), 1);
}

// ---- an invitation, attacked ----

class Invitation : public ::testing::Test {
 protected:
  Invitation() : world(4), carin(world.add("Carin")), kim(world.add("Kim")) {}
  void SetUp() override {
    ASSERT_TRUE(set_up_desk(world, carin));
    ASSERT_TRUE(carin.ok(invite(1, Role::contact_person)));
    made = carin.last(v1::Event::kInviteMade)->invite_made();
  }
  std::uint32_t state() {
    EXPECT_TRUE(carin.ok(plain(v1::Command::kListInvites)));
    for (const v1::InviteInfo& i : carin.last(v1::Event::kInvites)->invites().invites())
      if (i.invite_id() == made.invite_id()) return i.state();
    return 0;
  }
  // Says to the inviter's phone that somebody joined with this.
  void tell_joined(const std::string& sealed_j) {
    v1::ServerFrame frame;
    frame.set_version(1);
    frame.mutable_invite_joined()->set_invite_id(made.invite_id());
    frame.mutable_invite_joined()->set_sealed_j(sealed_j);
    carin.receive(frame);
  }
  World world;
  Phone& carin;
  Phone& kim;
  v1::InviteMade made;
};

TEST_F(Invitation, words_and_host_do_as_well) {
  ASSERT_TRUE(kim.ok(enrol_words(made.words(), 1, "Kim")))
      << kim.finished().error() << kim.finished().detail();
  EXPECT_TRUE(kim.ok(confirm(made.invite_id())));
  EXPECT_TRUE(carin.ok(confirm(made.invite_id())));
  EXPECT_EQ(state(), 5u);
  EXPECT_TRUE(kim.status().in_directory() || (world.advance(minute), kim.status().in_directory()));
}

TEST_F(Invitation, T19_a_code_is_used_once) {
  Phone& eve = world.add("Eve");
  std::vector<std::string> claims;
  for (Phone* phone : {&kim, &eve})
    phone->on_request = [&](v1::Request& r) {
      if (r.has_claim_invite()) claims.push_back(r.claim_invite().claim_id());
      return true;
    };
  ASSERT_TRUE(kim.ok(enrol(to_bytes(view(made.code())), "Kim")));
  EXPECT_FALSE(eve.ok(enrol(to_bytes(view(made.code())), "Eve")));
  EXPECT_EQ(eve.finished().error(), "invite_gone");
  EXPECT_EQ(eve.status().account(), "") << "nothing of it is kept";
  ASSERT_EQ(claims.size(), 2u);
  EXPECT_NE(claims[0], claims[1]) << "nobody claims in the name of somebody else";
}

TEST_F(Invitation, T19_second_j_is_refused_whatever_the_server_says) {
  Phone& eve = world.add("Eve");
  std::string sealed_j;
  // Eve knows the code, and the server helps: it lets her join instead, and tells of her J later.
  eve.on_request = [&](v1::Request& r) {
    if (r.has_join_invite()) sealed_j = r.join_invite().sealed_j();
    return !r.has_join_invite();
  };
  (void)eve.run(enrol(to_bytes(view(made.code())), "Eve"));
  ASSERT_FALSE(sealed_j.empty());
  eve.disconnect();
  world.db().run("UPDATE invite SET claim = NULL");
  ASSERT_TRUE(kim.ok(enrol(to_bytes(view(made.code())), "Kim")));
  const std::string words = carin.last(v1::Event::kSafetyWords)->safety_words().words();
  tell_joined(sealed_j);
  EXPECT_TRUE(carin.warned("second_join"));
  EXPECT_EQ(carin.last(v1::Event::kSafetyWords)->safety_words().words(), words);
  EXPECT_TRUE(kim.ok(confirm(made.invite_id())));
  EXPECT_TRUE(carin.ok(confirm(made.invite_id())));
  const v1::Status s = carin.status();
  ASSERT_EQ(s.staff_size(), 2);
  EXPECT_TRUE(s.staff(0).name() == "Kim" || s.staff(1).name() == "Kim");
}

TEST_F(Invitation, T19_late_j_is_refused_whatever_the_server_says) {
  std::string sealed_j;
  kim.on_request = [&](v1::Request& r) {
    if (r.has_join_invite()) sealed_j = r.join_invite().sealed_j();
    return !r.has_join_invite();
  };
  (void)kim.run(enrol(to_bytes(view(made.code())), "Kim"));
  ASSERT_FALSE(sealed_j.empty());
  world.advance(25 * hour);
  tell_joined(sealed_j);
  EXPECT_TRUE(carin.warned("late_join"));
  EXPECT_FALSE(carin.ok(confirm(made.invite_id())));
  EXPECT_EQ(state(), 4u);
}

// A server whose clock stands still, while a day and an hour pass on the inviter's phone; and a
// phone that was set back.
TEST_F(Invitation, T19_T28_late_j_is_refused_by_what_has_passed_on_the_phone) {
  std::string sealed_j;
  kim.on_request = [&](v1::Request& r) {
    if (r.has_join_invite()) sealed_j = r.join_invite().sealed_j();
    return !r.has_join_invite();
  };
  (void)kim.run(enrol(to_bytes(view(made.code())), "Kim"));
  ASSERT_FALSE(sealed_j.empty());
  for (const Duration set : {-2 * hour, 25 * hour}) {
    carin.disconnect();
    carin.skew = set;
    carin.connect();
    EXPECT_EQ(state(), 4u) << set;
  }
  tell_joined(sealed_j);
  EXPECT_TRUE(carin.warned("late_join"));
  EXPECT_FALSE(carin.ok(confirm(made.invite_id())));
}

TEST_F(Invitation, T19_code_for_staff_makes_no_participant) {
  EXPECT_FALSE(kim.ok(enrol_words(made.words(), 2, "Kim")));
  EXPECT_EQ(kim.finished().error(), "invite_gone") << "another purpose, another id";
  // The same with the purpose in the QR code changed.
  Bytes code = to_bytes(view(made.code()));
  code[1] = 2;
  EXPECT_FALSE(kim.ok(enrol(code, "Kim")));
  EXPECT_EQ(kim.finished().error(), "invite_gone");
  EXPECT_TRUE(kim.ok(enrol(to_bytes(view(made.code())), "Kim")));
}

TEST_F(Invitation, T20_code_that_would_link_a_device_is_none) {
  Bytes code = to_bytes(view(made.code()));
  for (const std::uint8_t purpose : {std::uint8_t{3}, std::uint8_t{4}}) {
    code[1] = purpose;
    EXPECT_FALSE(kim.ok(enrol(code, "Kim")));
    EXPECT_EQ(kim.finished().error(), "bad_code");
  }
}

TEST_F(Invitation, T4_any_flipped_byte_of_the_code_fails) {
  const Bytes good = to_bytes(view(made.code()));
  for (std::size_t i = 0; i < good.size(); ++i) {
    if (i >= 2 && i < 3u + good[2]) continue;  // the host: nobody would answer there
    Bytes bad = good;
    bad[i] ^= 0x80;
    Phone& phone = world.add("flip");
    EXPECT_FALSE(phone.ok(enrol(bad, "Kim"))) << i;
    phone.disconnect();
  }
}

TEST_F(Invitation, server_that_is_not_in_the_code_gets_no_claim) {
  bool asked = false;
  kim.on_frame = [&](v1::ServerFrame& f) {
    if (f.has_challenge()) f.mutable_challenge()->set_server_pk(std::string(32, 'x'));
    return true;
  };
  kim.on_request = [&](v1::Request&) { return asked = true; };
  EXPECT_FALSE(kim.ok(enrol(to_bytes(view(made.code())), "Kim")));
  EXPECT_EQ(kim.finished().error(), "wrong_server");
  EXPECT_FALSE(asked);
  // With words it is known only from I: then nothing is joined.
  kim.on_frame = [&](v1::ServerFrame& f) {
    if (f.has_challenge())
      f.mutable_challenge()->set_server_pk(
          to_string(crypto::SignKeyPair::generate(world.random).public_key().view()));
    return true;
  };
  bool joined = false;
  kim.on_request = [&](v1::Request& r) { return !(joined = joined || r.has_join_invite()); };
  EXPECT_FALSE(kim.ok(enrol_words(made.words(), 1, "Kim")));
  EXPECT_EQ(kim.finished().error(), "wrong_server");
  EXPECT_FALSE(joined);
}

TEST_F(Invitation, T1_altered_i_or_j_is_refused) {
  kim.on_frame = [](v1::ServerFrame& f) {
    if (f.has_claimed_invite()) (*f.mutable_claimed_invite()->mutable_sealed_i())[80] ^= 1;
    return true;
  };
  EXPECT_FALSE(kim.ok(enrol(to_bytes(view(made.code())), "Kim")));
  EXPECT_EQ(kim.finished().error(), "not_trusted");
  tell_joined("something else");
  EXPECT_TRUE(carin.warned("join_not_trusted"));
  EXPECT_EQ(state(), 1u) << "whoever has no key cannot use the invitation up";
}

TEST_F(Invitation, words_that_differ_pin_nothing) {
  ASSERT_TRUE(kim.ok(enrol(to_bytes(view(made.code())), "Kim")));
  EXPECT_FALSE(kim.ok(confirm(made.invite_id(), false)));
  EXPECT_EQ(kim.finished().error(), "cancelled");
  EXPECT_TRUE(kim.warned("pairing_refused"));
  EXPECT_TRUE(carin.warned("pairing_refused_there"));
  EXPECT_FALSE(carin.ok(confirm(made.invite_id(), false))) << "there is nothing left to refuse";
  EXPECT_EQ(state(), 6u);
  EXPECT_EQ(carin.status().staff_size(), 1);
  EXPECT_FALSE(kim.ok(plain(v1::Command::kListInvites)));
  EXPECT_EQ(kim.finished().error(), "not_enrolled");
  ASSERT_TRUE(kim.reopen());
  // The phone is free for another invitation.
  EXPECT_TRUE(pair(carin, kim, 1, Role::mentor).ok);
}

TEST_F(Invitation, T19_what_the_joiner_refused_the_inviter_cannot_confirm) {
  ASSERT_TRUE(kim.ok(enrol(to_bytes(view(made.code())), "Kim")));
  EXPECT_FALSE(kim.ok(confirm(made.invite_id(), false)));
  EXPECT_EQ(kim.finished().detail(), "") << "the server knows it";
  EXPECT_TRUE(carin.warned("pairing_refused_there")) << "told without asking";
  EXPECT_FALSE(carin.ok(confirm(made.invite_id())));
  EXPECT_EQ(state(), 6u);
  EXPECT_EQ(carin.status().staff_size(), 1);
}

TEST_F(Invitation, T19_what_the_inviter_refused_the_joiner_cannot_confirm) {
  ASSERT_TRUE(kim.ok(enrol(to_bytes(view(made.code())), "Kim")));
  EXPECT_FALSE(carin.ok(confirm(made.invite_id(), false)));
  EXPECT_TRUE(kim.warned("pairing_refused_there"));
  EXPECT_FALSE(kim.ok(confirm(made.invite_id())));
  EXPECT_FALSE(kim.ok(plain(v1::Command::kListInvites)));
  EXPECT_EQ(kim.finished().error(), "not_enrolled");
}

// Whoever was not connected learns it at the next log-in, also with "confirmed" said before.
TEST_F(Invitation, T19_a_refusal_is_kept_for_who_was_away) {
  ASSERT_TRUE(kim.ok(enrol(to_bytes(view(made.code())), "Kim")));
  ASSERT_TRUE(carin.ok(confirm(made.invite_id())));
  carin.disconnect();
  EXPECT_FALSE(kim.ok(confirm(made.invite_id(), false)));
  ASSERT_TRUE(carin.reopen());
  carin.connect();
  world.advance(second);
  EXPECT_TRUE(carin.warned("pairing_refused_listed"));
  EXPECT_EQ(state(), 6u);
}

// The push is lost: whoever confirms asks first.
TEST_F(Invitation, T19_a_confirmation_asks_whether_the_other_side_refused) {
  const auto lose = [](v1::ServerFrame& f) { return !f.has_invite_refused(); };
  ASSERT_TRUE(kim.ok(enrol(to_bytes(view(made.code())), "Kim")));
  kim.on_frame = lose;
  EXPECT_FALSE(carin.ok(confirm(made.invite_id(), false)));
  EXPECT_FALSE(kim.ok(confirm(made.invite_id())));
  EXPECT_EQ(kim.finished().error(), "cancelled");
  EXPECT_EQ(kim.finished().detail(), "refused_there");

  Phone& lea = world.add("Lea");
  ASSERT_TRUE(carin.ok(invite(1, Role::mentor)));
  const auto other = carin.last(v1::Event::kInviteMade)->invite_made();
  ASSERT_TRUE(lea.ok(enrol(to_bytes(view(other.code())), "Lea")));
  carin.on_frame = lose;
  EXPECT_FALSE(lea.ok(confirm(other.invite_id(), false)));
  EXPECT_FALSE(carin.ok(confirm(other.invite_id())));
  EXPECT_EQ(carin.finished().error(), "cancelled");
  EXPECT_EQ(carin.finished().detail(), "refused_there");
  EXPECT_EQ(carin.status().staff_size(), 1);
}

// A server that hides it: the refusal holds on this side, and the person is told to tell the other.
TEST_F(Invitation, T19_a_refusal_that_the_server_does_not_take_holds_here) {
  ASSERT_TRUE(kim.ok(enrol(to_bytes(view(made.code())), "Kim")));
  const auto refuse = [](v1::ServerFrame& f) {
    if (f.has_done()) f.mutable_error()->set_code(v1::FORBIDDEN);
    return true;
  };
  kim.on_frame = refuse;
  EXPECT_FALSE(kim.ok(confirm(made.invite_id(), false)));
  EXPECT_EQ(kim.finished().error(), "cancelled");
  EXPECT_EQ(kim.finished().detail(), "not_told");
  EXPECT_FALSE(kim.ok(confirm(made.invite_id())));
}

TEST_F(Invitation, T16_nobody_is_confirmed_in_another_role) {
  ASSERT_TRUE(kim.ok(enrol(to_bytes(view(made.code())), "Kim")));
  v1::Command c = confirm(made.invite_id());
  c.mutable_confirm_pairing()->set_role(static_cast<std::uint32_t>(Role::coordinator));
  EXPECT_FALSE(carin.ok(c));
  EXPECT_EQ(carin.finished().error(), "bad_argument");
}

TEST_F(Invitation, M1_a_crash_between_claim_and_join_changes_nothing) {
  int dropped = 0;
  // The reply to the claim, then that to the join, is lost with the connection.
  kim.on_frame = [&](v1::ServerFrame& f) {
    const bool lose = (f.has_claimed_invite() && dropped == 0) || (f.has_done() && dropped == 1);
    if (lose) ++dropped;
    return !lose;
  };
  for (int i = 0; i < 2; ++i) {
    (void)kim.run(enrol(to_bytes(view(made.code())), "Kim"));
    kim.disconnect();
    ASSERT_TRUE(kim.reopen());
  }
  EXPECT_EQ(dropped, 2);
  EXPECT_TRUE(kim.ok(enrol(to_bytes(view(made.code())), "Kim"))) << kim.finished().error();
  EXPECT_TRUE(kim.ok(confirm(made.invite_id())));
  EXPECT_TRUE(carin.ok(confirm(made.invite_id())));
}

TEST_F(Invitation, T19_a_join_that_is_refused_leaves_a_fresh_phone) {
  bool refused = false;
  kim.on_frame = [&](v1::ServerFrame& f) {
    if (f.has_done() && !refused) {
      refused = true;
      f.mutable_error()->set_code(v1::INVITE_GONE);
    }
    return true;
  };
  EXPECT_FALSE(kim.ok(enrol(to_bytes(view(made.code())), "Kim")));
  EXPECT_EQ(kim.finished().error(), "invite_gone");
  world.advance(hour);
  EXPECT_FALSE(kim.ok(plain(v1::Command::kGetStatus)));
  EXPECT_EQ(kim.finished().error(), "not_enrolled");
  for (const auto& [key, value] : kim.values()) EXPECT_EQ(key.rfind("warned/", 0), 0u) << key;
  EXPECT_TRUE(pair(carin, kim, 1, Role::mentor).ok);
}

TEST_F(Invitation, T34_only_the_keeper_invites_staff_and_only_staff_participants) {
  ASSERT_TRUE(kim.ok(enrol(to_bytes(view(made.code())), "Kim")));
  ASSERT_TRUE(kim.ok(confirm(made.invite_id())));
  EXPECT_FALSE(kim.ok(invite(2, Role::participant))) << "not in the directory yet";
  ASSERT_TRUE(carin.ok(confirm(made.invite_id())));
  world.advance(minute);
  EXPECT_FALSE(kim.ok(invite(1, Role::mentor)));
  EXPECT_EQ(kim.finished().error(), "not_yours");
  EXPECT_TRUE(kim.ok(invite(2, Role::participant)));
  EXPECT_FALSE(kim.ok(create_desk()));
}

}  // namespace
}  // namespace livlina::testing::sim

// Invitations: made, claimed once, joined, refused by one of the two.
#include <gtest/gtest.h>

#include "crypto/e2ee/invite.hpp"
#include "server/store/accounts.hpp"
#include "tests/services/served_town.hpp"

namespace livlina::server {
namespace {

using crypto::InvitePurpose;
using testing::Connection;
using testing::Harness;
using testing::Person;
using testing::Town;
using v1::ServerFrame;

struct TestInvite {
  crypto::InviteKeys keys;
  int purpose;
  ClaimId claim;
};

class Invite : public testing::ServedTown {
 protected:
  TestInvite fresh(int purpose) {
    return {crypto::invite_keys(static_cast<InvitePurpose>(purpose), town.random.secret<16>()),
            purpose, testing::random_id<ClaimId>(town.random)};
  }
  v1::Request create(const TestInvite& i, Duration life) {
    v1::Request out;
    auto& c = *out.mutable_create_invite();
    c.set_invite_id(to_string(i.keys.invite_id.view()));
    c.set_auth_hash(to_string(ByteView(crypto::sha256(i.keys.auth.expose()))));
    c.set_purpose(static_cast<std::uint32_t>(i.purpose));
    c.set_expires_at(town.now + life);
    c.set_sealed_i("sealed I");
    return out;
  }
  v1::Request claim(const TestInvite& i) {
    v1::Request out;
    auto& c = *out.mutable_claim_invite();
    c.set_invite_id(to_string(i.keys.invite_id.view()));
    c.set_auth(to_string(i.keys.auth.expose()));
    c.set_claim_id(to_string(i.claim.view()));
    return out;
  }
  v1::Request join(const TestInvite& i, const Person& p) {
    v1::Request out;
    auto& j = *out.mutable_join_invite();
    j.set_invite_id(to_string(i.keys.invite_id.view()));
    j.set_auth(to_string(i.keys.auth.expose()));
    j.set_claim_id(to_string(i.claim.view()));
    j.set_sealed_j("sealed J");
    j.set_device_list(to_string(ByteView(p.list_record)));
    j.set_spk_record(to_string(ByteView(p.spk_record(1, town.now, town.random))));
    if (i.purpose == 2) j.set_shadow_mark(to_string(ByteView(p.shadow_mark())));
    for (std::uint32_t n = 1; n <= 3; ++n) {
      auto& key = *j.add_one_time();
      key.set_id(n);
      key.set_key(to_string(testing::random_dh(town.random).view()));
    }
    return out;
  }
  // An open invite of the mentor for a participant, claimed.
  TestInvite claimed(int purpose) {
    auto i = fresh(purpose);
    auto& inviter =
        server->online(purpose == 1 ? town.coordinator.primary() : town.mentor.primary());
    EXPECT_EQ(server->code(inviter, create(i, 10 * minute)), 0);
    EXPECT_EQ(server->code(server->connect(), claim(i)), 0);
    return i;
  }
  v1::Request get(const TestInvite& i) {
    v1::Request out;
    out.mutable_get_invite()->set_invite_id(to_string(i.keys.invite_id.view()));
    return out;
  }
};

TEST_F(Invite, T19_participant_joins_once_and_the_inviter_is_told) {
  auto i = fresh(2);
  Connection& mentor = server->online(town.mentor.primary());
  ASSERT_EQ(server->code(mentor, create(i, 15 * minute)), 0);
  EXPECT_EQ(server->ask(mentor, get(i)).invite_state().state(), 1U);
  Connection& phone = server->connect();
  EXPECT_EQ(server->ask(phone, claim(i)).claimed_invite().sealed_i(), "sealed I");
  EXPECT_EQ(server->ask(mentor, get(i)).invite_state().state(), 2U);

  auto participant = testing::make_participant(town.random, town.now);
  const auto request = join(i, participant);
  ASSERT_EQ(server->ask(phone, request).body_case(), ServerFrame::kDone);
  EXPECT_EQ(mentor.take(ServerFrame::kInviteJoined)->invite_joined().sealed_j(), "sealed J");
  EXPECT_EQ(server->ask(mentor, get(i)).invite_state().state(), 3U);
  EXPECT_EQ(server->ask(mentor, get(i)).invite_state().sealed_j(), "sealed J");

  // The account, its devices and prekeys are there, and the mark says which is the shadow.
  const auto row = store::Accounts(town.db).device(participant.shadow().id());
  ASSERT_TRUE(row);
  EXPECT_TRUE(row->shadow);
  EXPECT_EQ(server->log_in(phone, participant.primary()).welcome().one_time_keys_left(), 3U);

  // The same request again, and again by somebody else.
  Connection& again = server->connect();
  const std::string before = testing::dump(town.db);
  EXPECT_EQ(server->code(again, request), 0) << "I9: a repeat gets its answer";
  EXPECT_EQ(server->code(again, join(i, testing::make_participant(town.random, town.now))),
            v1::INVITE_GONE);
  EXPECT_EQ(testing::dump(town.db), before);
}

TEST_F(Invite, T24_one_that_lacks_a_part_is_malformed) {
  Connection& mentor = server->online(town.mentor.primary());
  const v1::Request whole = create(fresh(2), minute);
  auto without_i = whole;
  without_i.mutable_create_invite()->clear_sealed_i();
  auto short_id = whole;
  short_id.mutable_create_invite()->mutable_invite_id()->pop_back();
  auto long_hash = whole;
  long_hash.mutable_create_invite()->mutable_auth_hash()->push_back('x');
  const std::string before = testing::dump(town.db);
  for (const auto* request : {&without_i, &short_id, &long_hash})
    EXPECT_EQ(server->code(mentor, *request), v1::MALFORMED);
  EXPECT_EQ(testing::dump(town.db), before);
  EXPECT_EQ(server->code(mentor, whole), 0);
}

TEST_F(Invite, T19_second_claim_is_refused_and_the_first_may_repeat) {
  auto i = claimed(2);
  auto other = i.claim;
  Connection& c = server->connect();
  EXPECT_EQ(server->ask(c, claim(i)).claimed_invite().sealed_i(), "sealed I");
  i.claim.bytes[0] ^= 1;
  EXPECT_EQ(server->code(c, claim(i)), v1::INVITE_GONE);
  EXPECT_EQ(server->code(c, join(i, testing::make_participant(town.random, town.now))),
            v1::INVITE_GONE);
  i.claim = other;
  EXPECT_EQ(server->code(c, claim(i)), 0);
}

TEST_F(Invite, T19_late_claim_and_late_join_are_refused) {
  auto i = claimed(2);
  town.now += 10 * minute;
  Connection& c = server->connect();
  EXPECT_EQ(server->code(c, claim(i)), v1::INVITE_GONE);
  EXPECT_EQ(server->code(c, join(i, testing::make_participant(town.random, town.now))),
            v1::INVITE_GONE);
}

TEST_F(Invite, T19_join_without_claim_is_refused) {
  auto i = fresh(2);
  ASSERT_EQ(server->code(server->online(town.mentor.primary()), create(i, minute)), 0);
  EXPECT_EQ(
      server->code(server->connect(), join(i, testing::make_participant(town.random, town.now))),
      v1::INVITE_GONE);
}

TEST_F(Invite, T19_another_purpose_has_another_id_and_its_rules) {
  // The same words for another purpose name an invite that is not there.
  auto secret = town.random.secret<16>();
  TestInvite staff{crypto::invite_keys(InvitePurpose::staff, secret), 1,
                   testing::random_id<ClaimId>(town.random)};
  TestInvite link{crypto::invite_keys(InvitePurpose::link, secret), 1, staff.claim};
  Connection& desk = server->online(town.coordinator.primary());
  ASSERT_EQ(server->code(desk, create(staff, hour)), 0);
  Connection& c = server->connect();
  EXPECT_EQ(server->code(c, claim(link)), v1::INVITE_GONE);
  ASSERT_EQ(server->code(c, claim(staff)), 0);
  // A staff code makes no participant: two devices with a shadow's mark are refused.
  auto participant = testing::make_participant(town.random, town.now);
  auto request = join(staff, participant);
  request.mutable_join_invite()->set_shadow_mark(to_string(ByteView(participant.shadow_mark())));
  EXPECT_EQ(server->code(c, request), v1::BAD_RECORD);
  // T20: links and recoveries cannot be made at all.
  for (const int purpose : {0, 3, 4}) {
    auto i = fresh(purpose);
    EXPECT_EQ(server->code(desk, create(i, minute)), v1::MALFORMED);
  }
}

TEST_F(Invite, T23_wrong_proof_wrong_size_and_unknown_invite_get_the_same_answer) {
  auto i = fresh(2);
  ASSERT_EQ(server->code(server->online(town.mentor.primary()), create(i, minute)), 0);
  std::vector<v1::Request> wrong{claim(fresh(2)), claim(i), claim(i), claim(i)};
  (*wrong[1].mutable_claim_invite()->mutable_auth())[0] ^= 1;
  wrong[2].mutable_claim_invite()->set_auth("short");
  wrong[3].mutable_claim_invite()->set_claim_id("");
  std::set<std::string> answers;
  for (auto& request : wrong) {
    auto reply = server->ask(server->connect(), request);
    reply.set_id(0);
    answers.insert(reply.SerializeAsString());
  }
  EXPECT_EQ(answers.size(), 1U);
  EXPECT_EQ(server->ask(server->online(town.mentor.primary()), get(i)).invite_state().state(), 1U);
}

TEST_F(Invite, T19_expiry_has_its_bounds) {
  Connection& mentor = server->online(town.mentor.primary());
  Connection& desk = server->online(town.coordinator.primary());
  EXPECT_EQ(server->code(mentor, create(fresh(2), 17 * minute)), v1::BAD_TIMES);
  EXPECT_EQ(server->code(mentor, create(fresh(2), 0)), v1::BAD_TIMES);
  EXPECT_EQ(server->code(desk, create(fresh(1), 24 * hour + 2 * minute)), v1::BAD_TIMES);
  EXPECT_EQ(server->code(desk, create(fresh(1), 24 * hour)), 0);
}

TEST_F(Invite, T34_who_may_invite_whom) {
  Connection& mentor = server->online(town.mentor.primary());
  EXPECT_EQ(server->code(mentor, create(fresh(1), minute)), v1::FORBIDDEN)
      << "staff is invited by coordinators";
  // No longer listed: no invitations.
  Connection& desk = server->online(town.coordinator.primary());
  const v1::Request directory =
      put_directory(town.desk.next_directory({{&town.coordinator, Role::coordinator}}, town.now));
  ASSERT_EQ(server->code(desk, directory), 0);
  EXPECT_EQ(server->code(mentor, create(fresh(2), minute)), v1::FORBIDDEN);
  EXPECT_EQ(server->code(desk, create(fresh(2), minute)), 0);
}

TEST_F(Invite, T16_join_with_borrowed_or_contradicting_records_is_refused) {
  auto i = claimed(2);
  const auto one = testing::make_participant(town.random, town.now);
  const auto other = testing::make_participant(town.random, town.now);
  const auto code = [&](auto change) {
    auto request = join(i, one);
    change(*request.mutable_join_invite());
    return server->code(server->connect(), request);
  };
  const std::string before = testing::dump(town.db);
  EXPECT_EQ(code([&](auto& j) { j.set_shadow_mark(to_string(ByteView(other.shadow_mark()))); }),
            v1::BAD_RECORD)
      << "a mark of another account";
  EXPECT_EQ(code([&](auto& j) { j.clear_shadow_mark(); }), v1::BAD_RECORD);
  EXPECT_EQ(code([&](auto& j) {
              j.set_spk_record(to_string(ByteView(other.spk_record(1, town.now, town.random))));
            }),
            v1::BAD_RECORD)
      << "a prekey of another's device";
  EXPECT_EQ(code([&](auto& j) {
              j.set_spk_record(to_string(ByteView(one.spk_record(1, town.now, town.random, 1))));
            }),
            v1::BAD_RECORD)
      << "a shadow publishes no prekeys";
  EXPECT_EQ(
      code([&](auto& j) { j.set_device_list(to_string(ByteView(town.participant.list_record))); }),
      v1::BAD_RECORD)
      << "an account that exists, with a mark that is not its own";
  auto list = one.list;
  list.version = 2;
  list.prev = crypto::sha256(one.list_record);
  EXPECT_EQ(code([&](auto& j) {
              j.set_device_list(to_string(ByteView(sign_device_list(list, one.account))));
            }),
            v1::BAD_RECORD)
      << "a first sight at a later version";
  EXPECT_EQ(code([&](auto& j) { j.mutable_one_time(0)->set_key(std::string(32, '\0')); }),
            v1::BAD_RECORD)
      << "T13: a small-order point";
  EXPECT_EQ(testing::dump(town.db), before);
  EXPECT_EQ(code([](auto&) {}), 0);
}

TEST_F(Invite, T16_account_or_device_that_exists_does_not_join_again) {
  auto i = claimed(1);
  Person thief = testing::make_person(town.random, town.now);
  EXPECT_EQ(server->code(server->connect(), join(i, town.contact)), v1::CONFLICT);
  // Somebody else's device under an own account.
  auto list = thief.list;
  list.devices = {town.contact.primary().device};
  thief.list_record = sign_device_list(list, thief.account);
  thief.devices[0] = {town.contact.primary().sig.copy(), town.contact.primary().device};
  EXPECT_EQ(server->code(server->connect(), join(i, thief)), v1::CONFLICT);
}

TEST_F(Invite, T23_state_of_anothers_invite_and_of_none_get_the_same_answer) {
  auto i = claimed(2);
  Connection& other = server->online(town.other_mentor.primary());
  EXPECT_EQ(server->code(other, get(i)), v1::FORBIDDEN);
  EXPECT_EQ(server->code(other, get(fresh(2))), v1::FORBIDDEN);
}

TEST_F(Invite, M4_invites_are_forgotten_with_what_they_linked) {
  auto i = claimed(2);
  auto participant = testing::make_participant(town.random, town.now);
  ASSERT_EQ(server->code(server->connect(), join(i, participant)), 0);
  town.now += 7 * day + hour;
  server->settle();
  EXPECT_FALSE(town.db.query("SELECT 1 FROM invite").step());
}

// ---- one of the two says that the safety words differ ----

struct Refusal : Invite {
  v1::Request refuse(const TestInvite& i) {
    v1::Request out;
    out.mutable_refuse_invite()->set_invite_id(to_string(i.keys.invite_id.view()));
    return out;
  }
  bool told(Connection& c, const TestInvite& i) {
    const auto frame = c.take(ServerFrame::kInviteRefused);
    return frame && frame->invite_refused().invite_id() == to_string(i.keys.invite_id.view());
  }
};

TEST_F(Refusal, T19_either_side_ends_the_pairing_for_both_and_the_other_is_told) {
  for (const int purpose : {1, 2})
    for (const bool by_inviter : {true, false}) {
      const TestInvite i = claimed(purpose);
      auto joined = purpose == 2 ? testing::make_participant(town.random, town.now)
                                 : testing::make_person(town.random, town.now);
      auto& host = purpose == 1 ? town.coordinator : town.mentor;
      Connection& theirs = server->online(host.primary());
      ASSERT_EQ(server->code(theirs, refuse(i)), v1::FORBIDDEN) << "nobody has joined";
      ASSERT_EQ(server->code(server->connect(), join(i, joined)), 0);
      Connection& ours = server->online(joined.primary());
      EXPECT_EQ(server->ask(ours, get(i)).invite_state().state(), 3U);
      Connection& stranger = server->online(town.contact.primary());
      EXPECT_EQ(server->code(stranger, refuse(i)), v1::FORBIDDEN) << "T23: as if there were none";
      Connection& who = by_inviter ? theirs : ours;
      Connection& other = by_inviter ? ours : theirs;
      ASSERT_EQ(server->code(who, refuse(i)), 0);
      server->settle();
      EXPECT_TRUE(told(other, i)) << purpose << by_inviter;
      EXPECT_FALSE(told(who, i));
      EXPECT_EQ(server->ask(other, get(i)).invite_state().state(), 5U);
      const std::string before = testing::dump(town.db);
      EXPECT_EQ(server->code(who, refuse(i)), 0) << "I9: a repeat gets its answer";
      EXPECT_EQ(testing::dump(town.db), before);
      if (purpose == 1) continue;
      v1::Request confirm;
      confirm.mutable_put_confirm()->set_record(to_string(ByteView(protocol::sign_confirm(
          {{}, testing::random_id<CircleId>(town.random), joined.key(), host.key()},
          host.account))));
      const auto reply = server->ask(theirs, confirm);
      EXPECT_EQ(reply.error().code(), v1::WRONG_STATE) << "nobody confirms it any more";
      EXPECT_EQ(reply.error().detail(), "refused");
      EXPECT_EQ(testing::dump(town.db), before);
    }
}

}  // namespace
}  // namespace livlina::server

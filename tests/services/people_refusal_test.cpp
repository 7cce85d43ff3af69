// A pairing that was refused after the inviter's Confirm: no circle comes of it.
#include <gtest/gtest.h>

#include "server/store/circles.hpp"
#include "server/store/invites.hpp"
#include "tests/services/served_town.hpp"

namespace livlina::server {
namespace {

using testing::Connection;
using testing::Person;

class RefusedPairing : public testing::ServedTown {
 protected:
  RefusedPairing()
      : joined(testing::make_participant(town.random, town.now)),
        circle(testing::make_circle(town.random, joined, town.desk.key(),
                                    town.circle.manifest.lines, town.now)) {
    testing::install_account(town.db, joined, 2, false);
    row.id = testing::random_id<InviteId>(town.random);
    row.purpose = 2;
    row.expires_at = town.now + minute;
    row.inviter = town.mentor.key().bytes();
    store::Invites(town.db).add(row, town.now + day);
    EXPECT_TRUE(store::Invites(town.db).join(row.id, joined.key().bytes(), {}, town.now + day));
  }
  v1::Request confirm() {
    v1::Request out;
    out.mutable_put_confirm()->set_record(to_string(ByteView(protocol::sign_confirm(
        {{}, circle.id, joined.key(), town.mentor.key()}, town.mentor.account))));
    return out;
  }
  v1::Request manifest() {
    v1::Request out;
    out.mutable_put_manifest()->set_record(to_string(ByteView(circle.manifest_record)));
    return out;
  }
  v1::Request refuse() {
    v1::Request out;
    out.mutable_refuse_invite()->set_invite_id(to_string(row.id.view()));
    return out;
  }
  Connection& mentor() { return server->online(town.mentor.primary()); }
  Connection& phone() { return server->online(joined.primary()); }

  Person joined;
  store::InviteRow row;
  testing::TestCircle circle;
};

TEST_F(RefusedPairing, T19_the_first_manifest_of_a_refused_pairing_is_refused) {
  for (const bool by_inviter : {true, false}) {
    if (!by_inviter) town.db.run("UPDATE invite SET refused = 0");
    ASSERT_EQ(server->code(mentor(), confirm()), 0);
    ASSERT_EQ(server->code(by_inviter ? mentor() : phone(), refuse()), 0);
    EXPECT_FALSE(store::Circles(town.db).confirm(circle.id)) << "nobody may go by it any more";
    Connection& theirs = phone();
    const std::string before = testing::dump(town.db);
    const auto reply = server->ask(theirs, manifest());
    EXPECT_EQ(reply.error().code(), v1::WRONG_STATE) << by_inviter;
    EXPECT_EQ(reply.error().detail(), "pairing_refused");
    EXPECT_EQ(testing::dump(town.db), before);
  }
}

// A Confirm that stands all the same (of a database of before) opens no circle either.
TEST_F(RefusedPairing, T19_a_confirm_beside_the_refusal_opens_no_circle) {
  ASSERT_EQ(server->code(mentor(), confirm()), 0);
  town.db.run("UPDATE invite SET refused = 1");
  EXPECT_EQ(server->code(phone(), manifest()), v1::WRONG_STATE);
}

// Nothing calls back what the participant has signed: the circle goes on.
TEST_F(RefusedPairing, T19_a_circle_that_was_signed_before_stays) {
  ASSERT_EQ(server->code(mentor(), confirm()), 0);
  ASSERT_EQ(server->code(phone(), manifest()), 0);
  ASSERT_EQ(server->code(phone(), refuse()), 0);
  EXPECT_TRUE(store::Circles(town.db).confirm(circle.id));
  EXPECT_EQ(server->code(phone(), manifest()), 0) << "I9: a repeat gets its answer";
  v1::Request next;
  next.mutable_put_manifest()->set_record(
      to_string(ByteView(circle.next_manifest(joined, {}, false, town.now))));
  EXPECT_EQ(server->code(phone(), next), 0) << "dropping people is never refused";
}

}  // namespace
}  // namespace livlina::server

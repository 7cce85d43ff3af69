// Open invitations of one account are bounded, and each that ends makes room.
#include <gtest/gtest.h>

#include "tests/services/served_town.hpp"

namespace livlina::server {
namespace {

using testing::Connection;
using testing::Harness;

class InviteLimit : public testing::ServedTown {
 protected:
  v1::Request create(Duration life) {
    v1::Request out;
    auto& c = *out.mutable_create_invite();
    c.set_invite_id(to_string(testing::random_id<InviteId>(town.random).view()));
    c.set_auth_hash(std::string(32, 'h'));
    c.set_purpose(2);
    c.set_expires_at(town.now + life);
    c.set_sealed_i("sealed");
    return out;
  }
};

TEST_F(InviteLimit, T26_open_invites_of_one_account_are_bounded) {
  Settings few;
  few.open_invites = 3;
  town.settings = few;
  Harness h(town.db, town.random, town.now, few);
  Connection& mentor = h.online(town.mentor.primary());
  const v1::Request first = create(5 * minute);
  ASSERT_EQ(h.code(mentor, first), 0);
  ASSERT_EQ(h.code(mentor, create(10 * minute)), 0);
  ASSERT_EQ(h.code(mentor, create(10 * minute)), 0);
  const v1::ServerFrame refused = h.ask(mentor, create(10 * minute));
  EXPECT_EQ(refused.error().code(), v1::NOT_READY);
  EXPECT_EQ(refused.error().detail(), "open_invites");
  EXPECT_EQ(refused.error().retry_after_ms(), 5U * minute) << "the first one's end";
  EXPECT_EQ(h.code(mentor, first), 0) << "a repeat gets its answer";
  EXPECT_EQ(h.code(h.online(town.contact.primary()), create(10 * minute)), 0)
      << "others' are others'";
  town.now += 5 * minute;
  EXPECT_EQ(h.code(mentor, create(10 * minute)), 0);
  EXPECT_EQ(h.code(mentor, create(10 * minute)), v1::NOT_READY);
}

}  // namespace
}  // namespace livlina::server

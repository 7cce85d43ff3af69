// T34 and T23 over the router's own table: a well-formed request of every operation by everybody,
// through a whole server. Who may gets it; who may not changes nothing, learns nothing, and is
// answered as if what they ask about did not exist.
#include <gtest/gtest.h>

#include "tests/services/asked_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using Q = v1::Request;

bool may(const Route& route, unsigned asker) { return (route.may & asker) != 0; }

// Nobody but the asker's own things can be named in these: another's are passed over.
bool about_ones_own(Q::OpCase op) {
  return op == Q::kAckDeliveries || op == Q::kReceiptNotices || op == Q::kListCircles;
}

// The code with which somebody is refused who may not.
int refusal(const Route& route, unsigned asker) {
  if (route.stage == Stage::before_login) return v1::WRONG_STATE;
  if (asker == asker_bit::stranger) return v1::NOT_LOGGED_IN;
  if (about_ones_own(route.op)) return 0;
  // A prekey that another device has signed; a circle that is none to this participant.
  if (route.op == Q::kPutPrekeys) return v1::BAD_RECORD;
  if (route.op == Q::kPutManifest && asker == asker_bit::neighbour) return v1::CONFLICT;
  return v1::FORBIDDEN;
}

int code(const v1::ServerFrame& reply) {
  return reply.has_error() ? static_cast<int>(reply.error().code()) : 0;
}

class Askers : public ::testing::TestWithParam<std::size_t> {
 protected:
  const Route& route = routes()[GetParam()];
};

TEST_P(Askers, T34_T23_who_may_not_changes_nothing_and_cannot_tell_what_is_there) {
  AskedTown place;
  for (unsigned i = 0; i < asker_bit::count; ++i) {
    const unsigned asker = 1U << i;
    if (may(route, asker)) continue;
    SCOPED_TRACE(std::string(route.name) + " by " + asker_name(i));
    const Asked real = place.ask_about(route.op, asker, true);
    const Asked none = place.ask_about(route.op, asker, false);
    place.server.server->settle();
    const std::string before = dump(place.town.db);
    const auto to_real = place.answer(asker, real.request);
    EXPECT_TRUE(dump(place.town.db) == before) << "nothing is changed";
    const auto to_none = place.answer(asker, none.request);
    EXPECT_TRUE(dump(place.town.db) == before);
    EXPECT_EQ(to_real.SerializeAsString(), to_none.SerializeAsString())
        << to_real.ShortDebugString() << " / " << to_none.ShortDebugString();
    EXPECT_EQ(code(to_real), refusal(route, asker));
    if (!real.secret.empty())
      EXPECT_EQ(to_real.SerializeAsString().find(real.secret), std::string::npos);
  }
}

TEST_P(Askers, T34_who_may_gets_it) {
  for (unsigned i = 0; i < asker_bit::count; ++i) {
    const unsigned asker = 1U << i;
    if (!may(route, asker)) continue;
    SCOPED_TRACE(std::string(route.name) + " by " + asker_name(i));
    AskedTown place;
    const Asked real = place.ask_about(route.op, asker, true);
    place.server.server->settle();
    const std::string before = dump(place.town.db);
    const auto reply = place.answer(asker, real.request);
    EXPECT_FALSE(reply.has_error()) << reply.ShortDebugString();
    place.server.server->engine().finish(place.town.now);  // what waits for a commit
    // An acknowledgement needs no pretence: a shadow's is kept for no commit.
    const bool pretends = asker == asker_bit::shadow &&
                          (route.shadow == ShadowWay::pretend || route.op == Q::kAckDeliveries);
    if (pretends) {
      EXPECT_TRUE(dump(place.town.db) == before) << "a shadow's looks done";
    } else if (real.secret.empty()) {
      EXPECT_FALSE(dump(place.town.db) == before) << "it is done";
    }
    // Incidents of the participant are told to the phone's own realm only (I5).
    const bool kept = asker == asker_bit::shadow && route.op == Q::kListIncidents;
    if (!real.secret.empty())
      EXPECT_EQ(reply.SerializeAsString().find(real.secret) == std::string::npos, kept);
  }
}

// Its session has ended, and it never gets another.
TEST_P(Askers, T34_a_device_that_was_taken_off_its_list_is_asked_nothing_any_more) {
  AskedTown place;
  EXPECT_TRUE(place.of_revoked->closed);
  const Asked real = place.ask_about(route.op, asker_bit::mentor, true);
  place.server.server->settle();
  const std::string before = dump(place.town.db);
  v1::Request request = real.request;
  request.set_id(1'000'000);
  place.server.server->together({{place.of_revoked, request}});
  place.server.server->settle();
  EXPECT_FALSE(place.server.server->reply(*place.of_revoked, request.id()));
  EXPECT_TRUE(dump(place.town.db) == before);
  if (route.op != Q::kLogin) return;
  auto nobody = make_device(place.town.random);
  const auto answer = [&](TestDevice& device) {
    auto reply = place.server.server->log_in(place.server.server->connect(), device);
    reply.set_id(0);
    return reply;
  };
  const auto refused = answer(place.revoked);
  EXPECT_EQ(code(refused), v1::LOGIN_REFUSED);
  EXPECT_EQ(refused.SerializeAsString(), answer(nobody).SerializeAsString()) << "T23";
  EXPECT_TRUE(dump(place.town.db) == before);
}

INSTANTIATE_TEST_SUITE_P(Router, Askers, ::testing::Range<std::size_t>(0, routes().size()),
                         [](const auto& tested) { return routes()[tested.param].name; });

// What stands in a row is what the specification says to somebody: nobody from another desk and
// nobody who has left gets anything of a circle, and who runs the desk does not sign for people.
TEST(AskersTable, T34_the_rows_say_what_was_meant) {
  constexpr unsigned outside = asker_bit::neighbour | asker_bit::far_mentor |
                               asker_bit::far_coordinator | asker_bit::dropped |
                               asker_bit::removed | asker_bit::founder;
  for (const Route& route : routes()) {
    const bool on_their_own = route.op == Q::kCreateInvite || route.op == Q::kPutDeskRoster;
    EXPECT_EQ(route.may & outside & ~(on_their_own ? outside : 0U), 0U) << route.name;
    EXPECT_NE(route.may, 0U) << route.name;
  }
  for (const auto op : {Q::kPutManifest, Q::kPutPlan, Q::kPostRecord, Q::kPutDeviceList})
    EXPECT_EQ(route_of(op).may, asker_bit::primary | asker_bit::shadow);
  EXPECT_EQ(route_of(Q::kPostAct).may & (asker_bit::primary | asker_bit::shadow), 0U);
  EXPECT_EQ(route_of(Q::kPostAct).may & asker_bit::uncertified, 0U);
}

}  // namespace
}  // namespace livlina::testing

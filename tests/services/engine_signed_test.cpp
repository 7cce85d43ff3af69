// T4 and T13 at the whole server: of every operation whatever is signed or proved, one byte off at
// each place, is refused and changes nothing; and keys that are no good points are stored by
// nobody.
#include <gtest/gtest.h>

#include "tests/services/asked_town.hpp"
#include "tests/support/bad_points.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using Q = v1::Request;

// A switch without a default: an operation that is not looked at here does not compile.
std::vector<std::string*> signed_parts(Q& q) {
  switch (q.op_case()) {
    case Q::kClaimInvite:
      return {q.mutable_claim_invite()->mutable_invite_id(),
              q.mutable_claim_invite()->mutable_auth()};
    case Q::kJoinInvite: {
      auto& join = *q.mutable_join_invite();
      return {join.mutable_invite_id(),   join.mutable_auth(),       join.mutable_claim_id(),
              join.mutable_device_list(), join.mutable_spk_record(), join.mutable_shadow_mark()};
    }
    case Q::kPutDeviceList:
      return {q.mutable_put_device_list()->mutable_record()};
    case Q::kPutPrekeys:
      return {q.mutable_put_prekeys()->mutable_spk_record()};
    case Q::kPutDeskRoster:
      return {q.mutable_put_desk_roster()->mutable_record()};
    case Q::kPutStaffDirectory:
      return {q.mutable_put_staff_directory()->mutable_record()};
    case Q::kPutConfirm:
      return {q.mutable_put_confirm()->mutable_record()};
    case Q::kPutManifest:
      return {q.mutable_put_manifest()->mutable_record()};
    case Q::kPutPlan:
      return {q.mutable_put_plan()->mutable_record(), q.mutable_put_plan()->mutable_approval()};
    case Q::kPostRecord:
      return {q.mutable_post_record()->mutable_record()};
    case Q::kPostAct:
      return {q.mutable_post_act()->mutable_record()};
    case Q::kLogin:  // below: a refused one ends its connection
    case Q::kGetDeviceLists:
    case Q::kGetPrekeys:
    case Q::kGetDesk:
    case Q::kCreateInvite:
    case Q::kGetInvite:
    case Q::kRefuseInvite:
    case Q::kGetCircle:
    case Q::kListCircles:
    case Q::kPostMessage:
    case Q::kAckDeliveries:
    case Q::kGetOccurrences:
    case Q::kListIncidents:
    case Q::kGetIncident:
    case Q::kReceiptNotices:
    case Q::OP_NOT_SET:
      return {};
  }
  return {};
}

// The first who may ask this.
unsigned asker_of(const Route& route) {
  unsigned asker = 1;
  while ((route.may & asker) == 0) asker <<= 1;
  return asker;
}

class SignedParts : public ::testing::TestWithParam<std::size_t> {
 protected:
  const Route& route = routes()[GetParam()];
};

TEST_P(SignedParts, T4_one_byte_off_is_refused_and_changes_nothing) {
  AskedTown place;
  const unsigned asker = asker_of(route);
  Q request = place.ask_about(route.op, asker, true).request;
  place.server.server->settle();
  const std::string before = dump(place.town.db);
  int refused = 0;
  for (std::string* part : signed_parts(request)) {
    ASSERT_FALSE(part->empty());
    for (std::size_t at = 0; at < part->size(); ++at) {
      const char kept = (*part)[at];
      (*part)[at] = static_cast<char>(kept ^ (1 << (at % 8)));
      EXPECT_NE(place.server.server->code(place.connection(asker), request), 0) << "byte " << at;
      (*part)[at] = kept;
      ++refused;
    }
  }
  place.server.server->settle();
  EXPECT_TRUE(dump(place.town.db) == before);
  if (refused > 0) EXPECT_EQ(place.server.server->code(place.connection(asker), request), 0);
}

INSTANTIATE_TEST_SUITE_P(Router, SignedParts, ::testing::Range<std::size_t>(0, routes().size()),
                         [](const auto& tested) { return routes()[tested.param].name; });

TEST(SignedLogin, T4_one_byte_off_is_refused_and_changes_nothing) {
  AskedTown place;
  Harness& server = *place.server.server;
  TestDevice& device = place.town.other_mentor.primary();
  const std::string before = dump(place.town.db);
  constexpr std::size_t id = 16;
  constexpr std::size_t nonce = 32;
  constexpr std::size_t signature = 64;
  for (std::size_t i = 0; i < id + nonce + signature; ++i) {
    Connection& c = server.connect();
    Q request = server.login_request(c, device, 1);
    v1::Login& login = *request.mutable_login();
    std::string& part = i < id           ? *login.mutable_device_id()
                        : i < id + nonce ? *login.mutable_client_nonce()
                                         : *login.mutable_signature();
    const std::size_t at = i < id ? i : i < id + nonce ? i - id : i - id - nonce;
    part[at] = static_cast<char>(part[at] ^ (1 << (at % 8)));
    EXPECT_EQ(server.code(c, request), v1::LOGIN_REFUSED) << i;
    EXPECT_TRUE(c.closed);
  }
  EXPECT_TRUE(dump(place.town.db) == before);
  Connection& c = server.connect();
  EXPECT_EQ(server.code(c, server.login_request(c, device, 1)), 0);
}

TEST(OneTimeKeys, T13_what_is_no_good_point_is_stored_by_nobody) {
  AskedTown place;
  Q put;
  auto& key = *put.mutable_put_prekeys()->add_one_time();
  Q join = place.ask_about(Q::kJoinInvite, asker_bit::stranger, true).request;
  auto& first = *join.mutable_join_invite()->add_one_time();
  key.set_id(100);
  first.set_id(1);
  place.server.server->settle();
  const std::string before = dump(place.town.db);
  for (const char* point : bad_points) {
    key.set_key(to_string(unhex(point)));
    first.set_key(key.key());
    EXPECT_EQ(place.answer(asker_bit::primary, put).error().code(), v1::BAD_RECORD) << point;
    EXPECT_EQ(place.answer(asker_bit::stranger, join).error().code(), v1::BAD_RECORD) << point;
  }
  EXPECT_TRUE(dump(place.town.db) == before);
}

}  // namespace
}  // namespace livlina::testing

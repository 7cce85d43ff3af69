// Permissions: the router's own table, every operation by everybody who may not do it.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "server/engine/router.hpp"
#include "server/store/invites.hpp"
#include "server/store/notifications.hpp"
#include "tests/services/served_town.hpp"

namespace livlina::server {
namespace {

using testing::Connection;
using testing::Harness;
using testing::Person;
using testing::Town;
using v1::ServerFrame;

// An empty request of this operation: who may not do it must not even have it looked at.
v1::Request empty_request(v1::Request::OpCase op) {
  v1::Request out;
  // Field number and wire type 2, length 0: what any client could send.
  std::string wire;
  const auto tag = (static_cast<std::uint32_t>(op) << 3) | 2;
  wire.push_back(static_cast<char>((tag & 0x7f) | (tag > 0x7f ? 0x80 : 0)));
  if (tag > 0x7f) wire.push_back(static_cast<char>(tag >> 7));
  wire.push_back('\0');
  EXPECT_TRUE(out.ParseFromString(wire));
  EXPECT_EQ(out.op_case(), op);
  return out;
}

struct Actor {
  const char* name;
  testing::TestDevice* device;
  unsigned roles;
};

class RouterTable : public testing::ServedTown {
 protected:
  RouterTable()
      : relative(testing::make_person(town.random, town.now)),
        founder(testing::make_person(town.random, town.now)) {
    testing::install_account(town.db, relative, 1, false);
    testing::install_account(town.db, founder, 1, true);
  }
  std::vector<Actor> actors() {
    using namespace role_bit;
    return {{"participant", &town.participant.primary(), participant},
            {"shadow", &town.participant.shadow(), participant},
            {"relative", &relative.primary(), supporter},
            {"mentor", &town.mentor.primary(), supporter | staff},
            {"coordinator", &town.coordinator.primary(), supporter | staff | coordinator | setup},
            {"founder", &founder.primary(), supporter | setup}};
  }
  testing::Person relative, founder;
};

TEST_F(RouterTable, T34_every_operation_by_every_role_that_may_not_do_it) {
  int refused = 0;
  for (const Actor& actor : actors()) {
    Connection& c = server->online(*actor.device);
    server->settle();
    for (const Route& route : routes()) {
      const bool may = route.stage == Stage::after_login && (route.roles & actor.roles) != 0;
      if (may) continue;
      const std::string before = testing::dump(town.db);
      const int expected = route.stage == Stage::before_login ? v1::WRONG_STATE : v1::FORBIDDEN;
      EXPECT_EQ(server->code(c, empty_request(route.op)), expected)
          << actor.name << " " << route.name;
      EXPECT_EQ(testing::dump(town.db), before) << actor.name << " " << route.name;
      ++refused;
    }
  }
  EXPECT_GT(refused, 40);
}

TEST_F(RouterTable, T34_every_operation_before_login) {
  Connection& c = server->connect();
  const std::string before = testing::dump(town.db);
  for (const Route& route : routes()) {
    if (route.stage == Stage::before_login) continue;
    EXPECT_EQ(server->code(c, empty_request(route.op)), v1::NOT_LOGGED_IN) << route.name;
  }
  EXPECT_EQ(testing::dump(town.db), before);
}

TEST_F(RouterTable, T34_table_has_every_operation_once_and_names_them) {
  std::set<int> ops;
  std::set<std::string> names;
  for (const Route& route : routes()) {
    EXPECT_TRUE(ops.insert(static_cast<int>(route.op)).second) << route.name;
    EXPECT_TRUE(names.insert(route.name).second) << route.name;
    EXPECT_EQ(&route_of(route.op), &route);
    EXPECT_EQ(route.stage == Stage::before_login, route.roles == 0) << route.name;
    EXPECT_EQ(route.handler == nullptr, route.op == v1::Request::kLogin) << route.name;
  }
}

// ---- a participant's shadow ----

class ShadowRoutes : public RouterTable {
 protected:
  // One request for each operation that would change something for others, or for the primary.
  std::map<v1::Request::OpCase, v1::Request> effective() {
    Person& p = town.participant;
    std::map<v1::Request::OpCase, v1::Request> out;
    const auto text = [](const Bytes& record) { return to_string(ByteView(record)); };
    out[v1::Request::kPutDeviceList].mutable_put_device_list()->set_record(
        text(p.next_list(town.now, town.random)));
    auto& prekeys = *out[v1::Request::kPutPrekeys].mutable_put_prekeys();
    prekeys.set_spk_record(text(p.spk_record(1, town.now, town.random)));
    prekeys.add_one_time()->set_id(1);
    prekeys.mutable_one_time(0)->set_key(to_string(testing::random_dh(town.random).view()));
    auto lines = town.circle.manifest.lines;
    lines.pop_back();
    out[v1::Request::kPutManifest].mutable_put_manifest()->set_record(
        text(town.circle.next_manifest(p, lines, false, town.now)));
    out[v1::Request::kPutPlan].mutable_put_plan()->set_record(
        text(town.circle.next_plan(p, {}, town.now)));
    out[v1::Request::kReceiptNotices].mutable_receipt_notices()->add_notice_ids(
        to_string(reminder().view()));
    out[v1::Request::kRefuseInvite].mutable_refuse_invite()->set_invite_id(
        to_string(joined_invite().view()));
    return out;
  }
  // The one by which the participant came.
  InviteId joined_invite() {
    store::InviteRow row;
    row.id = testing::random_id<InviteId>(town.random);
    row.purpose = 2;
    row.expires_at = town.now + minute;
    row.inviter = town.mentor.key().bytes();
    row.inviter_device = town.mentor.primary().id();
    store::Invites invites(town.db);
    invites.add(row, town.now + day);
    EXPECT_TRUE(invites.join(row.id, town.participant.key().bytes(), {}, town.now + day));
    return row.id;
  }
  // A message and a reminder wait for the participant.
  void SetUp() override {
    for (testing::TestDevice* device :
         {&town.mentor.primary(), &town.other_mentor.primary(), &town.contact.primary(),
          &town.coordinator.primary(), &town.participant.primary()})
      others.push_back(&server->online(*device));
    primary = others.back();
    const auto message = testing::random_id<MessageId>(town.random);
    ASSERT_EQ(server->code(*others.front(),
                           testing::post_message(message, {town.participant.primary().id()})),
              0);
    shadow = &server->online(town.participant.shadow());
    server->settle();
    forget();
  }
  void forget() {
    for (Connection* c : others) c->pushed.clear();
  }
  // How many frames went to anybody but the shadow, and who was cut off.
  [[nodiscard]] std::size_t heard() const {
    std::size_t out = 0;
    for (const Connection* c : others) out += c->pushed.size() + (c->closed ? 1 : 0);
    return out;
  }
  NoticeId reminder() {
    store::NotificationRow row;
    row.id = testing::random_id<NoticeId>(town.random);
    row.cause = testing::random_id<CauseId>(town.random);
    row.person = town.participant.key().bytes();
    row.kind = policy::NotificationKind::reminder;
    row.code = policy::NoticeCode::checkin_waits;
    row.at = town.now;
    row.n.next_at = town.now + minute;
    EXPECT_TRUE(store::Notifications(town.db).insert(row));
    return row.id;
  }
  std::string answer(Connection& c, const v1::Request& request) {
    auto reply = server->ask(c, request);
    EXPECT_NE(reply.body_case(), ServerFrame::kError) << reply.error().ShortDebugString();
    reply.set_id(0);
    server->settle();
    return reply.SerializeAsString();
  }

  std::vector<Connection*> others;
  Connection* primary = nullptr;
  Connection* shadow = nullptr;
};

TEST_F(ShadowRoutes, T34_what_it_asks_for_is_answered_as_the_primarys_and_has_no_effect) {
  std::set<v1::Request::OpCase> pretending;
  for (const Route& route : routes())
    if (route.shadow == ShadowWay::pretend) pretending.insert(route.op);
  const auto requests = effective();
  std::set<v1::Request::OpCase> tried;
  for (const auto& [op, request] : requests) {
    const char* name = route_of(op).name;
    const std::string before = testing::dump(town.db);
    const std::string by_shadow = answer(*shadow, request);
    EXPECT_EQ(testing::dump(town.db), before) << name;
    EXPECT_EQ(heard(), 0U) << name << ": nobody hears of it";
    EXPECT_EQ(by_shadow, answer(*primary, request)) << name;
    EXPECT_NE(testing::dump(town.db), before) << name << ": by the primary it is done";
    forget();
    tried.insert(op);
  }
  EXPECT_EQ(tried, pretending);
}

TEST_F(ShadowRoutes, T34_empty_requests_change_nothing_either) {
  for (const Route& route : routes()) {
    if (route.stage == Stage::before_login || route.op == v1::Request::kPostRecord ||
        route.op == v1::Request::kPostMessage)
      continue;
    const std::string before = testing::dump(town.db);
    (void)server->ask(*shadow, empty_request(route.op));
    EXPECT_EQ(testing::dump(town.db), before) << route.name;
  }
}

TEST_F(RouterTable, T26_alarms_check_ins_and_acts_are_urgent_lists_are_bulk) {
  for (const auto op : {v1::Request::kPostRecord, v1::Request::kPostAct, v1::Request::kLogin})
    EXPECT_EQ(Engine::class_of(empty_request(op)), RequestClass::urgent);
  for (const auto op : {v1::Request::kPostMessage, v1::Request::kAckDeliveries})
    EXPECT_EQ(Engine::class_of(empty_request(op)), RequestClass::normal);
  for (const auto op : {v1::Request::kListIncidents, v1::Request::kListCircles})
    EXPECT_EQ(Engine::class_of(empty_request(op)), RequestClass::bulk);
}

}  // namespace
}  // namespace livlina::server

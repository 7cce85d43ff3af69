// Permissions: the router's own table, every operation by everybody who may not do it.
#include <gtest/gtest.h>

#include "server/engine/router.hpp"
#include "tests/services/harness.hpp"
#include "tests/services/town.hpp"

namespace livlina::server {
namespace {

using testing::Connection;
using testing::Harness;
using testing::Town;

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

class RouterTable : public ::testing::Test {
 protected:
  RouterTable()
      : relative(testing::make_person(town.random, town.now)),
        founder(testing::make_person(town.random, town.now)) {
    testing::make_server_row(town.db, town.now);
    testing::install_account(town.db, relative, 1, false);
    testing::install_account(town.db, founder, 1, true);
    server = std::make_unique<Harness>(town.db, town.random, town.now);
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
  Town town;
  testing::Person relative, founder;
  std::unique_ptr<Harness> server;
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

TEST_F(RouterTable, T34_shadow_changes_nothing_by_any_request_but_records_and_messages) {
  Connection& shadow = server->online(town.participant.shadow());
  server->settle();
  for (const Route& route : routes()) {
    if (route.stage == Stage::before_login || route.op == v1::Request::kPostRecord ||
        route.op == v1::Request::kPostMessage)
      continue;
    const std::string before = testing::dump(town.db);
    (void)server->ask(shadow, empty_request(route.op));
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

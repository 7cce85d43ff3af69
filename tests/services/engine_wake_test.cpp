// A step of the clock while people are online: what is written because of it reaches them.
#include <gtest/gtest.h>

#include "server/store/accounts.hpp"
#include "tests/services/watched_server.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using v1::ServerFrame;

class Wake : public ::testing::Test {
 protected:
  // Rows of this device that it was not handed in this connection.
  std::int64_t kept_from(Connection& c, TestDevice& device) {
    auto q = town.db.query("SELECT count(*) FROM mailbox WHERE device = ?");
    q.bind(device.id());
    const auto all = q.step() ? q.integer(0) : -1;
    EXPECT_GT(all, 0) << "there is something to tell";
    return all - static_cast<std::int64_t>(c.count(ServerFrame::kDelivery));
  }
  WatchedServer server;
  WatchTown& town = server.town;
};

TEST_F(Wake, T35_M1_what_became_of_check_ins_in_a_gap_reaches_who_is_online) {
  town.accept_plan({town.daily_at(12 * 60)});
  Connection& contact = server.server->online(town.contact.primary());
  server.advance(minute);
  // Suspended for three days; the connection is still there.
  const Instant before = town.now;
  town.now += 3 * day;
  server.server->wake(before);
  server.server->settle();
  EXPECT_EQ(kept_from(contact, town.contact.primary()), 0);
}

TEST_F(Wake, T35_M1_misses_that_a_wrong_clock_made_are_taken_back_to_who_is_online) {
  town.accept_plan({town.daily_at(12 * 60)});
  Connection& contact = server.server->online(town.contact.primary());
  const Instant real = town.now;
  server.advance_to(town_start + 4 * hour + 40 * minute);
  const Instant wrong = town.now;
  ASSERT_EQ(server.count("SELECT count(*) FROM occurrence WHERE state = 3"), 1);
  town.now = real + minute;
  server.server->wake(wrong);
  server.server->settle();
  EXPECT_EQ(server.count("SELECT count(*) FROM occurrence WHERE state = 3"), 0);
  EXPECT_EQ(kept_from(contact, town.contact.primary()), 0);
}

// Whoever was here under a clock that was ahead is no more reachable for it (rule 10).
TEST_F(Wake, H06_G1_nobody_was_seen_later_than_now) {
  const auto latest = [&] { return server.count("SELECT max(last_seen) FROM device"); };
  const Instant real = town.now;
  for (const bool noted : {true, false}) {
    town.now = real + 200 * day;
    server.server->wake(real);
    Connection& mentor = server.server->online(town.mentor.primary());
    server.advance(5 * second);
    server.server->disconnect(mentor);
    if (noted) server.advance(5 * second);
    const Instant wrong = town.now;
    EXPECT_GT(latest(), real + 199 * day) << "the counter-check";
    town.now = real + minute;
    server.server->wake(wrong);
    server.advance(5 * second);
    EXPECT_LE(latest(), town.now) << noted;
  }
  server.advance(25 * hour);
  auto turn = town.turn();
  const auto mentor = store::Accounts(town.db).device(town.mentor.primary().id());
  ASSERT_TRUE(mentor);
  EXPECT_GT(turn.now - mentor->last_seen, day);
}

}  // namespace
}  // namespace livlina::testing

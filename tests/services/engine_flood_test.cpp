// Floods: what a round takes of each class is bounded, so that alarms, the judge and deadlines come
// in between; and ten thousand check-ins that are due in one minute are all noticed in time.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <set>

#include "protocol/codec.hpp"
#include "server/store/circles.hpp"
#include "tests/services/watched_server.hpp"

namespace livlina::testing {
namespace {

using namespace server;

constexpr std::uint16_t noon = 12 * 60;
constexpr Instant deadline = town_start + 4 * hour + 30 * minute;

Settings small_commits() {
  Settings out;
  out.rows_per_commit = 10;
  return out;
}

class Flood : public ::testing::Test {
 protected:
  Inbound inbound(const Connection& c, v1::Request request) {
    request.set_version(protocol::wire_version);
    request.set_id(++next_id);
    return {Inbound::What::request, c.id, std::make_shared<const v1::Request>(request), {}};
  }
  v1::Request message() {
    return post_message(random_id<MessageId>(town.random), {town.participant.primary().id()});
  }
  static v1::Request list() {
    v1::Request out;
    out.mutable_list_incidents();
    return out;
  }
  // One round; whose requests were answered in it, in order.
  std::vector<SessionId> answered(std::vector<Inbound> items) {
    std::vector<SessionId> out;
    last = server.server->engine().round(
        std::move(items), town.now, [&](const std::vector<Outgoing>& frames) {
          for (const Outgoing& frame : frames) {
            const auto f = protocol::decode_server_frame(view(frame.frame));
            if (!f.ok() || f->id() == 0) continue;
            out.push_back(frame.session);
            ids.push_back(f->id());
          }
        });
    return out;
  }
  std::uint64_t next_id = 0;
  std::vector<std::uint64_t> ids;  // of the replies, in order
  RoundResult last;
  WatchedServer server{small_commits()};
  WatchTown& town = server.town;
};

TEST_F(Flood, T26_lists_are_taken_few_a_round_and_one_of_a_session) {
  server.staff_online();
  Connection& greedy = server.server->online(town.coordinator.primary());
  Connection& a = server.server->online(town.mentor.primary());
  Connection& b = server.server->online(town.contact.primary());
  Connection& phone = server.server->online(town.participant.primary());
  server.advance(second);
  std::vector<Inbound> items;
  for (int i = 0; i < 64; ++i) items.push_back(inbound(greedy, list()));
  items.push_back(inbound(a, list()));
  items.push_back(inbound(b, list()));
  EXPECT_EQ(answered(std::move(items)), (std::vector<SessionId>{greedy.id, a.id, b.id}));
  EXPECT_EQ(last.queued, 63U);
  EXPECT_TRUE(last.more);
  // An alarm in between is answered in its own round, before the next list.
  EXPECT_EQ(
      answered({inbound(phone, server.record({.type = protocol::RecordType::alarm, .answer = 2}))}),
      (std::vector<SessionId>{phone.id, greedy.id}));
  int rounds = 0;
  while (last.queued > 0) {
    EXPECT_LE(answered({}).size(), bulk_in_a_round);
    ++rounds;
  }
  EXPECT_EQ(rounds, 62);
  ids.erase(std::remove_if(ids.begin(), ids.end(), [](auto id) { return id > 64; }), ids.end());
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end())) << "a session's own, in their order";
  EXPECT_EQ(ids.size(), 64U);
}

TEST_F(Flood, T26_many_sessions_lists_do_not_fill_a_round) {
  std::vector<WatchedServer::Neighbour> neighbours;
  std::vector<Inbound> items;
  for (int i = 0; i < 20; ++i) neighbours.push_back(server.neighbour({}));
  for (auto& n : neighbours)
    items.push_back(inbound(server.server->online(n.person.primary()), list()));
  EXPECT_EQ(answered(std::move(items)).size(), bulk_in_a_round);
  while (last.queued > 0) EXPECT_EQ(answered({}).size(), bulk_in_a_round);
  EXPECT_EQ(ids.size(), 20U);
}

TEST_F(Flood, T26_a_message_to_many_devices_counts_for_each_of_them) {
  server.staff_online();
  Connection& mentor = server.server->online(town.mentor.primary());
  Connection& phone = server.server->online(town.participant.primary());
  server.advance(second);
  const auto of = [&](int envelopes) {
    v1::Request r = message();
    for (int i = 1; i < envelopes; ++i)
      *r.mutable_post_message()->add_envelopes() = r.post_message().envelopes(0);
    return inbound(mentor, std::move(r));
  };
  std::vector<Inbound> items;
  for (int i = 0; i < 6; ++i) items.push_back(of(4));
  items.push_back(of(64));
  items.push_back(of(1));
  EXPECT_EQ(answered(std::move(items)).size(), 2U) << "of ten rows";
  EXPECT_EQ(
      answered({inbound(phone, server.record({.type = protocol::RecordType::alarm, .answer = 2}))}),
      (std::vector<SessionId>{phone.id, mentor.id, mentor.id}));
  EXPECT_EQ(answered({}).size(), 2U);
  EXPECT_EQ(answered({}).size(), 1U) << "one in any case";
  EXPECT_EQ(answered({}).size(), 1U);
  EXPECT_EQ(last.queued, 0U);
}

TEST_F(Flood, T24_T26_a_message_to_too_many_is_refused_before_the_database_is_asked) {
  Connection& mentor = server.server->online(town.mentor.primary());
  v1::Request many = message();
  for (int i = 0; i < 20'000; ++i)
    many.mutable_post_message()->add_envelopes()->set_device_id(
        to_string(random_id<DeviceId>(town.random).view()));
  const auto asked = [&] {
    int runs = 0;
    for (sqlite3_stmt* s = sqlite3_next_stmt(town.db.handle(), nullptr); s != nullptr;
         s = sqlite3_next_stmt(town.db.handle(), s))
      runs += sqlite3_stmt_status(s, SQLITE_STMTSTATUS_RUN, 0);
    return runs;
  };
  const int before = asked();
  EXPECT_EQ(server.server->code(mentor, std::move(many)), v1::MALFORMED);
  EXPECT_LT(asked() - before, 100);
}

TEST_F(Flood, G1_alarm_and_miss_come_between_the_messages_of_a_flood) {
  town.accept_plan({town.daily_at(noon)});
  server.staff_online();
  Connection& mentor = server.server->online(town.mentor.primary());
  Connection& phone = server.server->online(town.participant.primary());
  server.advance_to(deadline);
  std::vector<Inbound> items;
  for (int i = 0; i < 100; ++i) items.push_back(inbound(mentor, message()));
  EXPECT_EQ(answered(std::move(items)).size(), 10U) << "one commit of a round";
  EXPECT_EQ(last.queued, 90U);
  town.now = deadline + 1;
  const auto next =
      answered({inbound(phone, server.record({.type = protocol::RecordType::alarm, .answer = 2}))});
  ASSERT_EQ(next.size(), 11U);
  EXPECT_EQ(next.front(), phone.id);
  EXPECT_EQ(server.count("SELECT count(*) FROM occurrence WHERE state = 3"), 1);
  EXPECT_EQ(server.count("SELECT count(*) FROM trigger_row"), 2) << "the alarm's and the miss's";
  EXPECT_EQ(last.queued, 80U);
  while (last.queued > 0) (void)answered({});
  EXPECT_EQ(server.count("SELECT count(*) FROM mailbox WHERE kind = 1"), 100);
}

TEST_F(Flood, M1_what_a_session_asked_for_before_it_ended_is_done) {
  server.staff_online();
  Connection& mentor = server.server->online(town.mentor.primary());
  std::vector<Inbound> items;
  for (int i = 0; i < 35; ++i) items.push_back(inbound(mentor, message()));
  for (int i = 0; i < 5; ++i) items.push_back(inbound(mentor, list()));
  items.push_back({Inbound::What::closed, mentor.id, nullptr, {}});
  (void)answered(std::move(items));
  EXPECT_GT(last.queued, 0U);
  int rounds = 1;
  for (; last.queued > 0; ++rounds) (void)answered({});
  EXPECT_EQ(rounds, 4);
  EXPECT_EQ(server.count("SELECT count(*) FROM mailbox WHERE kind = 1"), 35);
}

TEST_F(Flood, T26_urgent_requests_are_bounded_as_well_and_go_first) {
  server.staff_online();
  Connection& phone = server.server->online(town.participant.primary());
  Connection& mentor = server.server->online(town.mentor.primary());
  server.advance(second);
  std::vector<Inbound> items = {inbound(mentor, message())};
  for (int i = 0; i < 70; ++i) items.push_back(inbound(phone, server.record({.answer = 2})));
  EXPECT_EQ(answered(std::move(items)), std::vector<SessionId>(urgent_chunks * 10, phone.id));
  const auto rest = answered({});
  ASSERT_EQ(rest.size(), 21U);
  EXPECT_EQ(rest.back(), mentor.id);
}

// G1: "up to 10,000 misses within one second, committed within 2 s". Every commit costs virtual
// time, and messages come all the while.
TEST(FloodOfMisses, G1_all_that_are_due_in_one_minute_are_claimed_within_two_seconds) {
  constexpr int circles = 1000;
  constexpr int rows_per_commit = 20;  // fifty commits, as 10,000 rows of 200
  constexpr Duration commit_time = 4;  // a slow disk's fsync
  Settings settings;
  settings.rows_per_commit = rows_per_commit;
  WatchedServer server(settings);
  WatchTown& town = server.town;
  for (int i = 0; i < circles; ++i) (void)server.neighbour({town.daily_at(noon)});
  Connection& mentor = server.server->online(town.mentor.primary());
  server.advance_to(deadline);
  ASSERT_EQ(server.count("SELECT count(*) FROM occurrence WHERE state = 1"), circles);
  server.at_commit = [&](CommitPoint at) {
    if (at == CommitPoint::after) town.now += commit_time;
  };
  town.now = deadline + 1;
  std::uint64_t id = 0;
  while (server.count("SELECT count(*) FROM occurrence WHERE state = 1") > 0) {
    ASSERT_LT(town.now, deadline + minute);
    auto m = post_message(random_id<MessageId>(town.random), {town.participant.primary().id()});
    m.set_version(protocol::wire_version);
    m.set_id(++id);
    (void)server.server->round({{Inbound::What::request,
                                 mentor.id,
                                 std::make_shared<const v1::Request>(std::move(m)),
                                 {}}});
  }
  server.at_commit = [](CommitPoint) {};
  server.server->settle();
  EXPECT_EQ(server.count("SELECT count(*) FROM occurrence WHERE state = 3"), circles);
  EXPECT_EQ(server.count("SELECT count(*) FROM incident"), circles);
  EXPECT_EQ(server.count("SELECT count(*) FROM trigger_row"), circles);
  auto q = town.db.query("SELECT max(at) FROM trigger_row");
  ASSERT_TRUE(q.step());
  EXPECT_LE(q.integer(0), deadline + 2 * second);
  EXPECT_EQ(broken_invariants(town.db, town.now, {true, {}}), std::vector<std::string>{});
}

}  // namespace
}  // namespace livlina::testing

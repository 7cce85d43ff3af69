// One row that cannot be worked on waits alone: everybody else's check-ins, misses and pages go on.
#include <gtest/gtest.h>

#include "server/engine/aside.hpp"
#include "tests/services/watched_server.hpp"

namespace livlina::testing {
namespace {

using namespace server;

constexpr std::uint16_t noon = 12 * 60;
constexpr Instant opens = town_start + 3 * hour;
constexpr Instant deadline = town_start + 4 * hour + 30 * minute;

class Isolation : public ::testing::Test {
 protected:
  std::int64_t count(const char* sql) { return server.count(sql); }
  [[nodiscard]] int lines(std::string_view code) const {
    return static_cast<int>(std::count_if(server.lines.begin(), server.lines.end(),
                                          [&](const OperatorNotice& l) { return l.code == code; }));
  }
  std::string circle_of(const TestCircle& c) { return "x'" + c.id.hex() + "'"; }
  WatchedServer server;
  WatchTown& town = server.town;
};

TEST_F(Isolation, G1_one_bad_record_stops_no_other_and_no_opening) {
  town.accept_plan({town.daily_at(noon)});
  const auto other = server.neighbour({});
  server.staff_online();
  Connection& phone = server.server->online(town.participant.primary());
  server.poison("UPDATE OF judged ON checkin_record",
                "NEW.device = x'" + town.participant.primary().id().hex() + "' AND NEW.seq = 1");
  ASSERT_EQ(server.server->code(phone, server.record({.answer = 2})), 0);
  ASSERT_EQ(server.server->code(phone, server.record({.answer = 3})), 0);
  server.advance(second);
  EXPECT_EQ(count("SELECT count(*) FROM checkin_record WHERE judged = 0"), 1);
  EXPECT_EQ(count("SELECT count(*) FROM incident"), 1) << "of the second record";
  EXPECT_EQ(lines("row_set_aside"), 1);
  // Openings and misses of the same circle and of others go on, on time.
  server.advance_to(opens);
  EXPECT_EQ(count("SELECT count(*) FROM occurrence WHERE state = 1"), 1);
  server.advance_to(deadline + 2 * second);
  EXPECT_EQ(count("SELECT count(*) FROM occurrence WHERE state = 3"), 1);
  EXPECT_FALSE(server.last.stalled) << "a page was sent";
  EXPECT_EQ(lines("row_set_aside"), 1) << "said once";
  // It is tried again, ever more rarely, and is done as soon as it can be.
  server.heal();
  server.advance(Aside::longest_pause);
  EXPECT_EQ(count("SELECT count(*) FROM checkin_record WHERE judged = 0"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM trigger_row WHERE record IS NOT NULL"), 2);
}

TEST_F(Isolation, G1_one_bad_occurrence_keeps_nobody_elses_miss) {
  town.accept_plan({town.daily_at(noon)});
  std::vector<WatchedServer::Neighbour> others;
  for (int i = 0; i < 5; ++i) others.push_back(server.neighbour({town.daily_at(noon)}));
  server.staff_online();
  server.poison("UPDATE OF state ON occurrence",
                "NEW.state = 3 AND NEW.circle = " + circle_of(others[2].circle));
  server.advance_to(deadline + 2 * second);
  EXPECT_EQ(count("SELECT count(*) FROM occurrence WHERE state = 3"), 5);
  EXPECT_EQ(count("SELECT count(*) FROM incident_event WHERE kind = 6"), 5) << "and steps fired";
  EXPECT_EQ(lines("row_set_aside"), 1);
  server.heal();
  server.advance(Aside::longest_pause);
  EXPECT_EQ(count("SELECT count(*) FROM occurrence WHERE state = 3"), 6);
  server.advance(second);
  EXPECT_EQ(broken_invariants(town.db, town.now, {true, {}}), std::vector<std::string>{});
}

TEST_F(Isolation, G4_one_bad_incident_keeps_nobody_elses_step) {
  std::vector<WatchedServer::Neighbour> others;
  town.accept_plan({town.daily_at(noon)});
  for (int i = 0; i < 3; ++i) others.push_back(server.neighbour({town.daily_at(noon)}));
  server.staff_online();
  server.poison("UPDATE OF step ON incident", "NEW.circle = " + circle_of(others[0].circle));
  server.advance_to(deadline + 30 * minute);
  EXPECT_EQ(count("SELECT count(DISTINCT incident) FROM notification WHERE kind = 1"), 3);
  server.heal();
  server.advance(Aside::longest_pause);
  EXPECT_EQ(count("SELECT count(DISTINCT incident) FROM notification WHERE kind = 1"), 4);
}

TEST_F(Isolation, G1_one_bad_schedule_stops_no_other_opening_nor_the_gap) {
  town.accept_plan({town.daily_at(noon)});
  const auto bad = server.neighbour({town.daily_at(noon)});
  const auto good = server.neighbour({town.daily_at(noon)});
  server.staff_online();
  server.poison("INSERT ON occurrence", "NEW.circle = " + circle_of(bad.circle));
  server.advance_to(opens + second);
  EXPECT_EQ(count("SELECT count(*) FROM occurrence WHERE state = 1"), 2);
  // The same in an outage over the whole of the next day's slot.
  town.now += day;
  server.restart();
  server.advance(second);
  EXPECT_EQ(store::Occurrences(town.db).of_circle(good.circle.id, opens + day - hour, 10).size(),
            1U);
  EXPECT_EQ(store::Occurrences(town.db).of_circle(bad.circle.id, 0, 10).size(), 0U);
  server.heal();
  server.advance(Aside::longest_pause);
  EXPECT_GT(store::Occurrences(town.db).of_circle(bad.circle.id, 0, 10).size(), 0U);
}

TEST_F(Isolation, G5_one_bad_notice_keeps_nobody_elses_page) {
  town.accept_plan({town.daily_at(noon)});
  server.staff_online();
  server.poison("UPDATE OF attempts ON notification",
                "NEW.person = x'" + hex(town.mentor.key().view()) + "'");
  Connection& other = server.server->online(town.other_mentor.primary());
  server.advance_to(deadline + second);
  EXPECT_GT(other.count(v1::ServerFrame::kNotice), 0U);
  EXPECT_EQ(lines("row_set_aside"), 1);
}

TEST_F(Isolation, G7_if_no_row_of_a_kind_can_be_worked_on_it_is_not_the_row) {
  for (int i = 0; i < 3; ++i) (void)server.neighbour({town.daily_at(noon)});
  server.staff_online();
  server.poison("UPDATE OF state ON occurrence", "NEW.state = 3");
  server.advance_to(deadline + 20 * second);
  EXPECT_FALSE(server.last.stalled);
  server.advance(20 * second);
  EXPECT_TRUE(server.last.stalled);
  EXPECT_EQ(lines("watch_stalled"), 1);
  server.heal();
  server.advance(Aside::longest_pause);
  EXPECT_FALSE(server.last.stalled);
  EXPECT_EQ(lines("watch_goes_on"), 1);
}

TEST_F(Isolation, G1_a_work_that_fails_as_a_whole_stops_no_other_work) {
  town.accept_plan({town.daily_at(noon)});
  server.staff_online();
  Connection& phone = server.server->online(town.participant.primary());
  town.now += 1;
  ASSERT_EQ(server.server->code(phone, server.record({.answer = 2})), 0);
  // The judge's table cannot even be looked at; nobody is to blame.
  town.db.exec("ALTER TABLE checkin_record RENAME COLUMN named_seq TO gone");
  server.advance_to(deadline + 2 * second);
  EXPECT_EQ(count("SELECT count(*) FROM occurrence WHERE state = 3"), 1);
  EXPECT_TRUE(server.last.stalled);
  EXPECT_EQ(lines("watch_stalled"), 1);
  EXPECT_TRUE(server.last.unserved);
}

TEST_F(Isolation, G7_aside_a_row_waits_longer_each_time) {
  Aside aside;
  const RowKey key = row_key(RowOf::record, std::int64_t{1});
  Instant now = town_start;
  std::vector<Duration> waits;
  for (int i = 0; i < 12; ++i) {
    aside.begin(now);
    ASSERT_TRUE(aside.begins(key));
    ASSERT_EQ(aside.failed().value().row, key);
    const Instant failed = now;
    do {
      now += 500;
      aside.begin(now);
    } while (!aside.begins(key));
    waits.push_back(now - failed);
  }
  EXPECT_EQ(waits.front(), second);
  EXPECT_EQ(waits[3], 8 * second);
  EXPECT_EQ(waits.back(), Aside::longest_pause);
  EXPECT_EQ(aside.committed(), 1U);
  EXPECT_EQ(aside.size(), 0U) << "well again";
  aside.begin(now);
  EXPECT_FALSE(aside.failed()) << "a commit that fails is no row's fault";
  ASSERT_TRUE(aside.begins(key));
  aside.ends();
  EXPECT_FALSE(aside.failed());
}

}  // namespace
}  // namespace livlina::testing

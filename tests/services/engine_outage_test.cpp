// When nothing can be written: everybody who must know is told at once, not through the database,
// and the time is an outage like any other.
#include <gtest/gtest.h>

#include "protocol/records/checkin_record.hpp"
#include "server/engine/jobs.hpp"
#include "tests/services/watched_server.hpp"

namespace livlina::testing {
namespace {

using namespace server;

constexpr std::uint16_t noon = 12 * 60;
constexpr Instant deadline = town_start + 4 * hour + 30 * minute;

class Unwritable : public ::testing::Test {
 protected:
  Unwritable() {
    server.at_commit = [this](CommitPoint at) {
      if (broken && at == CommitPoint::before) throw store::Failure(broken_as, "test", "refused");
    };
  }
  [[nodiscard]] int lines(std::string_view code) const {
    return static_cast<int>(std::count_if(server.lines.begin(), server.lines.end(),
                                          [&](const OperatorNotice& l) { return l.code == code; }));
  }
  std::int64_t count(const char* sql) { return server.count(sql); }
  bool broken = false;
  store::Fault broken_as = store::Fault::full;
  WatchedServer server;
  WatchTown& town = server.town;
};

TEST_F(Unwritable, G7_watch_that_cannot_write_is_seen_by_everybody) {
  town.accept_plan({town.daily_at(noon)});
  server.staff_online();
  server.advance_to(deadline - second);
  broken = true;
  server.advance_to(deadline + 15 * second);
  EXPECT_FALSE(server.last.faults.empty());
  EXPECT_FALSE(server.last.stalled) << "not for every hiccup";
  EXPECT_EQ(server.last.unserved, deadline + 1) << "late since the row's own time";
  server.advance_to(deadline + 40 * second);
  EXPECT_TRUE(server.last.stalled);
  EXPECT_LE(server.last.unserved, deadline);
  EXPECT_GT(*server.server->engine().next_deadline(), town.now) << "and no busy loop";
  EXPECT_EQ(lines("watch_stalled"), 1);
  server.advance(hour);
  EXPECT_EQ(lines("watch_stalled"), 1) << "delivered is delivered";
  broken = false;
  server.advance(2 * second);
  EXPECT_FALSE(server.last.stalled);
  EXPECT_FALSE(server.last.unserved);
  EXPECT_EQ(lines("watch_goes_on"), 1);
  server.advance(hour);
  EXPECT_EQ(lines("watch_stalled") + lines("watch_goes_on"), 2);
}

TEST_F(Unwritable, G5_line_about_the_server_itself_is_repeated_until_it_arrives) {
  server.lines_arrive = false;
  broken = true;
  server.advance(2 * minute);
  const int said = lines("watch_stalled");
  EXPECT_GE(said, 2);
  EXPECT_LE(said, 6);
  server.lines_arrive = true;
  server.advance(10 * minute);
  EXPECT_EQ(lines("watch_stalled"), said + 1);
}

TEST_F(Unwritable, G7_even_with_nothing_due_a_full_disk_is_told_before_an_alarm_meets_it) {
  server.advance(minute);
  broken = true;
  server.advance(minute);
  EXPECT_TRUE(server.last.stalled);
  EXPECT_EQ(lines("watch_stalled"), 1);
}

TEST_F(Unwritable, G6_time_without_a_commit_is_an_outage_and_no_answer_in_it_becomes_a_miss) {
  for (const auto fault : {store::Fault::full, store::Fault::busy}) {
    broken_as = fault;
    WatchedServer fresh;
    fresh.at_commit = server.at_commit;
    WatchTown& t = fresh.town;
    t.accept_plan({t.daily_at(noon)});
    Connection& phone = fresh.server->online(t.participant.primary());
    // Opens 11:00, due 12:00, deadline 12:30; full from 10:50 to 12:40, pressed at 11:50.
    fresh.advance_to(town_start + 2 * hour + 50 * minute);
    broken = true;
    fresh.advance_to(town_start + 3 * hour + 50 * minute);
    const v1::Request pressed = fresh.record({});
    EXPECT_EQ(fresh.server->code(phone, pressed),
              fault == store::Fault::full ? v1::DISK_FULL : v1::BUSY);
    fresh.advance_to(town_start + 4 * hour + 40 * minute);
    broken = false;
    // The first round in which it can be written brings the answer again.
    const auto reply = fresh.server->ask(phone, pressed);
    ASSERT_TRUE(reply.has_record_answer());
    EXPECT_EQ(protocol::parse_record_reply(view(reply.record_answer().reply()))->status,
              protocol::RecordStatus::received);
    fresh.advance(hour);
    EXPECT_EQ(fresh.count("SELECT count(*) FROM occurrence WHERE state = 3"), 0);
    EXPECT_EQ(fresh.count("SELECT count(*) FROM incident"), 0);
    EXPECT_EQ(fresh.count("SELECT count(*) FROM occurrence WHERE outage = 1"), 1);
  }
}

TEST_F(Unwritable, G6_short_refusals_are_no_outage) {
  town.accept_plan({town.daily_at(noon)});
  server.advance_to(deadline - 20 * second);
  broken = true;
  server.advance(18 * second);
  broken = false;
  server.advance_to(deadline + 2 * second);
  EXPECT_EQ(count("SELECT count(*) FROM occurrence WHERE outage = 1"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM occurrence WHERE state = 3"), 1);
}

TEST_F(Unwritable, G1_gap_that_cannot_be_told_does_not_end_the_watch) {
  town.accept_plan({town.daily_at(noon)});
  server.staff_online();
  broken_as = store::Fault::other;
  server.advance_to(deadline - hour);
  // Only the gap's own commit is refused: the first of a round while it is not written.
  bool first = false;
  server.at_commit = [&](CommitPoint at) {
    if (std::exchange(first, false) && at == CommitPoint::before)
      throw store::Failure(store::Fault::constraint, "test", "refused");
  };
  first = true;
  server.server->engine().wake(town.now - minute, town.now);
  for (int i = 0; i < 35; ++i) {
    first = true;
    (void)server.round();
    town.now += second;
  }
  first = false;
  EXPECT_EQ(lines("gap_given_up"), 1);
  server.advance_to(deadline + 2 * second);
  EXPECT_EQ(count("SELECT count(*) FROM occurrence WHERE state = 3"), 1);
}

TEST_F(Unwritable, H06_no_wait_survives_a_clock_that_was_ahead) {
  town.accept_plan({town.daily_at(noon)});
  server.staff_online();
  Connection& phone = server.server->online(town.participant.primary());
  server.advance_to(town_start + 3 * hour + 10 * minute);
  // The clock is six hours ahead while the disk is full, then it is set right.
  const Instant real = town.now;
  town.now += 6 * hour;
  server.server->engine().wake(real, town.now);
  server.advance(second);
  broken = true;
  server.advance(20 * minute);
  const Instant wrong = town.now;
  town.now = real + 20 * minute;
  server.server->engine().wake(wrong, town.now);
  server.advance(31 * second);
  EXPECT_TRUE(server.last.stalled) << "by the right clock as well";
  EXPECT_EQ(lines("watch_stalled"), 1);
  broken = false;
  (void)server.round();
  ASSERT_EQ(
      server.server->code(phone, server.record({.type = protocol::RecordType::alarm, .answer = 2})),
      0);
  server.advance(second);
  EXPECT_EQ(count("SELECT count(*) FROM trigger_row WHERE kind = 4"), 1);
  server.advance(20 * second);
  EXPECT_GT(count("SELECT count(*) FROM notification WHERE severity = 4"), 0);
  EXPECT_FALSE(server.last.stalled);
}

TEST_F(Unwritable, H06_a_stall_that_began_by_a_wrong_clock_is_noticed_by_the_right_one) {
  Connection& phone = server.server->online(town.participant.primary());
  const Instant real = town.now;
  town.now += 6 * hour;
  server.server->engine().wake(real, town.now);
  server.advance(second);
  town.now += 1;
  ASSERT_EQ(server.server->code(phone, server.record({.answer = 2})), 0);
  town.db.exec("ALTER TABLE checkin_record RENAME COLUMN named_seq TO gone");  // the judge alone
  server.advance(10 * second);
  EXPECT_FALSE(server.last.stalled);
  const Instant wrong = town.now;
  town.now = real + 11 * second;
  server.server->engine().wake(wrong, town.now);
  server.advance(31 * second);
  EXPECT_TRUE(server.last.stalled);
}

TEST_F(Unwritable, H06_no_retry_is_longer_than_it_can_be) {
  // Nobody says that the clock was set: the step is too small.
  Connection& phone = server.server->online(town.participant.primary());
  town.now += 1;
  ASSERT_EQ(server.server->code(phone, server.record({.answer = 2})), 0);
  broken = true;
  server.advance(10 * second);
  broken = false;
  town.now -= 20 * second;
  server.advance(second);
  EXPECT_EQ(count("SELECT count(*) FROM incident"), 1);
}

TEST(Jobs, H06_no_reproach_begins_in_the_future) {
  Jobs jobs;
  const Instant wrong = town_start + 6 * hour;
  jobs.failed(Work::judge, store::Fault::full, wrong, wrong);
  EXPECT_FALSE(jobs.may(Work::judge, wrong));
  EXPECT_TRUE(jobs.may(Work::openings, wrong));
  jobs.clock_set(town_start);
  EXPECT_TRUE(jobs.may(Work::judge, town_start));
  EXPECT_EQ(jobs.unserved(), town_start);
  EXPECT_FALSE(jobs.any_stalled(town_start));
  EXPECT_TRUE(jobs.stalled(Work::judge, town_start + stalled_after));
  EXPECT_FALSE(jobs.hopeless(Work::judge, town_start + hour)) << "a full disk";
  jobs.done(Work::judge);
  EXPECT_FALSE(jobs.any_stalled(town_start + hour));
}

}  // namespace
}  // namespace livlina::testing

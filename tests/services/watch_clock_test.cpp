// Wrong clocks: no check-in is lost by them, and somebody is told.
#include <gtest/gtest.h>

#include "server/store/schedules.hpp"
#include "tests/services/clock_town.hpp"
#include "tests/services/harness.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using policy::IncidentState;
using policy::NoticeCode;
using policy::OccurrenceState;
using protocol::RecordStatus;

TEST(WatchClock, H06_a_forward_step_that_is_corrected_leaves_the_check_ins_in_between) {
  ClockTown town;
  town.accept_plan({town.daily_at(noon), town.daily_at(noon + 120)});
  town.advance(hour);
  const Instant right = town.now;
  town.clock_to(right + 7 * day);
  EXPECT_EQ(town.in_state(OccurrenceState::excused), 12);
  town.advance(minute);
  town.clock_to(right + minute);
  EXPECT_TRUE(town.occurrences().empty()) << "nothing is due yet";
  EXPECT_EQ(town.lines("clock_back"), 1);
  for (int d = 0; d < 7; ++d) town.answer_at({noon_at + d * day, noon_at + d * day + 2 * hour});
  EXPECT_EQ(town.in_state(OccurrenceState::answered), 14);
  town.answer_at({noon_at + 7 * day});
  town.advance(3 * hour);
  EXPECT_EQ(town.in_state(OccurrenceState::missed), 1) << "and silence is noticed";
  EXPECT_TRUE(town.unresolved());
}

TEST(WatchClock, H06_what_the_wrong_clock_found_missed_is_asked_in_its_own_time) {
  ClockTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance(hour);
  const Instant right = town.now;
  town.clock_to(right + 3 * day);
  town.advance(20 * minute);  // asked again for a quarter of an hour, and missed
  ASSERT_TRUE(town.unresolved());
  const IncidentId id = town.unresolved()->id;
  town.clock_to(right + 20 * minute);
  EXPECT_TRUE(town.occurrences().empty());
  EXPECT_EQ(town.count("SELECT count(*) FROM trigger_row"), 0);
  EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying) << "G3: only a human ends it";
  const auto words = town.words();
  const auto told = [&](std::uint32_t state) {
    return std::count(words.begin(), words.end(), state);
  };
  EXPECT_GT(told(3), 0) << "missed";
  EXPECT_EQ(told(1), told(3) + told(4)) << "T35: members hear that it is not so";
  EXPECT_EQ(town.count("SELECT count(*) FROM incident_event WHERE kind = 26"), 1);
  town.advance_to(noon_deadline + second);
  EXPECT_EQ(town.in_state(OccurrenceState::missed), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM trigger_row"), 1);
}

TEST(WatchClock, H06_an_open_one_gets_its_own_deadline_back) {
  for (const bool missed_meanwhile : {false, true}) {
    ClockTown town;
    town.accept_plan({town.daily_at(noon)});
    town.advance_to(noon_at - 30 * minute);
    ASSERT_EQ(town.in_state(OccurrenceState::open), 1);
    town.clock_to(town.now + 2 * day);
    const Duration wrong_for = missed_meanwhile ? 20 * minute : 5 * minute;
    town.advance(wrong_for);
    EXPECT_EQ(town.in_state(OccurrenceState::missed), missed_meanwhile ? 2 : 0);
    town.clock_to(noon_at - 30 * minute + wrong_for);
    ASSERT_EQ(town.occurrences().size(), 1u) << missed_meanwhile;
    EXPECT_EQ(town.occurrences()[0].o.state, OccurrenceState::open);
    EXPECT_EQ(town.occurrences()[0].o.deadline, noon_deadline);
    town.advance_to(noon_deadline + second);
    EXPECT_EQ(town.in_state(OccurrenceState::missed), 1);
    EXPECT_EQ(town.count("SELECT count(*) FROM trigger_row"), 1);
  }
}

TEST(WatchClock, H06_a_slot_that_passed_while_the_clock_was_wrong_is_asked_again) {
  ClockTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance(2 * hour);
  const Instant right = town.now;
  town.clock_to(right + 5 * day);
  town.advance(8 * hour);
  town.clock_to(right + 8 * hour);  // noon has passed, and nobody was asked
  ASSERT_EQ(town.occurrences().size(), 1u);
  EXPECT_EQ(town.occurrences()[0].o.due, noon_at);
  EXPECT_EQ(town.occurrences()[0].o.state, OccurrenceState::open);
  EXPECT_LE(town.occurrences()[0].o.deadline, town.now + 15 * minute);
}

TEST(WatchClock, H06_H05_what_was_answered_before_it_opens_is_asked_again) {
  ClockTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance(hour);
  const Instant right = town.now;
  town.clock_to(right + 3 * day);
  EXPECT_EQ(town.answer({}).status, RecordStatus::received);
  town.round();
  town.clock_to(right + minute);
  EXPECT_TRUE(town.occurrences().empty());
  town.answer_at({noon_at, noon_at + day});
  EXPECT_EQ(town.in_state(OccurrenceState::answered), 2);
  town.advance_to(noon_deadline + 2 * day + second);
  EXPECT_EQ(town.in_state(OccurrenceState::missed), 1) << "nobody answered this one in its time";
}

TEST(WatchClock, H06_what_was_answered_in_its_time_stays_answered) {
  ClockTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_at);
  town.clock_to(town.now + 20 * minute);
  EXPECT_EQ(town.answer({}).status, RecordStatus::received);
  town.round();
  town.clock_to(town.now - 19 * minute);
  EXPECT_EQ(town.in_state(OccurrenceState::answered), 1);
}

TEST(WatchClock, H06_a_schedule_that_the_wrong_clock_ended_goes_on) {
  ClockTown town;
  auto month = town.daily_at(noon);
  month.valid_to = town_start + 30 * day;
  town.accept_plan({month});
  const Instant right = town.now;
  town.clock_to(right + 70 * 365 * day);
  EXPECT_EQ(town.count("SELECT state FROM schedule"), 3);
  town.clock_to(right + second);
  EXPECT_EQ(town.count("SELECT state FROM schedule"), 1);
  EXPECT_EQ(town.occurrences().size(), 0u);
  town.advance_to(noon_deadline + second);
  EXPECT_EQ(town.in_state(OccurrenceState::missed), 1);
}

TEST(WatchClock, H30_H06_a_plan_that_was_replaced_while_the_clock_was_wrong) {
  ClockTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance(hour);
  const Instant right = town.now;
  town.clock_to(right + 4 * day);
  town.accept_plan({town.daily_at(noon + 120)});
  town.clock_to(right + minute);
  EXPECT_TRUE(town.occurrences().empty()) << "the old plan's future is nobody's";
  town.advance_to(noon_at + 3 * hour);
  ASSERT_EQ(town.occurrences().size(), 1u) << "the new plan counts from now";
  EXPECT_EQ(town.occurrences()[0].o.due, noon_at + 2 * hour);
}

TEST(WatchClock, H06_a_step_back_of_a_second_moves_nothing) {
  ClockTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_deadline + second);
  ASSERT_EQ(town.in_state(OccurrenceState::missed), 1);
  town.clock_to(noon_deadline - second);
  EXPECT_EQ(town.in_state(OccurrenceState::missed), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM trigger_row"), 1);
}

TEST(WatchClock, H06_the_operator_is_told_of_more_than_seven_days) {
  for (const Duration gap : {7 * day, 7 * day + second}) {
    ClockTown town;
    town.accept_plan({town.daily_at(noon)});
    town.clock_to(town.now + gap);
    EXPECT_EQ(town.lines("long_gap"), gap > 7 * day ? 1 : 0);
    EXPECT_EQ(town.desk_told(NoticeCode::outage_digest), 1) << "G6: counted, not silently";
    EXPECT_EQ(town.in_state(OccurrenceState::open), 1);
  }
}

TEST(WatchClock, H06_a_clock_far_ahead_makes_no_slot_older_than_60_days) {
  ClockTown town;
  town.accept_plan({town.daily_at(noon)});
  town.clock_to(town.now + 200 * day);
  auto q = town.db.query("SELECT count(*), min(opens_at) FROM occurrence");
  ASSERT_TRUE(q.step());
  EXPECT_GE(q.integer(0), 59);
  EXPECT_LE(q.integer(0), 61);
  EXPECT_GE(q.integer(1), town.now - 60 * day);
}

TEST(WatchClock, G6_a_gap_of_any_length_is_written_in_small_parts) {
  ClockTown town;
  town.settings.rows_per_commit = 10;
  auto hourly = town.daily_at(0);
  hourly.times.clear();
  for (std::uint16_t h = 0; h < 24; ++h)
    hourly.times.push_back({0x7f, static_cast<std::uint16_t>(60 * h)});
  hourly.opens_before_s = 600;
  hourly.grace_s = 900;
  town.accept_plan({hourly, town.daily_at(noon)});
  const Instant stopped = town.now;
  town.now += 20 * day;
  BlindTime blind(stopped, town.now);
  std::int64_t before = 0;
  bool more = true;
  int parts = 0;
  for (; more; ++parts) {
    town.commit([&](Turn& t) { more = blind.write(t, 10); });
    const auto rows = town.count("SELECT count(*) FROM occurrence");
    EXPECT_LE(rows - before, 10);
    before = rows;
  }
  EXPECT_GT(parts, 40);
  EXPECT_EQ(before, 20 * 24 + 20);
  EXPECT_EQ(town.in_state(OccurrenceState::open), 3) << "the newest of each, and one that runs";
  EXPECT_EQ(town.desk_told(NoticeCode::outage_digest), 1);
  town.round();
  EXPECT_EQ(town.in_state(OccurrenceState::open), 3);
}

TEST(WatchClock, H06_a_crash_in_the_middle_of_a_correction_changes_nothing) {
  for (int cut = 1; cut < 12; ++cut) {
    ClockTown town;
    town.settings.rows_per_commit = 3;
    town.accept_plan({town.daily_at(noon), town.daily_at(noon + 120)});
    const Instant right = town.now;
    town.clock_to(right + 5 * day);
    const Instant wrong = town.now;
    town.now = right + 10 * minute;
    BlindTime interrupted(wrong, town.now);
    bool more = true;
    for (int part = 0; part < cut && more; ++part)
      town.commit([&](Turn& t) { more = interrupted.write(t, 3); });
    town.wake(wrong);  // from the beginning, as after a restart
    town.round();
    EXPECT_TRUE(town.occurrences().empty()) << cut;
    town.advance_to(noon_at + 3 * hour);
    EXPECT_EQ(town.in_state(OccurrenceState::missed), 2) << cut;
  }
}

// ---- mail ----

TEST(WatchClock, M4_rows_of_a_wrong_clock_keep_nobody_elses_mail) {
  Town town;
  make_server_row(town.db, town.now);
  Harness server(town.db, town.random, town.now);
  const auto send = [&] {
    Connection& c = server.online(town.mentor.primary());
    ASSERT_EQ(server.code(c, post_message(random_id<MessageId>(town.random),
                                          {town.participant.primary().id()})),
              0);
  };
  const auto left = [&](const char* sql) {
    auto q = town.db.query(sql);
    return q.step() ? q.integer(0) : -1;
  };
  const Instant right = town.now;
  town.now += 200 * day;
  send();
  const Instant wrong = town.now;
  town.now = right;
  send();  // before anybody noticed
  server.engine().wake(wrong, town.now);
  send();
  EXPECT_EQ(left("SELECT count(*) FROM mailbox"), 3);
  for (int d = 0; d < 32; ++d) {
    town.now += day;
    server.settle();
  }
  EXPECT_EQ(left("SELECT count(*) FROM mailbox"), 0);
  EXPECT_EQ(left("SELECT count(*) FROM accepted"), 0);
  EXPECT_EQ(left("SELECT sum(queued) FROM device"), 0);
}

TEST(WatchClock, M4_the_order_of_expiry_is_the_dates_not_the_arrivals) {
  Town town;
  make_server_row(town.db, town.now);
  Harness server(town.db, town.random, town.now);
  Connection& c = server.online(town.mentor.primary());
  for (int k = 0; k < 2; ++k)
    ASSERT_EQ(server.code(c, post_message(random_id<MessageId>(town.random),
                                          {town.participant.primary().id()})),
              0);
  // The first one lasts longer, as when the time to live was shortened since.
  town.db.run("UPDATE mailbox SET expires_at = expires_at + ? WHERE id = 1", 100 * day);
  town.now += 32 * day;
  server.settle();
  auto q = town.db.query("SELECT id FROM mailbox");
  ASSERT_TRUE(q.step());
  EXPECT_EQ(q.integer(0), 1);
  EXPECT_FALSE(q.step());
}

}  // namespace
}  // namespace livlina::testing

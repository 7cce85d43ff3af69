// The simulation's own judge: what it expects is right by hand-made cases, and it notices what has
// gone wrong.
#include "tests/sim/oracle.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace livlina::testing::sim {
namespace {

constexpr Instant monday_8 = 1'772'438'400'000;             // 2026-03-02 08:00 UTC
constexpr Instant spring = monday_8 - 8 * hour + 27 * day;  // 2026-03-29 00:00 UTC
constexpr Instant autumn = spring + 210 * day;              // 2026-10-25 00:00 UTC

std::vector<Instant> dues(std::vector<WeeklyMinute> times, Instant from, Instant to) {
  std::vector<Instant> out;
  for (const DueTime& t : due_times({std::move(times), 0, minute, {}}, from, to))
    out.push_back(t.due);
  return out;
}

TEST(SimDueTimes, H01_a_skipped_time_is_due_at_the_first_instant_after_the_gap) {
  const std::vector<WeeklyMinute> times{{0x7f, 2 * 60 + 15}, {0x7f, 2 * 60 + 45}, {0x7f, 180}};
  EXPECT_EQ(dues(times, spring, spring + 12 * hour), std::vector<Instant>{spring + hour});
}

TEST(SimDueTimes, H02_a_repeated_time_is_due_once) {
  EXPECT_EQ(dues({{0x7f, 2 * 60 + 30}}, autumn - hour, autumn + 12 * hour),
            std::vector<Instant>{autumn + 30 * minute});
}

TEST(SimDueTimes, weekdays_are_those_of_the_local_day) {
  // Tuesday 00:30 in Stockholm is Monday 23:30 UTC.
  EXPECT_EQ(dues({{0x02, 30}}, monday_8, monday_8 + 7 * day),
            std::vector<Instant>{monday_8 + 15 * hour + 30 * minute});
}

std::vector<Instant> dues(const Every& every, Instant from, Instant to) {
  std::vector<Instant> out;
  for (const DueTime& t : due_times({{}, 0, minute, {}, every}, from, to)) out.push_back(t.due);
  return out;
}

// From 22:00 to 06:00, every two hours.
TEST(SimDueTimes, H01_H02_of_a_window_it_is_elapsed_time_that_counts) {
  const Every nights{0x7f, 22 * 60, 8 * 60, 120};
  std::vector<Instant> shorter;
  for (Instant t = spring - 3 * hour; t <= spring + 3 * hour; t += 2 * hour) shorter.push_back(t);
  EXPECT_EQ(dues(nights, spring - 12 * hour, spring + 12 * hour), shorter);
  std::vector<Instant> longer;
  for (Instant t = autumn - 4 * hour; t <= autumn + 4 * hour; t += 2 * hour) longer.push_back(t);
  EXPECT_EQ(dues(nights, autumn - 12 * hour, autumn + 12 * hour), longer);
  EXPECT_EQ(dues(nights, autumn, autumn + 12 * hour).size(), 2U) << "also from its middle on";
}

TEST(SimDueTimes, H01_a_window_in_the_gap_is_due_once) {
  EXPECT_EQ(dues(Every{0x7f, 125, 50, 30}, spring - hour, spring + 12 * hour),
            std::vector<Instant>{spring + hour});
}

TEST(SimDueTimes, a_window_ends_with_what_is_whole_in_it) {
  // Mondays from 09:00 to 11:59, every hour.
  EXPECT_EQ(dues(Every{1, 540, 179, 60}, monday_8 - hour, monday_8 + 6 * day),
            (std::vector<Instant>{monday_8, monday_8 + hour, monday_8 + 2 * hour}));
}

// Daily at 10, 12 and 14 UTC in winter, open half an hour before, ten minutes of grace.
class SimExpected : public ::testing::Test {
 protected:
  std::vector<Expected> slots(const std::vector<Interval>& outages,
                              const std::vector<Answer>& answers = {}) {
    const Timetable table{{{0x7f, 660}, {0x7f, 780}, {0x7f, 900}}, 30 * minute, 10 * minute, {}};
    return expected_slots(table, monday_8, monday_8 + 8 * hour, outages, answers);
  }
  std::vector<Fate> fates(const std::vector<Interval>& outages,
                          const std::vector<Answer>& answers = {}) {
    std::vector<Fate> out;
    for (const Expected& e : slots(outages, answers)) out.push_back(e.fate);
    return out;
  }
  static Answer ok_at(Instant at) { return {at, 1, at, 0, false}; }
  using Fates = std::vector<Fate>;
  static constexpr Instant ten = monday_8 + 2 * hour;
  static constexpr Fate answered = Fate::answered, missed = Fate::missed, excused = Fate::excused;
};

TEST_F(SimExpected, G1_at_the_deadline_is_in_time_and_a_moment_later_is_not) {
  EXPECT_EQ(fates({}, {ok_at(ten + 10 * minute), ok_at(ten + 130 * minute + 1)}),
            (Fates{answered, missed, missed}));
  EXPECT_EQ(slots({})[0].missed_at, ten + 10 * minute + 1);
}

TEST_F(SimExpected, H05_before_the_opening_counts_for_nothing) {
  EXPECT_EQ(fates({}, {ok_at(ten - 30 * minute - 1)})[0], missed);
  EXPECT_EQ(fates({}, {ok_at(ten - 30 * minute)})[0], answered);
}

TEST_F(SimExpected, G6_of_those_wholly_in_an_outage_the_newest_is_asked_again) {
  const Interval outage{monday_8 + hour, ten + 3 * hour};
  EXPECT_EQ(fates({outage}), (Fates{excused, missed, missed}));
  EXPECT_EQ(slots({outage})[1].deadline, outage.to + 15 * minute);
  EXPECT_EQ(fates({outage}, {ok_at(outage.to + 15 * minute)}), (Fates{excused, answered, missed}));
}

TEST_F(SimExpected, G6_one_that_overlaps_is_extended_once) {
  const Interval first{ten - 5 * minute, ten + 5 * minute};
  const Interval second_one{ten + 12 * minute, ten + 30 * minute};
  EXPECT_EQ(slots({first})[0].deadline, first.to + 15 * minute);
  EXPECT_EQ(fates({first, second_one}, {ok_at(ten + 31 * minute)})[0], missed);
}

TEST_F(SimExpected, G1_an_old_word_is_no_answer) {
  Answer old{ten, 1, ten - 46 * minute, 0, false};
  EXPECT_EQ(fates({}, {old})[0], missed);
  old.slot = ten;  // it names the slot
  EXPECT_EQ(fates({}, {old})[0], answered);
}

// The phone shows the words after a hidden alarm under other numbers than it signed them with.
TEST(SimLedger, T30_receipts_after_a_hidden_alarm_are_those_of_the_words_that_they_answer) {
  const Scenario story = story_of_a_hidden_alarm();
  Play play(story);
  play.run();
  EXPECT_EQ(play.problems, std::vector<std::string>());
  EXPECT_EQ(Oracle(play).differences(), std::vector<std::string>());
  std::vector<std::string> words;
  for (const Press& p : play.ledger.presses)
    if (p.decoy)
      words.push_back((p.type == 1 ? "check-in " : "alarm ") + std::to_string(p.answer) +
                      (p.accepted ? " answered" : "") + (p.hidden ? " hidden" : ""));
  EXPECT_EQ(words, (std::vector<std::string>{"check-in 1 answered", "alarm 2 hidden",
                                             "check-in 3 answered", "check-in 1 answered"}));
}

// A story that ended well, and what a bug might have left instead.
TEST(SimOracle, I1_I4_M1_notices_what_has_gone_wrong) {
  const Scenario story = story_of_checkins();
  Play play(story);
  play.run();
  ASSERT_EQ(play.problems, std::vector<std::string>());
  ASSERT_EQ(Oracle(play).differences(), std::vector<std::string>());
  const struct {
    const char* sql;
    const char* noticed;
  } bugs[] = {
      {"DELETE FROM trigger_row WHERE kind = 1", "G1 no trigger"},
      {"UPDATE trigger_row SET at = at + 60000 WHERE kind = 1", "was noticed at"},
      {"UPDATE occurrence SET state = 3, answer = 0, answered_by = NULL, answered_at = NULL "
       "WHERE state = 2",
       "state is 3, not 2"},
      {"DELETE FROM occurrence WHERE state = 2", "I2 not there"},
      {"DELETE FROM act WHERE act = 9", "I9 an act that was answered is not there"},
      {"UPDATE incident SET severity = 1", "rule 4"},
      {"DELETE FROM notification WHERE incident IS NOT NULL", "G4 nobody was paged"},
      {"UPDATE schedule SET state = 3, next_at = NULL", "I2 not armed"},
  };
  server::store::Db& db = play.cast.world.db();
  for (const auto& bug : bugs) {
    db.exec("PRAGMA foreign_keys = OFF");
    db.begin();
    db.exec(bug.sql);
    const std::vector<std::string> found = Oracle(play).differences();
    db.rollback();
    EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const std::string& f) {
      return f.find(bug.noticed) != std::string::npos;
    })) << bug.sql;
  }
  play.ledger.deeds.clear();  // as if nobody had signed
  const std::vector<std::string> found = Oracle(play).differences();
  EXPECT_TRUE(std::any_of(found.begin(), found.end(), [](const std::string& f) {
    return f.find("G3 nobody signed the end") != std::string::npos;
  }));
}

}  // namespace
}  // namespace livlina::testing::sim

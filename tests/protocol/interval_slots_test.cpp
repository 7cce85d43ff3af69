// Slots of the rule "every so many minutes in a window of local days".
#include <gtest/gtest.h>

#include <list>
#include <set>

#include "protocol/schedule/slots.hpp"
#include "tests/protocol/local_clock.hpp"
#include "tests/protocol/record_samples.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

// Open when due, for one minute, unless said otherwise.
Schedule every(const std::string& zone, const IntervalWindow& window, Instant from, Instant to,
               std::uint32_t opens_before_s = 0, std::uint32_t grace_s = 60) {
  Schedule s = sample_interval_plan().schedules[0];
  s.zone = zone;
  s.interval = window;
  s.valid_from = from;
  s.valid_to = to;
  s.opens_before_s = opens_before_s;
  s.grace_s = grace_s;
  s.reminders_s = {};
  return s;
}

std::vector<Slot> all(const Schedule& s) {
  return slots_between(s, s.valid_from - 30 * day, s.valid_to + 30 * day, 100000, tzdata_zones())
      .list;
}

std::vector<Instant> dues(const Schedule& s) {
  std::vector<Instant> out;
  for (const Slot& slot : all(s)) out.push_back(slot.due);
  return out;
}

using Dues = std::vector<Instant>;
constexpr IntervalWindow nights{0x7f, 22 * 60, 8 * 60, 120};  // 22:00 to 06:00, every 2 h

TEST(IntervalSlots, the_first_is_at_the_start_and_one_at_the_end_counts) {
  const Schedule s =
      every("UTC", {0x7f, 8 * 60, 12 * 60, 4 * 60}, utc(2026, 6, 1), utc(2026, 6, 2), 3600, 1800);
  const auto slots = all(s);
  ASSERT_EQ(slots.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(slots[i].due, utc(2026, 6, 1, 8 + 4 * static_cast<int>(i)));
    EXPECT_EQ(slots[i].opens_at, slots[i].due - hour);
    EXPECT_EQ(slots[i].deadline, slots[i].due + 30 * minute);
    EXPECT_EQ(slots[i].index, i);
    EXPECT_EQ(slots[i].day, utc(2026, 6, 1) / day);
    EXPECT_EQ(slots[i].schedule, s.id);
  }
}

TEST(IntervalSlots, what_is_left_of_the_window_is_no_check_in) {
  EXPECT_EQ(
      dues(every("UTC", {0x7f, 8 * 60, 12 * 60 - 1, 4 * 60}, utc(2026, 6, 1), utc(2026, 6, 2))),
      (Dues{utc(2026, 6, 1, 8), utc(2026, 6, 1, 12), utc(2026, 6, 1, 16)}));
}

TEST(IntervalSlots, a_night_belongs_to_the_day_on_which_it_starts) {
  // Saturdays only: the window of Saturday goes on until Sunday.
  const auto slots =
      all(every("UTC", {0x20, 22 * 60, 8 * 60, 240}, utc(2026, 6, 1), utc(2026, 6, 15)));
  ASSERT_EQ(slots.size(), 6U);
  EXPECT_EQ(slots[0].due, utc(2026, 6, 6, 22));
  EXPECT_EQ(slots[1].due, utc(2026, 6, 7, 2));
  EXPECT_EQ(slots[2].due, utc(2026, 6, 7, 6));
  EXPECT_EQ(slots[2].day, utc(2026, 6, 6) / day);
  EXPECT_EQ(slots[2].index, 2);
  EXPECT_EQ(slots[3].due, utc(2026, 6, 13, 22));
  EXPECT_EQ(slots[3].index, 0);
}

TEST(IntervalSlots, a_validity_from_the_middle_of_a_window_moves_nothing) {
  const auto slots = all(every("UTC", nights, utc(2026, 6, 2, 0, 30), utc(2026, 6, 2, 6)));
  ASSERT_EQ(slots.size(), 2U) << "at six the validity is over";
  EXPECT_EQ(slots[0].due, utc(2026, 6, 2, 2));
  EXPECT_EQ(slots[0].day, utc(2026, 6, 1) / day);
  EXPECT_EQ(slots[0].index, 2);
  EXPECT_EQ(slots[1].due, utc(2026, 6, 2, 4));
}

TEST(IntervalSlots, H01_the_night_that_is_an_hour_shorter) {
  EXPECT_EQ(
      dues(every("Europe/Stockholm", nights, utc(2026, 3, 28, 12), utc(2026, 3, 29, 12))),
      (Dues{utc(2026, 3, 28, 21), utc(2026, 3, 28, 23), utc(2026, 3, 29, 1), utc(2026, 3, 29, 3)}))
      << "22:00, 00:00, 03:00, 05:00 by the clock";
}

TEST(IntervalSlots, H02_the_night_that_is_an_hour_longer) {
  const auto slots =
      all(every("Europe/Stockholm", nights, utc(2026, 10, 24, 12), utc(2026, 10, 25, 12)));
  ASSERT_EQ(slots.size(), 5U) << "22:00, 00:00, 02:00, 03:00, 05:00 by the clock";
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(slots[i].due, utc(2026, 10, 24, 20) + static_cast<Duration>(i) * 2 * hour);
    EXPECT_EQ(slots[i].index, i);
    EXPECT_EQ(slots[i].day, utc(2026, 10, 24) / day);
  }
}

TEST(IntervalSlots, H01_a_window_that_starts_in_the_gap_starts_after_it) {
  // 02:30 to 06:30, every hour.
  EXPECT_EQ(
      dues(every("Europe/Stockholm", {0x40, 150, 240, 60}, utc(2026, 3, 29), utc(2026, 3, 30))),
      (Dues{utc(2026, 3, 29, 1), utc(2026, 3, 29, 2), utc(2026, 3, 29, 3), utc(2026, 3, 29, 4)}));
}

TEST(IntervalSlots, H01_a_window_that_ends_in_the_gap_ends_after_it) {
  // 00:00 to 02:15, every 30 minutes.
  EXPECT_EQ(dues(every("Europe/Stockholm", {0x40, 0, 135, 30}, utc(2026, 3, 28, 12),
                       utc(2026, 3, 29, 12))),
            (Dues{utc(2026, 3, 28, 23), utc(2026, 3, 28, 23, 30), utc(2026, 3, 29),
                  utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 1)}));
}

TEST(IntervalSlots, H01_a_window_in_the_gap_is_one_slot) {
  EXPECT_EQ(
      dues(every("Europe/Stockholm", {0x40, 125, 50, 30}, utc(2026, 3, 29), utc(2026, 3, 30))),
      Dues{utc(2026, 3, 29, 1)});
}

TEST(IntervalSlots, H02_a_window_starts_when_its_time_comes_first) {
  // 02:30 to 06:30, every hour.
  EXPECT_EQ(
      dues(every("Europe/Stockholm", {0x40, 150, 240, 60}, utc(2026, 10, 25), utc(2026, 10, 26))),
      (Dues{utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30), utc(2026, 10, 25, 2, 30),
            utc(2026, 10, 25, 3, 30), utc(2026, 10, 25, 4, 30), utc(2026, 10, 25, 5, 30)}));
}

TEST(IntervalSlots, H02_a_window_ends_when_its_time_comes_first) {
  // 01:00 to 02:30, every 30 minutes.
  EXPECT_EQ(dues(every("Europe/Stockholm", {0x40, 60, 90, 30}, utc(2026, 10, 24, 12),
                       utc(2026, 10, 25, 12))),
            (Dues{utc(2026, 10, 24, 23), utc(2026, 10, 24, 23, 30), utc(2026, 10, 25),
                  utc(2026, 10, 25, 0, 30)}));
}

TEST(IntervalSlots, H01_H02_a_change_of_half_an_hour) {
  // Lord Howe: 02:00 becomes 02:30 on 4 October, and 01:30 on 5 April.
  EXPECT_EQ(dues(every("Australia/Lord_Howe", nights, utc(2026, 10, 3, 4), utc(2026, 10, 4, 4))),
            (Dues{utc(2026, 10, 3, 11, 30), utc(2026, 10, 3, 13, 30), utc(2026, 10, 3, 15, 30),
                  utc(2026, 10, 3, 17, 30)}));
  EXPECT_EQ(dues(every("Australia/Lord_Howe", nights, utc(2026, 4, 4, 4), utc(2026, 4, 5, 4))),
            (Dues{utc(2026, 4, 4, 11), utc(2026, 4, 4, 13), utc(2026, 4, 4, 15),
                  utc(2026, 4, 4, 17), utc(2026, 4, 4, 19)}));
}

// Samoa had no 30 December 2011: 20:00 to 08:00, every 4 h.
TEST(IntervalSlots, H01_a_skipped_day) {
  const Schedule s = every("Pacific/Apia", {0x7f, 20 * 60, 12 * 60, 240}, utc(2011, 12, 29, 5),
                           utc(2011, 12, 31, 12));
  const auto slots = all(s);
  EXPECT_EQ(dues(s), (Dues{utc(2011, 12, 29, 6), utc(2011, 12, 29, 10), utc(2011, 12, 29, 14),
                           utc(2011, 12, 29, 18), utc(2011, 12, 30, 6), utc(2011, 12, 30, 10),
                           utc(2011, 12, 30, 14), utc(2011, 12, 30, 18), utc(2011, 12, 31, 6),
                           utc(2011, 12, 31, 10)}));
  ASSERT_EQ(slots.size(), 10U);
  // The night of the 29th ends where the 31st begins; that of the 30th starts there.
  EXPECT_EQ(slots[5].day, utc(2011, 12, 29) / day);
  EXPECT_EQ(slots[5].index, 1);
  EXPECT_EQ(slots[6].day, utc(2011, 12, 30) / day);
  EXPECT_EQ(slots[6].index, 1);
  EXPECT_EQ(next_slot(s, slots[4].opens_at, tzdata_zones())->day, slots[5].day);
}

TEST(IntervalSlots, one_by_one_gives_the_same_as_all_at_once) {
  for (const auto& [zone, year] :
       {std::pair("Australia/Lord_Howe", 2026), std::pair("Pacific/Apia", 2011),
        std::pair("Europe/Stockholm", 2026)}) {
    const Schedule s = every(zone, {0x5b, 20 * 60, 12 * 60, 100}, utc(year, 1, 1),
                             utc(year + 1, 1, 20), 1800, 900);
    const auto slots = all(s);
    ASSERT_GT(slots.size(), 1500U);
    Instant after = 0;
    for (const Slot& slot : slots) {
      const auto next = next_slot(s, after, tzdata_zones());
      ASSERT_TRUE(next);
      ASSERT_EQ(next->due, slot.due);
      ASSERT_EQ(next->day, slot.day) << slot.due;
      ASSERT_EQ(next->index, slot.index) << slot.due;
      ASSERT_GT(slot.opens_at, after);
      // Anywhere before it, not only where the one before it opened.
      ASSERT_EQ(next_slot(s, slot.opens_at - 1, tzdata_zones())->day, slot.day);
      after = slot.opens_at;
    }
    EXPECT_FALSE(next_slot(s, after, tzdata_zones()));
  }
}

// The rules of the zone end at some day.
class EndingZones final : public Zones {
 public:
  explicit EndingZones(LocalDay until) : until_(until) {}
  [[nodiscard]] bool known(const std::string&) const override { return true; }
  [[nodiscard]] std::optional<Instant> resolve(const std::string& zone, LocalDay date,
                                               int minute_of_day) const override {
    if (date > until_) return std::nullopt;
    return tzdata_zones().resolve(zone, date, minute_of_day);
  }
  [[nodiscard]] std::optional<LocalDay> local_day(const std::string& zone,
                                                  Instant at) const override {
    return tzdata_zones().local_day(zone, at);
  }

 private:
  LocalDay until_;
};

TEST(IntervalSlots, G1_a_night_whose_end_cannot_be_read_is_not_the_end_of_a_schedule) {
  const Schedule s = every("UTC", nights, utc(2026, 6, 1, 12), utc(2026, 6, 9));
  const EndingZones zones(static_cast<LocalDay>(utc(2026, 6, 3) / day));
  const auto some = slots_between(s, 0, utc(2027, 1, 1), 99, zones);
  EXPECT_EQ(some.list.size(), 10U) << "two nights of five";
  EXPECT_FALSE(some.computed);
  EXPECT_FALSE(next_slot(s, utc(2026, 6, 3, 7), zones).computed);
  EXPECT_TRUE(next_slot(s, utc(2026, 6, 3, 5), zones).computed);
  const Schedule lost = every("Europe/Atlantis", nights, utc(2026, 6, 1), utc(2026, 6, 9));
  EXPECT_FALSE(next_slot(lost, 0, tzdata_zones()).computed);
}

// A row of a damaged database: no plan that was verified says this.
TEST(IntervalSlots, an_interval_of_nothing_ends) {
  EXPECT_EQ(dues(every("UTC", {0x7f, 0, 60, 0}, utc(2026, 6, 1), utc(2026, 6, 2))).size(), 3U);
}

// Independent of this code and of its time-zone library: walks every minute with the C library's
// clock. A window runs from the first minute at which the clock shows its start, or something
// later, until the first at which it shows its end.
class WindowWalk {
 public:
  explicit WindowWalk(const IntervalWindow& window) : window_(window) {}
  // The clock has gone on from showing `shown` to showing `now`.
  void minute_at(Instant t, const Shown& shown, const Shown& now) {
    for (LocalDay d = shown.first; d <= now.first; ++d) {
      const Shown start(d, int{window_.from});
      const int end = window_.from + window_.length;
      if ((window_.weekdays >> ((d + 3) % 7) & 1) != 0 && start > shown && start <= now)
        running_.push_back({t, {d + end / 1440, end % 1440}});
    }
    for (auto w = running_.begin(); w != running_.end();) {
      if ((t - w->since) % (window_.every * minute) == 0) due.insert(t);
      w = w->end <= now ? running_.erase(w) : std::next(w);
    }
  }
  std::set<Instant> due;

 private:
  struct Running {
    Instant since;
    Shown end;
  };
  IntervalWindow window_;
  std::list<Running> running_;
};

TEST(IntervalSlots, I2_the_minute_by_minute_oracle_agrees) {
  const struct {
    const char* zone;
    int year;
  } cases[] = {{"Europe/Stockholm", 2026}, {"America/New_York", 2027},
               {"Asia/Kolkata", 2026},     {"Australia/Lord_Howe", 2026},
               {"Pacific/Apia", 2011},     {"Africa/Casablanca", 2026},
               {"America/Santiago", 2026}, {"Europe/Lisbon", 2026}};
  const IntervalWindow windows[] = {
      nights, {0x7f, 0, 23 * 60, 95}, {0x2a, 100, 75, 30}, {0x55, 23 * 60 + 59, 1438, 1438}};
  for (const auto& c : cases) {
    const Instant from = utc(c.year, 1, 1);
    const Instant to = utc(c.year + 1, 2, 1);
    std::vector<WindowWalk> walks(std::begin(windows), std::end(windows));
    {
      const LocalClock clock(c.zone);
      Shown shown = clock.at(from - 3 * day - minute);
      for (Instant t = from - 3 * day; t < to; t += minute) {
        const Shown now = std::max(shown, clock.at(t));
        for (WindowWalk& walk : walks) walk.minute_at(t, shown, now);
        shown = now;
      }
    }
    for (std::size_t i = 0; i < walks.size(); ++i) {
      std::set<Instant> due;
      for (const Slot& slot : all(every(c.zone, windows[i], from, to))) due.insert(slot.due);
      walks[i].due.erase(walks[i].due.begin(), walks[i].due.lower_bound(from));
      ASSERT_GT(walks[i].due.size(), 200U) << c.zone << " " << i;
      EXPECT_EQ(due, walks[i].due) << c.zone << " " << i;
    }
  }
}

// Rule 19: whatever the clocks do, a check-in of a window opens after the deadline of the one
// before it, and the next window's come nearer only by what the clock was put forward.
TEST(IntervalSlots, H01_H02_no_two_are_open_at_once_within_a_window) {
  for (const char* zone : {"Europe/Stockholm", "Australia/Lord_Howe", "America/Santiago"}) {
    // Half an hour and 29 minutes; an hour from the end to the next start.
    const Schedule s =
        every(zone, {0x7f, 21 * 60, 23 * 60, 60}, utc(2026, 1, 1), utc(2027, 1, 1), 1800, 29 * 60);
    const auto slots = all(s);
    for (std::size_t i = 1; i < slots.size(); ++i) {
      if (slots[i].day == slots[i - 1].day) {
        ASSERT_GT(slots[i].opens_at, slots[i - 1].deadline) << zone << slots[i].due;
      }
      ASSERT_GT(slots[i].opens_at, slots[i - 1].opens_at) << zone << slots[i].due;
    }
  }
}

}  // namespace
}  // namespace livlina::testing

#include "protocol/schedule/slots.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/protocol/local_clock.hpp"
#include "tests/protocol/record_samples.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

Schedule schedule(const std::string& zone, std::vector<WeeklyTime> times, Instant from, Instant to,
                  std::uint32_t opens_before_s = 3600, std::uint32_t grace_s = 1800) {
  Schedule s = sample_schedule();
  s.zone = zone;
  s.times = std::move(times);
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

bool same(const Slot& a, const Slot& b) {
  return a.schedule == b.schedule && a.day == b.day && a.index == b.index &&
         a.opens_at == b.opens_at && a.due == b.due && a.deadline == b.deadline;
}

TEST(Slots, a_slot_opens_before_and_ends_after_its_due_time) {
  const Schedule s = schedule("UTC", {{0x7f, 480}}, utc(2026, 1, 1), utc(2027, 1, 1), 7200, 1800);
  const auto slot = next_slot(s, utc(2026, 6, 1), tzdata_zones());
  ASSERT_TRUE(slot);
  EXPECT_EQ(slot->due, utc(2026, 6, 1, 8));
  EXPECT_EQ(slot->opens_at, utc(2026, 6, 1, 6));
  EXPECT_EQ(slot->deadline, utc(2026, 6, 1, 8, 30));
  EXPECT_EQ(slot->day, utc(2026, 6, 1) / day);
  EXPECT_EQ(slot->index, 0);
  EXPECT_EQ(slot->schedule, s.id);
}

TEST(Slots, next_means_opening_after_the_given_instant) {
  const Schedule s = schedule("UTC", {{0x7f, 480}}, utc(2026, 1, 1), utc(2027, 1, 1));
  const Instant opens = utc(2026, 6, 1, 7);
  EXPECT_EQ(next_slot(s, opens - 1, tzdata_zones())->opens_at, opens);
  EXPECT_EQ(next_slot(s, opens, tzdata_zones())->opens_at, opens + day);
  EXPECT_EQ(slots_between(s, opens - 1, opens, 9, tzdata_zones()).list.size(), 1U);
  EXPECT_EQ(slots_between(s, opens, opens + day - 1, 9, tzdata_zones()).list.size(), 0U);
  EXPECT_EQ(slots_between(s, opens, opens + 5 * day, 3, tzdata_zones()).list.size(), 3U);
  EXPECT_EQ(slots_between(s, opens, opens + 5 * day, 0, tzdata_zones()).list.size(), 0U);
}

TEST(Slots, H01_a_skipped_hour_is_due_when_the_clock_has_jumped) {
  const Schedule s = schedule("Europe/Stockholm", {{0x40, 150}}, utc(2026, 3, 23), utc(2026, 4, 6));
  const auto slots = all(s);
  ASSERT_EQ(slots.size(), 2U);
  EXPECT_EQ(slots[0].due, utc(2026, 3, 29, 1, 0));
  EXPECT_EQ(slots[0].day, utc(2026, 3, 29) / day);
  EXPECT_EQ(slots[1].due, utc(2026, 4, 5, 0, 30));
}

TEST(Slots, H02_a_repeated_hour_is_due_once) {
  const Schedule s =
      schedule("Europe/Stockholm", {{0x40, 150}}, utc(2026, 10, 19), utc(2026, 11, 2));
  const auto slots = all(s);
  ASSERT_EQ(slots.size(), 2U);
  EXPECT_EQ(slots[0].due, utc(2026, 10, 25, 0, 30));
  EXPECT_EQ(slots[1].due, utc(2026, 11, 1, 1, 30));
  EXPECT_EQ(next_slot(s, slots[0].opens_at, tzdata_zones())->due, slots[1].due);
}

TEST(Slots, H01_times_skipped_together_are_one_slot) {
  const Schedule s = schedule("Europe/Stockholm", {{0x40, 130}, {0x40, 150}, {0x40, 170}},
                              utc(2026, 3, 29), utc(2026, 3, 30), 0, 60);
  const auto slots = all(s);
  ASSERT_EQ(slots.size(), 1U);
  EXPECT_EQ(slots[0].index, 0);
  EXPECT_EQ(slots[0].due, utc(2026, 3, 29, 1, 0));
}

TEST(Slots, H01_a_skipped_day_is_due_once_at_its_end) {
  const Schedule s = schedule("Pacific/Apia", {{0x7f, 480}, {0x7f, 1200}}, utc(2011, 12, 28, 12),
                              utc(2012, 1, 1), 0, 60);
  std::vector<Instant> due;
  for (const Slot& slot : all(s)) due.push_back(slot.due);
  EXPECT_EQ(
      due, (std::vector<Instant>{utc(2011, 12, 28, 18), utc(2011, 12, 29, 6), utc(2011, 12, 29, 18),
                                 utc(2011, 12, 30, 6), utc(2011, 12, 30, 10), utc(2011, 12, 30, 18),
                                 utc(2011, 12, 31, 6), utc(2011, 12, 31, 18)}));
}

// The first instant of the validity is the end of the skipped day: its slot is still that day's.
TEST(Slots, H01_a_skipped_day_counts_at_the_first_instant_of_the_validity) {
  const Schedule s =
      schedule("Pacific/Apia", {{0x7f, 480}}, utc(2011, 12, 30, 10), utc(2012, 1, 1), 0, 60);
  const auto slots = all(s);
  ASSERT_EQ(slots.size(), 3U);
  EXPECT_EQ(slots[0].due, s.valid_from);
  EXPECT_EQ(slots[0].day, utc(2011, 12, 30) / day);
}

TEST(Slots, the_index_counts_the_times_of_that_weekday_in_order) {
  // Monday has 20:00 and 08:00, Tuesday 20:00 alone; written in any order.
  const Schedule s = schedule("UTC", {{0x03, 1200}, {0x01, 480}}, utc(2026, 6, 1), utc(2026, 6, 3));
  const auto slots = all(s);
  ASSERT_EQ(slots.size(), 3U);
  EXPECT_EQ(slots[0].due, utc(2026, 6, 1, 8));
  EXPECT_EQ(slots[0].index, 0);
  EXPECT_EQ(slots[1].due, utc(2026, 6, 1, 20));
  EXPECT_EQ(slots[1].index, 1);
  EXPECT_EQ(slots[2].due, utc(2026, 6, 2, 20));
  EXPECT_EQ(slots[2].index, 0);
}

TEST(Slots, the_only_weekday_may_be_six_days_off) {
  for (int weekday = 0; weekday < 7; ++weekday) {
    const Schedule s =
        schedule("America/New_York", {{static_cast<std::uint8_t>(1 << weekday), 1439}},
                 utc(2026, 1, 1), utc(2030, 1, 1), 24 * 3600);
    for (int hours = 0; hours < 24 * 8; ++hours) {
      const Instant after = utc(2026, 6, 1) + hours * hour;
      const auto slot = next_slot(s, after, tzdata_zones());
      ASSERT_TRUE(slot) << weekday << " " << hours;
      EXPECT_GT(slot->opens_at, after);
      EXPECT_LE(slot->opens_at, after + 7 * day);
      EXPECT_EQ(((slot->day + 3) % 7), weekday);
    }
  }
}

TEST(Slots, nothing_is_due_outside_the_validity) {
  const Instant from = utc(2026, 6, 1, 8);
  const Schedule s = schedule("UTC", {{0x7f, 480}}, from, from + 3 * day);
  const auto slots = all(s);
  ASSERT_EQ(slots.size(), 3U);  // due at valid_from counts, due at valid_to does not
  EXPECT_EQ(slots.front().due, from);
  EXPECT_EQ(slots.back().due, from + 2 * day);
  EXPECT_FALSE(next_slot(s, slots.back().opens_at, tzdata_zones()));
  EXPECT_FALSE(next_slot(s, from + 3 * day, tzdata_zones()));
  EXPECT_FALSE(next_slot(s, std::numeric_limits<Instant>::max(), tzdata_zones()));
  EXPECT_EQ(next_slot(s, std::numeric_limits<Instant>::min(), tzdata_zones())->due, from);
  EXPECT_EQ(next_slot(s, 0, tzdata_zones())->due, from);
}

// Rules that can be read for some days only, like a file that is replaced while it is read.
class FailingZones final : public Zones {
 public:
  explicit FailingZones(LocalDay readable_until) : until_(readable_until) {}
  [[nodiscard]] bool known(const std::string& zone) const override {
    return tzdata_zones().known(zone);
  }
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

TEST(Slots, G1_an_unknown_zone_is_not_the_end_of_a_schedule) {
  const Schedule s = schedule("Europe/Atlantis", {{0x7f, 480}}, utc(2026, 1, 1), utc(2027, 1, 1));
  const auto next = next_slot(s, utc(2026, 6, 1), tzdata_zones());
  EXPECT_FALSE(next);
  EXPECT_FALSE(next.computed);
  const auto some = slots_between(s, utc(2026, 6, 1), utc(2026, 7, 1), 9, tzdata_zones());
  EXPECT_TRUE(some.list.empty());
  EXPECT_FALSE(some.computed);
  EXPECT_TRUE(next_slot(s, s.valid_to, tzdata_zones()).computed) << "this end needs no zone";
}

TEST(Slots, G1_rules_that_cannot_be_read_on_the_way_are_told_from_the_end) {
  const Schedule s = schedule("UTC", {{0x7f, 480}}, utc(2026, 6, 1), utc(2026, 6, 9));
  const FailingZones zones(static_cast<LocalDay>(utc(2026, 6, 3) / day));
  const auto some = slots_between(s, 0, utc(2027, 1, 1), 99, zones);
  EXPECT_EQ(some.list.size(), 3U);
  EXPECT_FALSE(some.computed);
  EXPECT_TRUE(slots_between(s, 0, utc(2026, 6, 2, 12), 2, zones).computed) << "as many as asked";
  EXPECT_TRUE(next_slot(s, 0, zones).computed);
  EXPECT_FALSE(next_slot(s, utc(2026, 6, 3, 12), zones).computed);
  const auto whole = slots_between(s, 0, utc(2027, 1, 1), 99, tzdata_zones());
  EXPECT_EQ(whole.list.size(), 8U);
  EXPECT_TRUE(whole.computed);
}

TEST(Slots, one_by_one_gives_the_same_as_all_at_once) {
  const Schedule s = schedule("Australia/Lord_Howe", {{0x7f, 105}, {0x2a, 135}, {0x55, 700}},
                              utc(2026, 1, 1), utc(2027, 1, 1), 60, 60);
  const auto slots = all(s);
  ASSERT_GT(slots.size(), 700U);
  Instant after = 0;
  for (const Slot& slot : slots) {
    const auto next = next_slot(s, after, tzdata_zones());
    ASSERT_TRUE(next);
    ASSERT_TRUE(same(*next.slot, slot)) << slot.day << " " << slot.index;
    ASSERT_GT(slot.opens_at, after);
    after = slot.opens_at;
  }
  EXPECT_FALSE(next_slot(s, after, tzdata_zones()));
}

// Independent of this code and of its time-zone library: walks every minute with the C library's
// clock. A time is due at the first minute at which the local clock shows it or something later.
std::set<Instant> oracle(const Schedule& s) {
  const LocalClock clock(s.zone);
  std::set<Instant> out;
  Shown shown{-1000000, 0};  // the latest local time that the clock has shown
  for (Instant t = s.valid_from - 3 * day; t < s.valid_to; t += minute) {
    const Shown now = clock.at(t);
    if (now <= shown) continue;
    // Every local time in (shown, now] is due now.
    for (LocalDay d = std::max(shown.first, now.first - 2); d <= now.first; ++d)
      for (const WeeklyTime& time : s.times)
        if ((time.weekdays >> ((d + 3) % 7) & 1) != 0 && Shown(d, int{time.minute}) > shown &&
            Shown(d, int{time.minute}) <= now && t >= s.valid_from)
          out.insert(t);
    shown = now;
  }
  return out;
}

TEST(Slots, I2_the_minute_by_minute_oracle_agrees) {
  const struct {
    const char* zone;
    int year;
  } cases[] = {{"Europe/Stockholm", 2026}, {"America/New_York", 2027},
               {"Asia/Kolkata", 2026},     {"Australia/Lord_Howe", 2026},
               {"Pacific/Apia", 2011},     {"Africa/Casablanca", 2026},
               {"America/Santiago", 2026}};
  for (const auto& c : cases) {
    const Schedule s = schedule(c.zone, {{0x7f, 0}, {0x7f, 105}, {0x7f, 150}, {0x2a, 1439}},
                                utc(c.year, 1, 1), utc(c.year + 1, 2, 1), 60, 60);
    std::set<Instant> due;
    for (const Slot& slot : all(s)) due.insert(slot.due);
    const std::set<Instant> expected = oracle(s);
    ASSERT_GT(expected.size(), 1000U) << c.zone;
    EXPECT_EQ(due, expected) << c.zone;
  }
}

}  // namespace
}  // namespace livlina::testing

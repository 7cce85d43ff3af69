// Local times to instants over the system's tzdata: skipped, repeated and ordinary ones.
#include <gtest/gtest.h>

#include <chrono>

#include "protocol/schedule/slots.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

LocalDay local_date(int y, unsigned m, unsigned d) {
  const std::chrono::sys_days days =
      std::chrono::year{y} / std::chrono::month{m} / std::chrono::day{d};
  return static_cast<LocalDay>(days.time_since_epoch().count());
}
Instant utc(int y, unsigned m, unsigned d, int h, int min) {
  return local_date(y, m, d) * day + h * hour + min * minute;
}
std::optional<Instant> resolve(const char* zone, LocalDay date, int h, int min) {
  return tzdata_zones().resolve(zone, date, h * 60 + min);
}

TEST(Zones, H01_a_skipped_time_is_the_first_instant_after_the_gap) {
  const LocalDay spring = local_date(2026, 3, 29);
  EXPECT_EQ(resolve("Europe/Stockholm", spring, 1, 59), utc(2026, 3, 29, 0, 59));
  EXPECT_EQ(resolve("Europe/Stockholm", spring, 2, 0), utc(2026, 3, 29, 1, 0));
  EXPECT_EQ(resolve("Europe/Stockholm", spring, 2, 30), utc(2026, 3, 29, 1, 0));
  EXPECT_EQ(resolve("Europe/Stockholm", spring, 3, 0), utc(2026, 3, 29, 1, 0));
  EXPECT_EQ(resolve("Europe/Stockholm", spring, 3, 1), utc(2026, 3, 29, 1, 1));
  EXPECT_EQ(resolve("America/New_York", local_date(2026, 3, 8), 2, 30), utc(2026, 3, 8, 7, 0));
}

TEST(Zones, H02_a_repeated_time_is_its_first_occurrence) {
  const LocalDay autumn = local_date(2026, 10, 25);
  EXPECT_EQ(resolve("Europe/Stockholm", autumn, 2, 0), utc(2026, 10, 25, 0, 0));
  EXPECT_EQ(resolve("Europe/Stockholm", autumn, 2, 30), utc(2026, 10, 25, 0, 30));
  EXPECT_EQ(resolve("Europe/Stockholm", autumn, 3, 0), utc(2026, 10, 25, 2, 0));
  EXPECT_EQ(resolve("America/New_York", local_date(2026, 11, 1), 1, 30), utc(2026, 11, 1, 5, 30));
}

TEST(Zones, shifts_of_half_an_hour) {
  // Lord Howe goes from +10:30 to +11:00 on 2026-10-04 at 02:00, and back on 2026-04-05.
  EXPECT_EQ(resolve("Australia/Lord_Howe", local_date(2026, 10, 4), 2, 15),
            utc(2026, 10, 3, 15, 30));
  EXPECT_EQ(resolve("Australia/Lord_Howe", local_date(2026, 10, 4), 2, 30),
            utc(2026, 10, 3, 15, 30));
  EXPECT_EQ(resolve("Australia/Lord_Howe", local_date(2026, 4, 5), 1, 45), utc(2026, 4, 4, 14, 45));
  EXPECT_EQ(resolve("Australia/Lord_Howe", local_date(2026, 4, 5), 2, 0), utc(2026, 4, 4, 15, 30));
}

TEST(Zones, a_skipped_day_begins_with_the_next) {
  const LocalDay skipped = local_date(2011, 12, 30);
  for (const int h : {0, 8, 23})
    EXPECT_EQ(resolve("Pacific/Apia", skipped, h, 0), utc(2011, 12, 30, 10, 0)) << h;
  EXPECT_EQ(resolve("Pacific/Apia", skipped + 1, 0, 0), utc(2011, 12, 30, 10, 0));
  EXPECT_EQ(tzdata_zones().local_day("Pacific/Apia", utc(2011, 12, 30, 10, 0) - 1), skipped - 1);
  EXPECT_EQ(tzdata_zones().local_day("Pacific/Apia", utc(2011, 12, 30, 10, 0)), skipped + 1);
}

TEST(Zones, zones_without_clock_changes) {
  EXPECT_EQ(resolve("Asia/Kolkata", local_date(2026, 6, 1), 8, 0), utc(2026, 6, 1, 2, 30));
  EXPECT_EQ(resolve("UTC", local_date(2026, 6, 1), 8, 0), utc(2026, 6, 1, 8, 0));
  EXPECT_EQ(resolve("Etc/GMT+5", local_date(2026, 6, 1), 8, 0), utc(2026, 6, 1, 13, 0));
}

TEST(Zones, the_local_day_changes_at_local_midnight) {
  const Zones& zones = tzdata_zones();
  EXPECT_EQ(zones.local_day("Europe/Stockholm", utc(2026, 7, 1, 21, 59)), local_date(2026, 7, 1));
  EXPECT_EQ(zones.local_day("Europe/Stockholm", utc(2026, 7, 1, 22, 0)), local_date(2026, 7, 2));
  EXPECT_EQ(zones.local_day("UTC", -1), -1);
  EXPECT_EQ(zones.local_day("UTC", 0), 0);
}

TEST(Zones, unknown_names_and_impossible_inputs_give_nothing) {
  const Zones& zones = tzdata_zones();
  for (const char* name : {"", "Europe/Atlantis", "../UTC", "/etc/localtime", "europe/stockholm",
                           "right/UTC", "posixrules", "Europe/Stockholm "}) {
    EXPECT_FALSE(zones.known(name)) << name;
    EXPECT_EQ(zones.resolve(name, 20000, 0), std::nullopt) << name;
    EXPECT_EQ(zones.local_day(name, 0), std::nullopt) << name;
  }
  EXPECT_TRUE(zones.known("Europe/Stockholm"));
  for (const int bad : {-1, 1440, 1 << 30})
    EXPECT_EQ(zones.resolve("UTC", 20000, bad), std::nullopt) << bad;
  for (const LocalDay bad :
       {std::numeric_limits<LocalDay>::min(), std::numeric_limits<LocalDay>::max()})
    EXPECT_EQ(zones.resolve("UTC", bad, 0), std::nullopt) << bad;
  for (const Instant bad :
       {std::numeric_limits<Instant>::min(), std::numeric_limits<Instant>::max()})
    EXPECT_EQ(zones.local_day("UTC", bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace livlina::testing

// Faults in the log: at once, then with a count, by words only.
#include "server/app/fault_log.hpp"

#include <gtest/gtest.h>

#include "server/store/db.hpp"

namespace livlina::server {
namespace {

constexpr Instant now = 1'700'000'000'000;

TEST(FaultLog, G7_a_fault_is_said_at_once_and_then_counted) {
  FaultLog faults;
  const std::vector<FaultSeen> full = {{Work::judge, store::Fault::full, {}, 1}};
  ASSERT_EQ(faults.lines(full, now).size(), 1U);
  for (int i = 1; i < 60; ++i) EXPECT_TRUE(faults.lines(full, now + i * second).empty()) << i;
  const auto later = faults.lines({}, now + minute);
  ASSERT_EQ(later.size(), 1U) << "also when the last one is a while ago";
  EXPECT_EQ(later[0].count, 59);
  EXPECT_TRUE(faults.lines({}, now + hour).empty());
}

TEST(FaultLog, G7_each_kind_for_itself) {
  FaultLog faults;
  const RowKey row = row_key(RowOf::record, std::int64_t{7});
  const auto lines =
      faults.lines(std::vector<FaultSeen>{{Work::judge, store::Fault::full, {}, 1},
                                          {Work::requests, store::Fault::full, {}, 300},
                                          {Work::judge, store::Fault::constraint, row, 1}},
                   now);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].count, 300) << "requests";
  EXPECT_EQ(lines[2].row, row);
}

TEST(FaultLog, H06_a_clock_that_is_set_back_silences_nothing) {
  FaultLog faults;
  const std::vector<FaultSeen> full = {{Work::judge, store::Fault::full, {}, 1}};
  (void)faults.lines(full, now);
  EXPECT_EQ(faults.lines(full, now - hour).size(), 1U);
  EXPECT_TRUE(faults.may_say_late(now));
  EXPECT_FALSE(faults.may_say_late(now + second));
  EXPECT_TRUE(faults.may_say_late(now - hour));
}

}  // namespace
}  // namespace livlina::server

#include "server/policy/outage.hpp"

#include <gtest/gtest.h>

namespace livlina::server::policy {
namespace {

namespace ev = occurrence_event;
constexpr Instant h = hour;

GapSlot fresh(Instant due) { return {false, due - hour / 2, due, due + hour / 2}; }
GapSlot there(Instant due) { return {true, due - hour / 2, due, due + hour / 2}; }

TEST(Outage, H08_of_many_only_the_newest_is_asked_again) {
  const auto events = on_gap({fresh(10 * h), fresh(12 * h), fresh(14 * h)}, 8 * h, 20 * h);
  ASSERT_EQ(events.size(), 3u);
  const auto* oldest = std::get_if<ev::BlindOpening>(&events[0][0]);
  const auto* newest = std::get_if<ev::BlindOpening>(&events[2][0]);
  ASSERT_TRUE(oldest && newest);
  EXPECT_FALSE(oldest->newest);
  EXPECT_TRUE(newest->newest);
  EXPECT_EQ(newest->gap_end, 20 * h);
}

TEST(Outage, G6_one_already_open_is_asked_again_beside_the_newest) {
  const auto events = on_gap({there(9 * h), fresh(14 * h)}, 9 * h, 20 * h);
  EXPECT_TRUE(std::holds_alternative<ev::Gap>(events[0][0]));
  ASSERT_TRUE(std::holds_alternative<ev::BlindOpening>(events[1][0]));
  EXPECT_TRUE(std::get<ev::BlindOpening>(events[1][0]).newest);
}

TEST(Outage, G6_one_that_still_runs_is_opened_then_extended) {
  const auto events = on_gap({fresh(20 * h)}, 8 * h, 20 * h);
  ASSERT_EQ(events[0].size(), 2u);
  EXPECT_TRUE(std::holds_alternative<ev::Opening>(events[0][0]));
  EXPECT_TRUE(std::holds_alternative<ev::Gap>(events[0][1]));
}

}  // namespace
}  // namespace livlina::server::policy

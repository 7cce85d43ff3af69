#include "server/policy/outage.hpp"

#include <gtest/gtest.h>

namespace livlina::server::policy {
namespace {

namespace ev = occurrence_event;
constexpr Instant h = hour;

UnmadeSlot slot(Instant due) { return {due - hour / 2, due, due + hour / 2}; }

TEST(Outage, H08_of_many_only_the_newest_is_asked_again) {
  const auto events = on_gap({slot(10 * h), slot(12 * h), slot(14 * h)}, 20 * h);
  ASSERT_EQ(events.size(), 3u);
  const auto* oldest = std::get_if<ev::BlindOpening>(&events[0][0]);
  const auto* newest = std::get_if<ev::BlindOpening>(&events[2][0]);
  ASSERT_TRUE(oldest && newest);
  EXPECT_FALSE(oldest->newest);
  EXPECT_TRUE(newest->newest);
  EXPECT_EQ(newest->gap_end, 20 * h);
}

TEST(Outage, H08_one_whose_deadline_has_come_is_over) {
  const auto events = on_gap({slot(20 * h)}, 20 * h + h / 2);
  ASSERT_EQ(events.at(0).size(), 1u);
  const auto* over = std::get_if<ev::BlindOpening>(&events[0][0]);
  ASSERT_TRUE(over);
  EXPECT_TRUE(over->newest);
  EXPECT_EQ(over->opens_at, 19 * h + h / 2);
  EXPECT_EQ(over->due, 20 * h);
  EXPECT_EQ(over->deadline, 20 * h + h / 2);
  const auto before = on_gap({slot(20 * h)}, 20 * h + h / 2 - 1);
  EXPECT_TRUE(std::holds_alternative<ev::Opening>(before.at(0).at(0)));
}

// Two times of day that a clock change skips are due at one instant.
TEST(Outage, H08_of_two_that_are_due_at_once_one_is_asked_again) {
  const auto events = on_gap({slot(9 * h), slot(10 * h), slot(10 * h)}, 20 * h);
  ASSERT_EQ(events.size(), 3u);
  std::vector<bool> newest;
  for (const auto& of_one : events)
    newest.push_back(std::get<ev::BlindOpening>(of_one.at(0)).newest);
  EXPECT_EQ(newest, (std::vector{false, true, false}));
}

TEST(Outage, G6_one_that_still_runs_is_opened_then_extended) {
  const auto events = on_gap({slot(14 * h), slot(20 * h)}, 20 * h);
  ASSERT_TRUE(std::holds_alternative<ev::BlindOpening>(events[0][0]));
  EXPECT_TRUE(std::get<ev::BlindOpening>(events[0][0]).newest) << "of those that are over";
  ASSERT_EQ(events[1].size(), 2u);
  EXPECT_TRUE(std::holds_alternative<ev::Opening>(events[1][0]));
  ASSERT_TRUE(std::holds_alternative<ev::Gap>(events[1][1]));
  EXPECT_EQ(std::get<ev::Gap>(events[1][1]).from, 19 * h + hour / 2);
}

TEST(Outage, G1_one_that_is_made_in_time_keeps_its_deadline) {
  const Instant opens = 19 * h + hour / 2;
  for (const Duration late : {Duration{0}, shortest_gap - 1, shortest_gap}) {
    const auto events = on_gap({slot(20 * h)}, opens + late);
    std::optional<Occurrence> o;
    for (const OccurrenceEvent& e : events.at(0)) o = step(o, e, {}, opens + late).next;
    EXPECT_EQ(o->outage, late >= shortest_gap) << late;
    EXPECT_EQ(o->deadline, 20 * h + hour / 2);
  }
}

}  // namespace
}  // namespace livlina::server::policy

// Proof by exhaustion: every state of the small worlds that events can lead to keeps the
// invariants. Each world is about one part of the watch; LIVLINA_SEARCH=1 makes them larger.
#include "tests/policy/search.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

namespace livlina::server::policy::search {
namespace {

bool larger() { return std::getenv("LIVLINA_SEARCH") != nullptr; }

std::string told(const Report& r) {
  std::string out = "after these events (units since the beginning):";
  for (const std::string& line : r.trace) out += "\n  " + line;
  return out;
}

// at_least: a search of fewer states has collapsed.
void expect_sound(const Bounds& bounds, std::size_t at_least, Look look = nullptr) {
  const Report r = search(bounds, {}, look);
  std::cout << r.states << " states, " << r.transitions << " transitions\n";
  EXPECT_EQ(r.broken, "") << told(r);
  EXPECT_TRUE(r.complete);
  EXPECT_GE(r.states, at_least);
}

Bounds brief(unsigned presses) {
  Bounds b;
  b.presses = presses;
  b.brief = true;
  return b;
}

// Everything that staff can do to an incident in one lane.
Bounds acts(unsigned presses, Lane lane = Lane::open) {
  Bounds b = brief(presses);
  b.every_act = true;
  b.lanes = 1U << (static_cast<unsigned>(lane) - 1);
  return b;
}

TEST(Search, I1_I2_two_slots_and_what_their_misses_lead_to) {
  Bounds b = brief(press_ok);
  b.slots = 2;
  if (larger()) b.presses |= press_not_ok;
  expect_sound(b, 36'000);
}

TEST(Search, G6_H06_outages_and_clocks_that_go_back) {
  Bounds b = brief(press_ok);
  b.slots = larger() ? 2 : 1;
  b.lanes = 0;
  b.gaps = 1;
  b.backs = 1;
  expect_sound(b, 21'000);
}

TEST(Search, I1_G6_two_slots_and_an_outage) {
  Bounds b = brief(press_ok);
  b.slots = 2;
  b.lanes = larger() ? 1 : 0;
  b.gaps = 1;
  expect_sound(b, 37'000);
}

TEST(Search, I5_I10_the_silent_lane_shows_nowhere_else) {
  Bounds b = brief(press_ok | press_shadow);
  b.slots = 1;
  b.lanes = larger() ? 2 : 0;
  expect_sound(b, 10'000, silent_lane_shows);
}

TEST(Search, I3_I4_one_incident_of_category_2) {
  Bounds b = acts(press_late_ok | press_miss);
  b.changes = 1;
  b.brief = false;
  if (larger()) {
    b.presses |= press_not_ok;
    b.every_person = true;
  }
  expect_sound(b, 9'000);
}

TEST(Search, I3_I4_one_incident_of_category_1) {
  Bounds b = acts(press_late_ok | press_miss | press_not_ok);
  b.category = 1;
  if (larger()) {
    b.changes = 2;
    b.every_person = true;
  }
  expect_sound(b, 1'500);
}

TEST(Search, G4_from_everywhere_time_alone_calls_somebody) {
  Bounds b = acts(press_late_ok | press_miss);
  b.changes = larger() ? 1 : 0;
  expect_sound(b, 500, nobody_is_called);
}

TEST(Search, I6_I7_rows_that_wait_for_their_receipt) {
  Bounds b = acts(press_miss);
  b.keep_notices = true;
  b.changes = larger() ? 1 : 0;
  expect_sound(b, 7'000);
}

TEST(Search, I6_rows_of_people_who_lose_their_rights) {
  Bounds b = brief(press_miss);
  b.keep_notices = true;
  b.changes = larger() ? 2 : 1;
  b.every_person = larger();
  expect_sound(b, 2'300);
}

TEST(Search, rule_8_alarms_that_are_taken_back) {
  Bounds b = brief(press_loud | press_cancel | press_mistake | press_not_ok);
  b.brief = false;
  b.queue = larger() ? 2 : 1;
  b.changes = larger() ? 1 : 0;
  expect_sound(b, 1'600);
}

TEST(Search, rule_2_the_people_of_the_silent_lane) {
  Bounds b = acts(press_silent | press_shadow | press_mistake, Lane::silent);
  b.changes = larger() ? 1 : 0;
  expect_sound(b, 900);
}

TEST(Search, H35_the_people_of_a_drill) {
  Bounds b = acts(press_drill | press_mistake, Lane::drill);
  b.changes = larger() ? 2 : 0;
  expect_sound(b, 700);
}

TEST(Search, rule_15_another_policy_and_rows_that_failed) {
  Bounds b = acts(press_miss | press_late_ok);
  b.switch_policy = true;
  b.failing_rows = true;
  if (larger()) b.presses |= press_not_ok;
  expect_sound(b, 1'500);
}

}  // namespace
}  // namespace livlina::server::policy::search

// Who is a member today, and by which line.
#include <gtest/gtest.h>

#include "server/store/circles.hpp"
#include "tests/services/town.hpp"

namespace livlina::server {
namespace {

using testing::Town;

TEST(Members, everybody_once_under_account_desk_or_pool) {
  Town town;
  auto turn = town.turn();
  const auto all = members(turn, town.facts(), 0, false);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].account, town.contact.key());
  EXPECT_EQ(all[0].role, Role::contact_person);
  EXPECT_EQ(all[1].account, town.coordinator.key());
  EXPECT_TRUE(all[1].by_desk);
  EXPECT_EQ(all[2].role, Role::mentor);
  EXPECT_EQ(all[2].devices, std::vector{town.mentor.primary().id()});
}

TEST(Members, account_line_goes_before_the_pool_and_its_scope_rules) {
  Town town;
  auto lines = town.circle.manifest.lines;
  lines.push_back(testing::make_line(town.random, protocol::LineType::account, town.mentor.key(),
                                     Role::mentor, scope_messages, town.now));
  (void)town.circle.next_manifest(town.participant, lines, false, town.now);
  testing::store_manifest(town.db, town.circle);
  auto turn = town.turn();
  for (const Member& m : members(turn, town.facts(), scope_alarm, false))
    EXPECT_NE(m.account, town.mentor.key()) << "the pool must not widen an account line";
  EXPECT_EQ(member(turn, town.facts(), town.mentor.key(), false)->scope, scope_messages);
}

TEST(Members, line_past_its_time_keeps_the_alarm_scope_only_during_an_incident) {
  Town town;
  town.now += 300 * day;
  auto turn = town.turn();
  EXPECT_TRUE(members(turn, town.facts(), 0, false).empty());
  const auto held = member(turn, town.facts(), town.contact.key(), true);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->scope, scope_alarm);
  town.now += 48 * hour;
  auto later = town.turn();
  EXPECT_FALSE(member(later, town.facts(), town.contact.key(), true));
}

TEST(Members, coordinators_and_circles_follow_the_newest_records) {
  Town town;
  auto turn = town.turn();
  EXPECT_TRUE(is_coordinator(turn, town.desk.key(), town.coordinator.key(),
                             town.coordinator.primary().id()));
  EXPECT_FALSE(
      is_coordinator(turn, town.desk.key(), town.coordinator.key(), town.mentor.primary().id()));
  EXPECT_EQ(coordinators(turn, town.desk.key()).size(), 1U);
  for (const auto* p : {&town.participant, &town.contact, &town.coordinator, &town.mentor})
    EXPECT_EQ(circles_for(turn, p->key()), std::vector{town.circle.id});
  const auto stranger = testing::make_person(town.random, town.now);
  EXPECT_TRUE(circles_for(turn, stranger.key()).empty());
  EXPECT_TRUE(known_device(turn, town.participant.shadow().id())->shadow);
  EXPECT_EQ(town.facts().primary, town.participant.primary().id());
}

}  // namespace
}  // namespace livlina::server

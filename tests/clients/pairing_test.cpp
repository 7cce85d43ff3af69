// A desk, its staff and a participant come together, over the real engine.
#include <gtest/gtest.h>

#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {
namespace {

TEST(Pairing, first_coordinator_makes_the_desk) {
  World world(1);
  Phone& carin = world.add("Carin");
  ASSERT_TRUE(carin.ok(enrol(world.first_code(), "Carin")))
      << carin.finished().error() << carin.finished().detail();
  ASSERT_TRUE(carin.ok(create_desk())) << carin.finished().error() << carin.finished().detail();
  const v1::Status s = carin.status();
  EXPECT_TRUE(s.online());
  EXPECT_TRUE(s.keeper());
  EXPECT_TRUE(s.coordinator());
  EXPECT_TRUE(s.in_directory());
  EXPECT_EQ(s.desk_name(), "Night desk");
  EXPECT_GT(s.roster_not_after(), world.now() + 6 * day);
}

TEST(Pairing, staff_and_participant_join_and_see_each_other) {
  Village v(2);
  ASSERT_TRUE(v.ok) << v.coordinator.finished().detail() << v.participant.finished().error()
                    << v.participant.finished().detail();
  const v1::Status s = v.mentor.status();
  EXPECT_TRUE(s.in_directory());
  EXPECT_EQ(s.staff_size(), 3);
  EXPECT_EQ(s.desk_name(), "Night desk");
  ASSERT_EQ(s.circles_size(), 1);
  EXPECT_EQ(s.circles(0).participant_name(), "Pa");
  EXPECT_EQ(s.circles(0).people_size(), 3);
  // Everybody was told the names, end to end.
  for (const v1::Person& p : s.staff()) EXPECT_FALSE(p.name().empty());
  const v1::Status p = v.participant.status();
  EXPECT_EQ(p.staff_size(), 3);
  for (const v1::Person& x : p.staff()) EXPECT_FALSE(x.name().empty());
}

TEST(Pairing, both_hear_the_same_words) {
  World world(3);
  Phone& carin = world.add("Carin");
  Phone& kim = world.add("Kim");
  ASSERT_TRUE(set_up_desk(world, carin));
  const Paired paired = pair(carin, kim, 1, Role::contact_person);
  ASSERT_TRUE(paired.ok);
  EXPECT_FALSE(paired.inviter_words.empty());
  EXPECT_EQ(paired.inviter_words, paired.joiner_words);
}

}  // namespace
}  // namespace livlina::testing::sim

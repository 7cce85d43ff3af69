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

}  // namespace
}  // namespace livlina::testing::sim

// The power goes at any write or sync of the database, and the disk has what it promised and any
// part of the rest: whatever was acknowledged is there, and nothing is there in part.
#include <cstdlib>
#include <iostream>

#include "server/store/schema.hpp"
#include "tests/services/disk_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;

constexpr std::uint64_t cuts = 5;  // in each town

// A cut for each kill that LIVLINA_KILLS asks for, else 200.
std::uint64_t towns() {
  const char* wanted = std::getenv("LIVLINA_KILLS");
  return wanted == nullptr ? 40
                           : std::max<std::uint64_t>(1, std::strtoull(wanted, nullptr, 10) / cuts);
}

TEST(Power, M1_M2_I9_a_cut_anywhere_loses_nothing_acknowledged_and_leaves_nothing_half) {
  const std::uint64_t most = towns();
  std::size_t told = 0;
  std::uint64_t in_the_middle = 0;
  for (std::uint64_t seed = 1; seed <= most; ++seed) {
    SCOPED_TRACE("town " + std::to_string(seed));
    DiskTown town(seed);
    std::mt19937_64 random(seed);
    for (std::uint64_t cut = 0; cut < cuts; ++cut) {
      town.disk.lose_power_at(random() % 400);
      town.steps(40);
      in_the_middle += town.disk.power() ? 0 : 1;
      ASSERT_NO_FATAL_FAILURE(town.restart());
      town.check();
      ASSERT_FALSE(::testing::Test::HasFailure()) << "after cut " << cut;
    }
    town.check_at_rest();
    told += town.told;
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
  std::cout << "power cuts: " << most * cuts << " in towns 1 to " << most << ", " << in_the_middle
            << " of them within a write or sync, " << told << " requests answered\n";
  EXPECT_GT(in_the_middle, most * cuts / 2);
  EXPECT_GT(told, most * 8);
}

TEST(Power, a_cut_while_the_log_is_moved_into_the_database_loses_nothing) {
  // From the beginning of the checkpoint to its end, at every change.
  bool over = false;
  for (std::uint64_t at = 0; !over; ++at) {
    SCOPED_TRACE("change " + std::to_string(at));
    DiskTown town(7);
    town.steps(30);
    const auto pages = town.town.db.wal_pages();
    ASSERT_GT(pages, 0);
    town.disk.lose_power_at(at);
    try {
      over = town.town.db.checkpoint() && town.disk.power();
    } catch (const store::Failure&) {
    }
    ASSERT_NO_FATAL_FAILURE(town.restart());
    town.check();
    if (at % 8 == 0) town.check_at_rest();
    ASSERT_FALSE(::testing::Test::HasFailure());
    ASSERT_LT(at, 1000U);
  }
}

TEST(Power, a_cut_while_the_schema_is_made_leaves_one_that_can_be_made) {
  bool over = false;
  for (std::uint64_t at = 0; !over; ++at) {
    SCOPED_TRACE("change " + std::to_string(at));
    FaultyDisk disk(at);
    disk.lose_power_at(at);
    try {
      store::Db db(disk.uri());
      store::migrate(db);
      over = disk.power();
    } catch (const store::Failure&) {
    }
    disk.restore_power();
    store::Db db(disk.uri());
    ASSERT_NO_THROW(store::migrate(db));
    auto q = db.query("PRAGMA integrity_check");
    ASSERT_TRUE(q.step());
    EXPECT_EQ(q.text(0), "ok");
    EXPECT_TRUE(db.query("SELECT 1 FROM sqlite_schema WHERE name = 'operator_notice'").step());
    ASSERT_LT(at, 2000U);
  }
}

// Beyond what can be promised (the disk keeps what a sync returned for): what is lost is lost as a
// whole.
TEST(Power, a_disk_that_lies_about_its_syncs_gives_an_older_whole_state) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("town " + std::to_string(seed));
    DiskTown town(seed);
    town.steps(15);
    ASSERT_TRUE(town.server.server->engine().next_deadline());
    const auto before = [&] { return dump(town.town.db); };
    const std::string older = before();
    town.disk.lie();
    town.steps(40);
    ASSERT_EQ(town.reopened(), "");
    EXPECT_EQ(before(), older);
    EXPECT_EQ(broken_invariants(town.town.db, town.town.now, {}), std::vector<std::string>{});
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
}

}  // namespace
}  // namespace livlina::testing

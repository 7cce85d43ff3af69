// G1 at its full number: ten thousand check-ins that are due in one second, with the batch that is
// shipped. Every commit costs virtual time; the real time is told, and decides nothing.
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

#include "tests/services/watched_server.hpp"

namespace livlina::testing {
namespace {

using namespace server;

constexpr int misses = 10'000;
// Each of these has ten check-ins at noon: ten thousand circles take long to set up.
constexpr int circles = 1'000;
constexpr std::uint16_t noon = 12 * 60;
constexpr Instant deadline = town_start + 4 * hour + 30 * minute;
// What a commit is taken to cost: the statements of a full batch and the fsync of a slow disk.
constexpr Duration commit_time = 5;

TEST(TenThousandMisses, G1_due_in_one_second_they_are_claimed_within_two) {
  WatchedServer server;
  WatchTown& town = server.town;
  ASSERT_EQ(town.settings.rows_per_commit, 200U) << "the harness has what is shipped";
  for (int i = 0; i < circles; ++i) {
    std::vector<protocol::Schedule> schedules;
    for (int k = 0; k < misses / circles; ++k) schedules.push_back(town.daily_at(noon));
    (void)server.neighbour(std::move(schedules));
  }
  (void)server.server->online(town.mentor.primary());
  server.advance_to(deadline);
  ASSERT_EQ(server.count("SELECT count(*) FROM occurrence WHERE state = 1"), misses);
  ASSERT_EQ(server.count("SELECT count(DISTINCT deadline) FROM occurrence"), 1);

  server.at_commit = [&](CommitPoint at) {
    if (at == CommitPoint::after) town.now += commit_time;
  };
  town.now = deadline + 1;
  const int before = server.commits;
  const auto begin = std::chrono::steady_clock::now();
  while (server.count("SELECT count(*) FROM occurrence WHERE state = 1") > 0) {
    ASSERT_LT(town.now, deadline + minute) << "they never end";
    (void)server.round();
  }
  const std::chrono::duration<double, std::milli> real = std::chrono::steady_clock::now() - begin;
  const int commits = server.commits - before;
  std::cout << misses << " misses in " << commits << " commits: " << real.count() << " ms, "
            << real.count() / commits << " ms a commit; virtual " << town.now - deadline << " ms\n";

  EXPECT_LE(server.count("SELECT max(at) FROM trigger_row"), deadline + 2 * second);
  EXPECT_LE(town.now, deadline + 2 * second) << "and the last of them is committed";
  EXPECT_EQ(server.count("SELECT count(*) FROM occurrence WHERE state = 3"), misses);
  EXPECT_EQ(server.count("SELECT count(*) FROM trigger_row"), misses);
  EXPECT_EQ(server.count("SELECT count(DISTINCT occurrence) FROM trigger_row WHERE kind = 1"),
            misses);
  EXPECT_EQ(server.count("SELECT count(*) FROM incident"), circles);
  EXPECT_EQ(broken_invariants(town.db, town.now), std::vector<std::string>{});
}

}  // namespace
}  // namespace livlina::testing

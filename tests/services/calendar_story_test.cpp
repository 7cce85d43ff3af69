// Whatever people, faults and clocks do: the engine never believes in a later deadline than the
// tables have.
#include <gtest/gtest.h>

#include "tests/services/disk_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;

// The retry of what could not be done, and the pause after a failure.
constexpr Duration longest_retry = second;

class CalendarStory : public ::testing::TestWithParam<FaultyDisk::Fault> {};

TEST_P(CalendarStory, G1_no_deadline_is_believed_to_be_later_than_it_is) {
  std::size_t looks = 0;
  std::size_t faults = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    DiskTown town(seed);
    WatchTown& people = town.town;
    const auto after = town.server.server->after_round;
    town.server.server->after_round = [&](const RoundResult& result) {
      after(result);
      faults += result.faults.empty() ? 0 : 1;
      std::optional<Instant> first;
      try {
        first = people.next_deadline();
      } catch (const store::Failure&) {
        return;  // nobody can tell
      }
      if (!first) return;
      ++looks;
      const auto believed = town.server.server->engine().next_deadline();
      ASSERT_TRUE(believed || result.more) << "at " << people.now - town_start;
      if (result.more) return;
      EXPECT_LE(*believed, std::max(*first, people.now + longest_retry))
          << "at " << people.now - town_start << ": " << *first - people.now;
    };
    std::mt19937_64 dice(seed);
    for (int i = 0; i < 60 && !::testing::Test::HasFailure(); ++i) {
      if (dice() % 6 == 0) town.disk.fail_at(dice() % 40, GetParam(), 1 + dice() % 6);
      town.steps(1);
      if (dice() % 6 == 0) town.disk.heal();
      if (dice() % 12 == 0) {
        const Instant before = people.now;
        const auto step = static_cast<Duration>(dice() % (2 * hour));
        people.now += dice() % 2 == 0 ? step : -step / 8;
        town.server.server->wake(before);
      }
    }
  }
  EXPECT_GT(looks, 1000U);
  EXPECT_GT(faults, 20U);
}

INSTANTIATE_TEST_SUITE_P(Faults, CalendarStory,
                         ::testing::Values(FaultyDisk::Fault::io_error, FaultyDisk::Fault::full,
                                           FaultyDisk::Fault::short_write));

}  // namespace
}  // namespace livlina::testing

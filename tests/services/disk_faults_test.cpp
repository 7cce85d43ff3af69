// The disk fails while the server runs: nobody is told what was not written, the server says so,
// and goes on when the disk does, without a miss that was forgotten.
#include "tests/services/disk_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using Fault = FaultyDisk::Fault;

constexpr std::uint64_t seed = 11;
constexpr int story = 25;

const char* name(Fault fault) {
  return fault == Fault::io_error ? "error" : fault == Fault::full ? "full" : "short write";
}

// Every so many changes of a story one fails, or several in a row.
void fails_everywhere(Fault fault, std::uint64_t times, std::uint64_t stride) {
  std::uint64_t changes = 0;
  {
    DiskTown town(seed);
    const std::uint64_t before = town.disk.changes();
    town.steps(story);
    changes = town.disk.changes() - before;
    town.check_at_rest();
  }
  ASSERT_GT(changes, 100U);
  int runs = 0;
  int refusals = 0;
  int seen = 0;
  for (std::uint64_t at = 0; at < changes; at += stride, ++runs) {
    SCOPED_TRACE(std::string(name(fault)) + " at change " + std::to_string(at));
    DiskTown town(seed);
    bool told = false;
    const auto after = town.server.server->after_round;
    town.server.server->after_round = [&](const RoundResult& result) {
      told = told || !result.faults.empty();
      after(result);
    };
    town.disk.fail_at(at, fault, times);
    town.steps(story);
    refusals += town.refused.empty() ? 0 : 1;
    seen += told ? 1 : 0;
    town.disk.heal();
    town.check();
    // A sync that failed has lost what it has lost: only now does the disk say which.
    ASSERT_NO_FATAL_FAILURE(town.restart());
    town.check();
    town.check_at_rest();
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
  std::printf("%s x %d: %d runs over %d changes, %d with a refusal, %d said so\n", name(fault),
              static_cast<int>(times), runs, static_cast<int>(changes), refusals, seen);
  // What fails once is run again at once, each request alone.
  if (times > 2) {
    EXPECT_GT(refusals, runs / 10);
  }
  EXPECT_GE(seen, refusals) << "every one of them is for the operator's log";
}

TEST(DiskFaults, G2_M1_an_error_at_any_change_acknowledges_nothing_that_is_not_there) {
  fails_everywhere(Fault::io_error, 1, 13);
}
TEST(DiskFaults, G2_M1_errors_for_a_while) { fails_everywhere(Fault::io_error, 12, 29); }
TEST(DiskFaults, G2_M1_a_full_disk_at_any_change) { fails_everywhere(Fault::full, 3, 17); }
TEST(DiskFaults, G2_M1_a_write_that_is_cut_short) { fails_everywhere(Fault::short_write, 2, 19); }

TEST(DiskFaults, G7_G1_a_disk_that_is_ill_for_minutes_is_told_and_no_miss_is_lost) {
  for (const Fault fault : {Fault::io_error, Fault::full, Fault::short_write}) {
    SCOPED_TRACE(name(fault));
    DiskTown town(3);
    town.server.staff_online();
    // The first check-in of the day is due while nothing can be written.
    town.advance(town_start / day * day + 9 * hour + 29 * minute - town.town.now);
    town.disk.fail_at(0, fault, 1'000'000);
    town.advance(20 * second);
    EXPECT_FALSE(town.server.last.faults.empty()) << "the log";
    EXPECT_NE(town.check_in().body_case(), v1::ServerFrame::kRecordAnswer);
    town.advance(minute);
    EXPECT_TRUE(town.server.last.stalled) << "/readyz";
    EXPECT_EQ(town.lines("watch_stalled"), 1) << "the operator";
    town.disk.heal();
    town.advance(2 * second);
    EXPECT_FALSE(town.server.last.stalled);
    EXPECT_EQ(town.lines("watch_goes_on"), 1);
    town.check_at_rest();
    EXPECT_EQ(town.server.count("SELECT count(*) FROM occurrence WHERE state = 1"), 0);
    EXPECT_EQ(town.server.count("SELECT count(*) FROM occurrence WHERE state = 3"),
              town.server.count("SELECT count(*) FROM trigger_row WHERE occurrence IS NOT NULL"));
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
}

}  // namespace
}  // namespace livlina::testing

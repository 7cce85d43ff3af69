// The server is killed at every commit of a story, before it (rolled back) and after it, before
// anything has left: whatever was promised holds at the end. The story is played once; at each of
// its 2N boundaries the process is forked, and the child goes on with a server that dies there.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/sim/oracle.hpp"

namespace livlina::testing::sim {
namespace {

std::string judged(Play& play) {
  std::vector<std::string> problems = play.problems;
  if (problems.empty()) problems = Oracle(play).differences();
  std::string out;
  for (const std::string& p : problems) out += "  " + p + "\n";
  if (!out.empty())
    for (const std::string& t : play.trace(8)) out += "  after " + t + "\n";
  return out;
}

// What a child wrote until its end.
std::string read_all(int from) {
  std::string out;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(from, buffer, sizeof buffer)) > 0;)
    out.append(buffer, static_cast<std::size_t>(n));
  return out;
}

class CrashRuns {
 public:
  // `pairing`: the crashes are those of the pairing, else those of what comes then.
  CrashRuns(const Scenario& scenario, bool pairing) : play_(scenario) {
    play_.on_commit = [this, pairing](server::CommitPoint point) {
      if (play_.gathered != pairing) boundary(point);
    };
  }

  // The whole story, and all its crashes; or only the crash at one boundary, here.
  void run(int only) {
    only_ = only;
    play_.run();
    const std::string wrong = judged(play_);
    if (child_ >= 0) say(wrong);
    EXPECT_EQ(wrong, "") << "without a crash";
  }
  [[nodiscard]] int boundaries() const { return boundaries_; }

 private:
  // From here on the child of a fork never returns to the test.
  [[noreturn]] void say(const std::string& wrong) const {
    std::size_t done = 0;
    while (done < wrong.size()) {
      const ssize_t n = write(child_, wrong.data() + done, wrong.size() - done);
      if (n <= 0) break;
      done += static_cast<std::size_t>(n);
    }
    _exit(wrong.empty() ? 0 : 1);
  }

  void boundary(server::CommitPoint point) {
    if (crashed_) return;
    const int number = ++boundaries_;
    if (only_ != 0) {
      if (number != only_) return;
    } else if (!forked(number, point)) {
      return;
    }
    crashed_ = true;
    throw server::Crash{};
  }

  // True in the child. The parent waits for its verdict.
  bool forked(int number, server::CommitPoint point) {
    int ends[2];
    if (pipe(ends) != 0) {
      ADD_FAILURE() << "no pipe";
      return false;
    }
    const pid_t pid = fork();
    if (pid == 0) {
      (void)close(ends[0]);
      child_ = ends[1];
      return true;
    }
    (void)close(ends[1]);
    const std::string wrong = read_all(ends[0]);
    (void)close(ends[0]);
    int status = 0;
    const bool ended = pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status);
    EXPECT_TRUE(ended && WEXITSTATUS(status) == 0)
        << "killed " << (point == server::CommitPoint::before ? "before" : "after") << " commit "
        << (number + 1) / 2 << "; alone: LIVLINA_SIM_CRASH=" << number << "\n"
        << wrong;
    return false;
  }

  Play play_;
  int only_ = 0;
  int boundaries_ = 0;
  bool crashed_ = false;
  int child_ = -1;  // where the verdict goes, in a child
};

void killed_at_every_commit(const Scenario& story, bool pairing = false) {
  const char* only = std::getenv("LIVLINA_SIM_CRASH");
  CrashRuns runs(story, pairing);
  runs.run(only == nullptr ? 0 : std::atoi(only));
  std::printf("%d commits, %d crashes\n", runs.boundaries() / 2, runs.boundaries());
}

TEST(SimCrash, H12_while_everybody_pairs_and_arms) {
  killed_at_every_commit(story_of_pairing(), true);
}
TEST(SimCrash, M1_M2_messages_both_ways) { killed_at_every_commit(story_of_messages()); }
TEST(SimCrash, G1_G2_I1_I9_checkins_in_time_missed_and_late) {
  killed_at_every_commit(story_of_checkins());
}
TEST(SimCrash, G3_G4_G5_I3_I4_an_alarm_cancelled_and_one_that_is_handed_over_and_forgotten) {
  killed_at_every_commit(story_of_alarms());
}
TEST(SimCrash, T30_I10_duress) { killed_at_every_commit(story_of_duress()); }

}  // namespace
}  // namespace livlina::testing::sim

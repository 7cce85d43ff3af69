// Wrong PINs: what counts, for how long, and what no kill, restart or other PIN takes back.
#include "clients/cli/pin_tries.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "clients/cli/failure.hpp"
#include "tests/smoke/cli_fixture.hpp"

namespace livlina::testing {
namespace {

using cli::Boot;
using cli::PinTries;

class PinCount : public ::testing::Test {
 protected:
  void SetUp() override { PinTries(file).begin(); }
  [[nodiscard]] Boot at(Duration uptime) const { return {std::string(36, boot), uptime}; }
  // 0, or the seconds that the message says.
  [[nodiscard]] int wrong(Duration uptime) const {
    try {
      PinTries(file).count(at(uptime));  // ends here: a wrong PIN, or a process that was killed
      return 0;
    } catch (const cli::Failure& failure) {
      EXPECT_EQ(failure.word(), "wait");
      const std::string said = failure.what();
      return std::stoi(said.substr(said.rfind("in ") + 3));
    }
  }
  void right(Duration uptime) const {
    PinTries tries(file);
    tries.count(at(uptime));
    tries.right(at(uptime));
  }
  TempDir dir;
  std::string file = dir.file("pin_tries");
  char boot = 'a';
};

TEST_F(PinCount, T31_five_are_free_and_then_each_waits_twice_as_long) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(wrong(i), 0) << i;
  EXPECT_EQ(wrong(5), 30);
  EXPECT_EQ(wrong(4 + 30 * second - 1), 1);
  EXPECT_EQ(wrong(4 + 30 * second), 0);
  EXPECT_EQ(wrong(5 + 30 * second), 60) << "a refused try is not counted, the one that was made is";
}

TEST_F(PinCount, T31_a_right_pin_gives_no_free_tries_of_the_other_one) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(wrong(0), 0);
  for (int i = 0; i < 20; ++i) right(second);
  EXPECT_EQ(wrong(2 * second), 0);
  EXPECT_EQ(wrong(2 * second), 30);
  EXPECT_NO_THROW(right(32 * second));
  EXPECT_NO_THROW(right(32 * second)) << "who knows the PIN waits once";
  EXPECT_EQ(wrong(33 * second), 0);
  EXPECT_EQ(wrong(34 * second), 59);
}

TEST_F(PinCount, T31_an_hour_after_the_newest_a_right_pin_forgets_the_wrong_ones) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(wrong(0), 0);
  right(hour - 1);
  EXPECT_EQ(wrong(hour - 1), 0);
  EXPECT_EQ(wrong(hour), 60) << "the sixth";
  right(2 * hour);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(wrong(2 * hour), 0);
  EXPECT_EQ(wrong(2 * hour), 30);
}

TEST_F(PinCount, T31_after_a_restart_the_wait_begins_anew) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(wrong(day), 0);
  boot = 'b';
  EXPECT_EQ(wrong(second), 30);
  EXPECT_EQ(wrong(11 * second), 20);
  boot = 'c';
  EXPECT_EQ(wrong(day), 30);
}

TEST_F(PinCount, T31_a_removed_or_damaged_count_waits_an_hour) {
  for (const char* content : {"x", "0123456789012345678901234567890123456789012345678"}) {
    std::ofstream(file, std::ios::trunc) << content;
    EXPECT_EQ(wrong(second), 3600);
    EXPECT_EQ(wrong(2 * second), 3599) << "from the first look on";
  }
  std::filesystem::remove(file);
  EXPECT_EQ(wrong(second), 3600);
  right(hour + second);
  EXPECT_EQ(wrong(hour + second), 0);
}

class CliPin : public Cli {};

// The count is on the disk before the PIN is tried: a process that is killed has had its try.
TEST_F(CliPin, T31_a_kill_gives_no_free_try) {
  fails(livlina({"enrol", "--words", well_spelled(), "--host", "127.0.0.1:1", "--name", "X"}),
        offline, "127.0.0.1:1", "offline");
  std::vector<std::string> words = livlina({"status"}, dir.write("other_pin", "998877\n"));
  std::string before = read_file(folder + "/pin_tries");
  for (int i = 0; i < 5; ++i) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (read_file(folder + "/pin_tries") == before && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    (void)::kill(pid, SIGKILL);
    (void)::waitpid(pid, nullptr, 0);
    const std::string after = read_file(folder + "/pin_tries");
    ASSERT_NE(after, before) << i;
    before = after;
  }
  fails(livlina({"status"}), locked, "Try again in", "wait");
}

}  // namespace
}  // namespace livlina::testing

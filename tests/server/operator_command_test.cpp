// The operator's channel with real scripts: ids only, a limit, never more than four, success or
// not.
#include "server/app/operator_command.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <thread>

#include "tests/server/temp_dir.hpp"

namespace livlina::server {
namespace {

OperatorNotice notice(std::uint8_t n) {
  OperatorNotice out;
  out.id.bytes[0] = n;
  out.incident.bytes[0] = 0xa0;
  out.incident.bytes[15] = n;
  out.severity = 3;
  out.code = "untaken";
  return out;
}

class OperatorCommandTest : public ::testing::Test {
 protected:
  OperatorCommand::Done done() {
    return [this](const NoticeId& id, bool delivered) {
      {
        const std::scoped_lock lock(mutex);
        results[id].push_back(delivered);
      }
      changed.notify_all();
    };
  }
  bool wait_for(std::size_t n) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] {
      std::size_t all = 0;
      for (const auto& [id, list] : results) all += list.size();
      return all >= n;
    });
  }
  std::vector<std::string> script(const std::string& body) {
    return {dir.write("page", "#!/bin/sh\n" + body, 0700)};
  }
  testing::TempDir dir;
  std::mutex mutex;
  std::condition_variable changed;
  std::map<NoticeId, std::vector<bool>> results;
};

TEST_F(OperatorCommandTest, M3_gets_ids_only_and_nothing_of_the_servers_surroundings) {
  ::setenv("LIVLINA_SECRET_OF_TEST", "x", 1);
  auto command = script(
      "{ echo \"$#:$*\"; env | grep -v ^PWD= | grep -v ^_= | cut -d= -f1 | sort"
      " | tr '\\n' ' '; cat; ls /proc/self/fd | wc -l; } > " +
      dir.file("out") + "\n");
  command.emplace_back("now");
  OperatorCommand channel(command, done());
  channel.send(notice(7));
  ASSERT_TRUE(wait_for(1));
  ::unsetenv("LIVLINA_SECRET_OF_TEST");
  EXPECT_EQ(results[notice(7).id], std::vector<bool>{true});
  const std::string out = testing::read_file(dir.file("out"));
  EXPECT_EQ(out.substr(0, out.find('\n')), "4:now a0000000000000000000000000000007 3 untaken");
  EXPECT_NE(out.find("\nLANG PATH "), std::string::npos) << out;
  EXPECT_EQ(out.find("SECRET"), std::string::npos);
}

TEST_F(OperatorCommandTest, G5_failure_is_reported_and_a_later_try_succeeds) {
  OperatorCommand channel(
      script("test -e " + dir.file("ok") + " || { touch " + dir.file("ok") + "; exit 3; }\n"),
      done());
  channel.send(notice(1));
  ASSERT_TRUE(wait_for(1));
  channel.send(notice(1));  // what the engine does with an undelivered one
  ASSERT_TRUE(wait_for(2));
  EXPECT_EQ(results[notice(1).id], (std::vector<bool>{false, true}));
}

TEST_F(OperatorCommandTest, H13_one_that_hangs_is_killed_with_its_children_and_blocks_no_other) {
  OperatorCommandLimits limits;
  limits.time = 300;
  OperatorCommand channel(
      script("case $1 in *01) echo $$ > " + dir.file("pid") + "; sleep 100 & wait;; esac\n"),
      done(), limits);
  channel.send(notice(1));
  channel.send(notice(2));
  channel.send(notice(3));
  ASSERT_TRUE(wait_for(3));
  EXPECT_EQ(results[notice(1).id], std::vector<bool>{false});
  EXPECT_EQ(results[notice(2).id], std::vector<bool>{true});
  EXPECT_EQ(results[notice(3).id], std::vector<bool>{true});
  const pid_t group = std::stoi(testing::read_file(dir.file("pid")));
  bool gone = false;
  for (int i = 0; i < 100 && !gone; ++i) {  // the child of the script is reaped by init
    gone = ::kill(-group, 0) != 0;
    if (!gone) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_TRUE(gone);
}

TEST_F(OperatorCommandTest, a_command_that_does_not_exist_fails) {
  OperatorCommand channel({dir.file("missing")}, done());
  channel.send(notice(1));
  ASSERT_TRUE(wait_for(1));
  EXPECT_EQ(results[notice(1).id], std::vector<bool>{false});
}

TEST_F(OperatorCommandTest, never_more_than_four_at_once_and_none_twice) {
  const std::string running = dir.file("running");
  OperatorCommand channel(script("touch " + running + ".$1; ls " + running + ".* | wc -l >> " +
                                 dir.file("counts") + "; sleep 0.2; rm " + running + ".$1\n"),
                          done());
  for (std::uint8_t i = 0; i < 12; ++i) {
    channel.send(notice(i));
    channel.send(notice(i));
  }
  ASSERT_TRUE(wait_for(12));
  std::istringstream counts(testing::read_file(dir.file("counts")));
  int lines = 0;
  for (int n = 0; counts >> n; ++lines) EXPECT_LE(n, 4);
  EXPECT_EQ(lines, 12);
}

TEST_F(OperatorCommandTest, T26_it_is_told_also_without_a_free_descriptor) {
  OperatorCommand channel(script("exit 0\n"), done());
  channel.send(notice(2));  // the threads run: a sanitizer looks at a thread with a pipe of its own
  ASSERT_TRUE(wait_for(1));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{100, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<int> all;  // as strangers' connections
  for (int file; (file = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) all.push_back(file);
  channel.send(notice(1));
  const bool told = wait_for(2);
  for (const int file : all) (void)::close(file);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(told);
  EXPECT_EQ(results[notice(1).id], std::vector<bool>{true});
}

TEST_F(OperatorCommandTest, stopping_does_not_wait_for_a_hanging_command) {
  const auto before = std::chrono::steady_clock::now();
  {
    OperatorCommand channel(script("touch " + dir.file("began") + "; sleep 100\n"), done());
    channel.send(notice(1));
    for (int i = 0; i < 500 && !std::filesystem::exists(dir.file("began")); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(50));
  EXPECT_TRUE(results.empty());  // not delivered, and not said to be
}

TEST_F(OperatorCommandTest, after_a_stop_others_may_still_send_and_nothing_runs) {
  OperatorCommand channel(script("touch " + dir.file("ran") + "\n"), done());
  std::atomic<bool> go = true;
  std::thread beside([&] {
    while (go) channel.send(notice(1));
  });
  ASSERT_TRUE(wait_for(1));
  channel.stop();
  go = false;
  beside.join();
  std::filesystem::remove(dir.file("ran"));
  {
    const std::scoped_lock lock(mutex);
    results.clear();
  }
  channel.send(notice(2));
  channel.stop();
  EXPECT_TRUE(results.empty());
  EXPECT_FALSE(std::filesystem::exists(dir.file("ran")));
}

}  // namespace
}  // namespace livlina::server

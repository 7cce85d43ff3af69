#include "tests/smoke/command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "tests/server/temp_dir.hpp"

namespace livlina::testing {

std::size_t Outcome::err_lines() const {
  return static_cast<std::size_t>(std::count(err.begin(), err.end(), '\n'));
}

nlohmann::json Outcome::json() const {
  const std::size_t end = out.find_last_not_of('\n');
  if (end == std::string::npos) return nullptr;
  const std::size_t before = out.rfind('\n', end);
  const std::size_t from = before == std::string::npos ? 0 : before + 1;
  return nlohmann::json::parse(out.substr(from, end - from + 1), nullptr, false);
}

Outcome run_command(const std::vector<std::string>& command, const std::function<void()>& meanwhile,
                    unsigned largest_file) {
  const TempDir dir;
  std::vector<std::string> words = command;
  if (largest_file > 0) {
    // A write beyond the bound is then an error like that of a full disk, and no signal.
    const std::vector<std::string> shell = {
        "/bin/sh", "-c",
        "trap '' XFSZ; ulimit -f " + std::to_string(largest_file) + "; exec \"$@\"", "sh"};
    words.insert(words.begin(), shell.begin(), shell.end());
  }
  std::vector<char*> argv;
  for (std::string& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  constexpr int make = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, dir.file("out").c_str(), make, 0600);
  posix_spawn_file_actions_addopen(&files, 2, dir.file("err").c_str(), make, 0600);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);  // no terminal to ask on
  pid_t pid = -1;
  const int e = ::posix_spawn(&pid, argv[0], &files, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (e != 0) throw std::runtime_error("cannot start " + command.front());

  Outcome out;
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > until) {
      (void)::kill(pid, SIGKILL);
      (void)::waitpid(pid, &status, 0);
      return out;
    }
    if (meanwhile) meanwhile();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  out.out = read_file(dir.file("out"));
  out.err = read_file(dir.file("err"));
  return out;
}

}  // namespace livlina::testing

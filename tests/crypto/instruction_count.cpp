#include "tests/crypto/instruction_count.hpp"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace livlina::testing {

namespace {

// Both ends of what is counted.
void stop_here() { (void)::kill(::getpid(), SIGSTOP); }

[[noreturn]] void child(const std::function<void()>& code) {
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(1);
  code();
  stop_here();
  code();
  stop_here();
  ::_exit(0);
}

bool stopped_by(int status, int signal) { return WIFSTOPPED(status) && WSTOPSIG(status) == signal; }

}  // namespace

std::optional<std::uint64_t> instructions_of(const std::function<void()>& code) {
  const pid_t pid = ::fork();
  if (pid == 0) child(code);
  if (pid < 0) return std::nullopt;
  int status = 0;
  std::optional<std::uint64_t> out;
  if (::waitpid(pid, &status, 0) == pid && stopped_by(status, SIGSTOP)) {
    std::uint64_t count = 0;
    while (::ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr) == 0 &&
           ::waitpid(pid, &status, 0) == pid && stopped_by(status, SIGTRAP))
      ++count;
    if (stopped_by(status, SIGSTOP)) out = count;
  }
  (void)::kill(pid, SIGKILL);
  (void)::waitpid(pid, nullptr, 0);
  return out;
}

}  // namespace livlina::testing

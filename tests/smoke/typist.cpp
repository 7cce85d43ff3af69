#include "tests/smoke/typist.hpp"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace livlina::testing {

namespace {

constexpr auto longest = std::chrono::seconds(20);

// A thread that a sanitizer or a library keeps for itself takes no signals.
bool takes_interrupts(const std::filesystem::path& task) {
  std::ifstream status(task / "status");
  std::string word;
  while (status >> word)
    if (word == "SigBlk:") {
      status >> word;
      return (std::stoull(word, nullptr, 16) >> (SIGINT - 1) & 1) == 0;
    }
  return false;
}

}  // namespace

Typist::Typist(const std::vector<std::string>& command) {
  std::vector<std::string> copies = command;
  std::vector<char*> argv;
  for (std::string& c : copies) argv.push_back(c.data());
  argv.push_back(nullptr);
  winsize size{};
  size.ws_row = 50;
  size.ws_col = 200;
  pid_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
  if (pid_ < 0) throw std::runtime_error("no terminal for " + command.front());
  if (pid_ == 0) {
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
}

Typist::~Typist() {
  if (pid_ > 0) {
    (void)::kill(pid_, SIGKILL);
    (void)::waitpid(pid_, nullptr, 0);
  }
  (void)::close(terminal_);
}

bool Typist::read_some(std::chrono::milliseconds limit) {
  pollfd p{terminal_, POLLIN, 0};
  if (::poll(&p, 1, static_cast<int>(limit.count())) <= 0) return false;
  char chunk[4096];
  const ssize_t n = ::read(terminal_, chunk, sizeof chunk);
  if (n <= 0) return false;  // EIO: nobody has the terminal open any more
  screen_.append(chunk, static_cast<std::size_t>(n));
  return true;
}

bool Typist::sees(const std::string& text) {
  const auto until = std::chrono::steady_clock::now() + longest;
  while (true) {
    if (const auto at = screen_.find(text, seen_); at != std::string::npos) {
      seen_ = at + text.size();
      return true;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !read_some(left)) return false;
  }
}

void Typist::types(const std::string& text) const {
  (void)!::write(terminal_, text.data(), text.size());
}

bool Typist::answers(const std::string& question, const std::string& answer) {
  if (!sees(question)) return false;
  types(answer + "\n");
  return true;
}

bool Typist::stops_beside() const {
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task")) {
    const int thread = std::stoi(task.path().filename().string());
    if (thread != pid_ && takes_interrupts(task.path()))
      return ::syscall(SYS_tgkill, pid_, thread, SIGINT) == 0;
  }
  return false;
}

int Typist::ends() {
  const auto until = std::chrono::steady_clock::now() + longest;
  int status = 0;
  while (std::chrono::steady_clock::now() < until) {
    const bool more = read_some(std::chrono::milliseconds(20));
    if (!more && ::waitpid(pid_, &status, WNOHANG) == pid_) {
      while (read_some(std::chrono::milliseconds(0))) {
      }
      pid_ = -1;
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    if (!more) ::usleep(2000);
  }
  return -1;
}

}  // namespace livlina::testing

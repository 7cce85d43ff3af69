#include "clients/cli/question.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <iterator>

#include "clients/cli/failure.hpp"

namespace livlina::cli {

namespace {

volatile sig_atomic_t stopped = 0;

}  // namespace

Question::Question() {
  stopped = 0;
  sigset_t ours;
  ::sigemptyset(&ours);
  for (const int number : numbers) ::sigaddset(&ours, number);
  ::sigprocmask(SIG_BLOCK, &ours, &mask_);
  waiting_ = mask_;
  struct sigaction stop{};
  stop.sa_handler = [](int) { stopped = 1; };
  for (std::size_t i = 0; i < std::size(numbers); ++i) {
    ::sigdelset(&waiting_, numbers[i]);
    ::sigaction(numbers[i], &stop, &before_[i]);
  }
}

Question::~Question() {
  for (std::size_t i = 0; i < std::size(numbers); ++i)
    ::sigaction(numbers[i], &before_[i], nullptr);
  ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
}

std::optional<char> Question::next(int tty) const {
  while (stopped == 0) {
    pollfd ready{tty, POLLIN, 0};
    if (::ppoll(&ready, 1, nullptr, &waiting_) < 0) {  // the signals come here, or not at all
      if (errno != EINTR) return std::nullopt;
      continue;
    }
    char c = 0;
    const ssize_t n = ::read(tty, &c, 1);
    if (n == 1) return c;
    if (n == 0 || errno != EINTR) return std::nullopt;
  }
  return std::nullopt;
}

bool Question::was_stopped() const { return stopped != 0; }

void not_answered() {
  throw Failure(Exit::failed, "Not answered. Nothing was changed.", "cancelled");
}

std::string typed(const std::string& prompt, bool whole) {
  const Question question;
  std::cerr << prompt << std::flush;
  std::string out;
  while (true) {
    const auto c = question.next(STDIN_FILENO);
    if (!c && (!whole || question.was_stopped())) {
      std::cerr << "\n";
      not_answered();
    }
    if (!c || (!whole && *c == '\n')) return out;
    out += *c;
  }
}

}  // namespace livlina::cli

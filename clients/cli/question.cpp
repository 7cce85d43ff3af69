#include "clients/cli/question.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <iostream>
#include <iterator>

#include "clients/cli/failure.hpp"

namespace livlina::cli {

namespace {

constexpr int numbers[] = {SIGINT, SIGTERM, SIGHUP};
// Atomic, since a signal may come to any thread; lock-free, since its handler writes it.
std::atomic<bool> stopped = false;
static_assert(std::atomic<bool>::is_always_lock_free);

// Whichever thread a signal comes to, it wakes the one that waits for the answer: the look-up of a
// name runs in a thread of its own, which may get the signal. Open until the process ends.
struct Bell {
  int ends[2] = {-1, -1};
  Bell() {
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
      throw Failure(Exit::failed, "Too many files are open.", "storage");
  }
  void ring() const { (void)!::write(ends[1], "", 1); }
  void silence() const {
    char rung[16];
    while (::read(ends[0], rung, sizeof rung) > 0) {
    }
  }
};

const Bell& bell() {
  static const Bell only;
  return only;
}

}  // namespace

Question::Question() {
  static_assert(std::size(numbers) == std::tuple_size_v<decltype(before_)>);
  bell().silence();
  stopped = false;
  struct sigaction stop{};
  stop.sa_handler = [](int) {
    const int kept = errno;
    stopped = true;
    bell().ring();
    errno = kept;
  };
  for (std::size_t i = 0; i < std::size(numbers); ++i) ::sigaction(numbers[i], &stop, &before_[i]);
}

Question::~Question() {
  for (std::size_t i = 0; i < std::size(numbers); ++i)
    ::sigaction(numbers[i], &before_[i], nullptr);
}

std::optional<char> Question::next(int tty) const {
  while (!stopped) {
    pollfd ready[] = {{tty, POLLIN, 0}, {bell().ends[0], POLLIN, 0}};
    if (::poll(ready, std::size(ready), -1) < 0 && errno != EINTR) return std::nullopt;
    if (stopped || ready[0].revents == 0) continue;
    char c = 0;
    const ssize_t n = ::read(tty, &c, 1);
    if (n == 1) return c;
    if (n == 0 || errno != EINTR) return std::nullopt;
  }
  return std::nullopt;
}

bool Question::was_stopped() const { return stopped; }

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

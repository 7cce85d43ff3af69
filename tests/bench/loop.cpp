#include "tests/bench/loop.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>

#include "tests/bench/failed.hpp"

namespace livlina::bench {

namespace {

volatile std::sig_atomic_t interrupted = 0;

epoll_event wanted(Watched& who, bool writing) {
  epoll_event event{};
  event.events = EPOLLIN | (writing ? std::uint32_t{EPOLLOUT} : 0U);
  event.data.ptr = &who;
  return event;
}

}  // namespace

void end_on_signals() {
  struct sigaction action{};
  action.sa_handler = [](int) { interrupted = 1; };
  (void)::sigaction(SIGINT, &action, nullptr);
  (void)::sigaction(SIGTERM, &action, nullptr);
}

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw Failed("no epoll");
  // The kernel may wake this thread 50 us late otherwise.
  (void)::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

Loop::~Loop() { (void)::close(epoll_); }

void Loop::add(int fd, Watched& who, bool writing) {
  epoll_event event = wanted(who, writing);
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) throw Failed("epoll: cannot add");
}

void Loop::change(int fd, Watched& who, bool writing) {
  epoll_event event = wanted(who, writing);
  if (::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) != 0) throw Failed("epoll: cannot change");
}

void Loop::remove(int fd) { (void)::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

void Loop::turn(Nanos most) {
  if (interrupted != 0) throw Failed("interrupted");
  most = std::max(most, Nanos(0));
  const timespec limit{most.count() / 1'000'000'000, most.count() % 1'000'000'000};
  std::array<epoll_event, 256> events;
  const int n =
      ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &limit, nullptr);
  for (int i = 0; i < n; ++i)
    static_cast<Watched*>(events[static_cast<std::size_t>(i)].data.ptr)->ready();
}

void Loop::until(const std::function<bool()>& enough, const std::string& what, Nanos limit) {
  const auto end = Clock::now() + limit;
  while (!enough()) {
    if (Clock::now() > end) throw Failed("took too long: " + what);
    turn(std::chrono::milliseconds(10));
  }
}

void Loop::run_for(Nanos time) {
  const auto end = Clock::now() + time;
  for (auto now = Clock::now(); now < end; now = Clock::now()) turn(end - now);
}

}  // namespace livlina::bench

#include "server/time/sleeper.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace livlina::server {

namespace {

int opened(int fd) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "timer descriptor");
  return fd;
}

void drain(int fd) {
  std::uint64_t ignored = 0;
  (void)!::read(fd, &ignored, sizeof ignored);
}

}  // namespace

Sleeper::Sleeper()
    : boot_timer_(opened(::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC))),
      wall_timer_(opened(::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC))),
      event_(opened(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))) {}

Sleeper::~Sleeper() {
  (void)::close(boot_timer_);
  (void)::close(wall_timer_);
  (void)::close(event_);
}

void Sleeper::sleep(Duration boot_until) {
  if (!woken_.load()) {
    itimerspec boot{};
    boot.it_value.tv_sec = boot_until / 1000;
    // Zero would switch the timer off: a time in the past rings at once.
    boot.it_value.tv_nsec = (boot_until % 1000) * 1'000'000 + 1;
    (void)::timerfd_settime(boot_timer_, TFD_TIMER_ABSTIME, &boot, nullptr);
    // Never rings by itself, but is cancelled, and so readable, when the wall clock is set.
    itimerspec wall{};
    wall.it_value.tv_sec = 9'000'000'000;  // the year 2255
    (void)::timerfd_settime(wall_timer_, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &wall,
                            nullptr);
    pollfd fds[] = {{boot_timer_, POLLIN, 0}, {wall_timer_, POLLIN, 0}, {event_, POLLIN, 0}};
    (void)::poll(fds, 3, -1);
    drain(boot_timer_);
    drain(wall_timer_);
  }
  drain(event_);
  woken_.store(false);
}

void Sleeper::wake() {
  if (woken_.exchange(true)) return;  // already on its way
  const std::uint64_t one = 1;
  (void)!::write(event_, &one, sizeof one);
}

}  // namespace livlina::server

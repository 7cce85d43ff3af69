// Sleeps until a boot time, a call from another thread, or a step of the wall clock.
#pragma once

#include <atomic>

#include "crypto/core/time.hpp"

namespace livlina::server {

class Sleeper {
 public:
  Sleeper();  // throws std::system_error when the kernel has no descriptors left
  ~Sleeper();
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  // Returns at `boot_until` (CLOCK_BOOTTIME, milliseconds), after wake(), or when the wall clock
  // was set.
  void sleep(Duration boot_until);
  // From any thread; a wake() before sleep() makes it return at once. Cheap while nobody sleeps.
  void wake();

 private:
  int boot_timer_;
  int wall_timer_;
  int event_;
  std::atomic<bool> woken_ = false;
};

}  // namespace livlina::server

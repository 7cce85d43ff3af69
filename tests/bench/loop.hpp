// One thread that waits for many sockets (epoll).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace livlina::bench {

using Clock = std::chrono::steady_clock;
using Nanos = std::chrono::nanoseconds;

// From now on SIGINT and SIGTERM make the next turn of any Loop throw Failed, so that whatever was
// started is ended and its files are removed.
void end_on_signals();

// Somebody with a socket in a Loop.
class Watched {
 public:
  Watched() = default;
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  virtual ~Watched() = default;
  virtual void ready() = 0;  // it can be read, written, or has failed
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // `who` outlives its place. Always waits for reading; for writing as well where asked.
  void add(int fd, Watched& who, bool writing);
  void change(int fd, Watched& who, bool writing);
  void remove(int fd);
  // Waits at most so long, and calls whoever is ready.
  void turn(Nanos most);
  // Turns until `enough`; throws Failed with `what` when that takes longer than the limit.
  void until(const std::function<bool()>& enough, const std::string& what,
             Nanos limit = std::chrono::seconds(60));
  // Turns for so long.
  void run_for(Nanos time);

 private:
  int epoll_;
};

}  // namespace livlina::bench

// The Sync commands that wait until everything queued on both sides has been exchanged.
#pragma once

#include <vector>

#include "clients/core/context.hpp"

namespace livlina::client {

class Syncs {
 public:
  // Waits for the log-in when there is none, then for a round trip, after which every push that the
  // server sent before has arrived.
  void add(std::uint64_t command, const Context& context);
  void online(const Context& context) { ask(context); }
  void drained() { drained_ = true; }
  void offline(const Context& context);  // all end with offline
  // Ends those whose time has come: the core asks when nothing waits any more.
  void finish(const Context& context);

 private:
  void ask(const Context& context);
  struct Waiting {
    std::uint64_t command = 0;
    bool asked = false;
    bool answered = false;
  };
  std::vector<Waiting> waiting_;
  bool drained_ = false;
};

}  // namespace livlina::client

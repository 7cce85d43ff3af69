// Lines for the operator's channels about the server itself, in memory and not in the database:
// they say that it cannot be written.
#pragma once

#include <vector>

#include "crypto/core/random.hpp"
#include "server/services/watch.hpp"

namespace livlina::server {

class OwnLines {
 public:
  // By which channels; without any they wait for a command.
  OwnLines(bool command, bool webhook);
  // `code`: a literal. One of a code waits at a time for a channel; it is repeated until it was
  // delivered.
  void raise(const char* code, int severity, crypto::Random& random, Instant now);
  // What is due goes to the end of `out`.
  void hand_out(std::vector<OperatorNotice>& out, Instant now);
  // False: none of ours.
  bool result(const NoticeId& id, bool delivered);
  // When the next is due; nothing: none waits.
  [[nodiscard]] std::optional<Instant> next() const;
  void clock_set(Instant now);

 private:
  struct Line {
    OperatorNotice notice;
    int attempts = 0;
    Instant next_at = 0;
  };
  std::vector<store::OperatorChannel> channels_;
  std::vector<Line> lines_;
};

}  // namespace livlina::server

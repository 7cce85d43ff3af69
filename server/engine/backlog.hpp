// Requests that wait for their turn: by class, each in the order in which they came. What a round
// does not take waits for the next one, so that no flood keeps urgent requests and deadlines
// waiting.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <vector>

#include "server/delivery/sessions.hpp"
#include "server/engine/engine.hpp"

namespace livlina::server {

// What a request counts for in a commit: the envelopes of a message, else 1.
[[nodiscard]] std::size_t rows_of(const Inbound& item);

class Backlog {
 public:
  // A request, or the end of a session, which comes behind all but its bulk requests.
  void add(Inbound item);
  // The next ones of a class, at most `most` rows but one request in any case; ends of sessions
  // stand among the normal ones and count for nothing.
  [[nodiscard]] std::vector<Inbound> take(RequestClass of, std::size_t most);
  // Bulk requests, at most one of a session: who asks for many lists waits behind who asks for one.
  // Those of sessions that are gone are forgotten.
  [[nodiscard]] std::vector<Inbound> take_bulk(std::size_t most, Sessions& sessions);
  [[nodiscard]] bool waits(RequestClass of) const { return !queue(of).empty(); }
  [[nodiscard]] std::size_t size() const;

 private:
  using Queue = std::deque<Inbound>;
  [[nodiscard]] Queue& queue(RequestClass of) { return queues_[static_cast<std::size_t>(of)]; }
  [[nodiscard]] const Queue& queue(RequestClass of) const {
    return queues_[static_cast<std::size_t>(of)];
  }
  std::array<Queue, 3> queues_;
};

}  // namespace livlina::server

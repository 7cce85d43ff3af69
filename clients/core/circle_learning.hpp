// Circles that an incident names and of which this account knows no part of its own: asked for, a
// few at a time, and the others after them.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "clients/core/trust.hpp"

namespace livlina::client {

class CircleLearning {
 public:
  // Whether the circle, and the desk by whose roster a coordinator has a part, are known as the
  // server tells them now. Not ok: not verified, refused, or no answer (offline).
  using Then = std::function<void(Status)>;
  explicit CircleLearning(Trust& trust) : trust_(trust) {}

  // `then` exactly once.
  void ask(const CircleId& circle, Then then);
  [[nodiscard]] std::size_t waiting() const { return waiting_; }

 private:
  void begin(const CircleId& circle, Then then);
  void done(const CircleId& circle, const Status& status, const Then& then);
  void go_on();

  Trust& trust_;
  std::map<CircleId, std::size_t> under_way_;  // how many wait for it
  std::deque<std::pair<CircleId, Then>> queue_;
  std::size_t waiting_ = 0;  // all of them
  bool going_on_ = false;
};

}  // namespace livlina::client

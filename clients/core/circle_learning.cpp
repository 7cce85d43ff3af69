#include "clients/core/circle_learning.hpp"

namespace livlina::client {

namespace {
constexpr std::size_t most_at_once = 16;  // circles
}

void CircleLearning::ask(const CircleId& circle, Then then) {
  ++waiting_;
  if (under_way_.size() >= most_at_once && under_way_.count(circle) == 0) {
    queue_.emplace_back(circle, std::move(then));
    return;
  }
  begin(circle, std::move(then));
}

void CircleLearning::begin(const CircleId& circle, Then then) {
  ++under_way_[circle];
  trust_.fetch_circle(circle, [this, circle, then = std::move(then)](const Status& status) {
    if (!status.ok()) return done(circle, status, then);
    trust_.fetch_desk([this, circle, then](const Status& desk) { done(circle, desk, then); });
  });
}

// Its place is free before anybody is told, who may ask for more.
void CircleLearning::done(const CircleId& circle, const Status& status, const Then& then) {
  --waiting_;
  const auto at = under_way_.find(circle);
  if (--at->second == 0) under_way_.erase(at);
  then(status);
  go_on();
}

// In a loop: without a connection each is answered before the next is asked, and a server's list
// may be long.
void CircleLearning::go_on() {
  if (going_on_) return;
  going_on_ = true;
  while (!queue_.empty() && under_way_.size() < most_at_once) {
    auto next = std::move(queue_.front());
    queue_.pop_front();
    begin(next.first, std::move(next.second));
  }
  going_on_ = false;
}

}  // namespace livlina::client

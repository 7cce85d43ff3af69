// Those who wait for one thing that is fetched from the server.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "clients/core/error.hpp"

namespace livlina::client {

// An answer tells what the server had when it made it, perhaps before somebody asked here. So who
// asks while a request is under way waits for the next one, and all of these share it.
class FetchQueue {
 public:
  using Then = std::function<void(Status)>;
  // True: nothing was under way, and the caller begins a request.
  [[nodiscard]] bool join(Then then) {
    (under_way_ ? next_ : waiting_).push_back(std::move(then));
    return !std::exchange(under_way_, true);
  }
  // The request was answered: those who had waited for it. While under_way() the caller begins the
  // next one.
  [[nodiscard]] std::vector<Then> answered() {
    std::vector<Then> out = std::exchange(waiting_, std::exchange(next_, {}));
    under_way_ = !waiting_.empty();
    return out;
  }
  [[nodiscard]] bool under_way() const { return under_way_; }

 private:
  bool under_way_ = false;
  std::vector<Then> waiting_;  // for the request under way
  std::vector<Then> next_;
};

}  // namespace livlina::client

// What ends the benchmark: a server, peer or count that is not as it must be.
#pragma once

#include <stdexcept>

namespace livlina::bench {

class Failed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace livlina::bench

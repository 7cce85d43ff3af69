// The buffer that a connection's messages are read into, small while nothing comes. Only for the
// source files that instantiate Beast.
#pragma once

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <cstddef>

namespace livlina::server {

// What waits for the beginning of a message, and all that an idle connection keeps: most messages
// fit, and a longer one costs Beast one more step.
inline constexpr std::size_t kept_buffer = 768;

// Beast asks how much there may be and prepares as much before anything has come.
class MessageBuffer : public boost::beast::flat_buffer {
 public:
  using Flat = boost::beast::flat_buffer;
  using Flat::Flat;
  [[nodiscard]] std::size_t max_size() const {
    return size() == 0 ? std::min(kept_buffer, Flat::max_size()) : Flat::max_size();
  }
};

}  // namespace livlina::server

// One HTTP POST to addresses that were checked before: no redirect is followed, and of the reply
// only the head is read.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "server/channels/attempt.hpp"
#include "server/channels/ip_address.hpp"
#include "server/channels/trust.hpp"
#include "server/channels/url.hpp"

namespace livlina::server {

inline constexpr unsigned most_reply_head = 8192;  // bytes

struct Post {
  Url url;
  std::vector<IpAddress> to;  // tried in this order
  Trust trust;                // of https
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::steady_clock::time_point until;  // for everything
  std::chrono::milliseconds connect;            // for each address
};

// Blocks, at most until then.
[[nodiscard]] Attempt post(Post what, const std::stop_token& stop);

}  // namespace livlina::server

// A host's name becomes addresses, once for each connection: what is checked is what is connected
// to.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "server/channels/ip_address.hpp"

namespace livlina::server {

// May wait as long as it likes. Empty: there is none.
using Resolver = std::function<std::vector<IpAddress>(const std::string& host)>;
[[nodiscard]] std::vector<IpAddress> system_resolver(const std::string& host);

// Bounds the wait for a resolver that knows no bound: it runs on a thread that may be left behind,
// one at a time.
class Lookup {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Lookup(Resolver resolver = system_resolver);
  // Nothing: not by then, or an earlier one still runs.
  [[nodiscard]] std::optional<std::vector<IpAddress>> find(const std::string& host,
                                                           Clock::time_point until,
                                                           const std::stop_token& stop) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace livlina::server

#include "server/channels/lookup.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

namespace livlina::server {

std::vector<IpAddress> system_resolver(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  std::vector<IpAddress> out;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return out;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    IpAddress address;
    if (a->ai_family == AF_INET && a->ai_addrlen >= sizeof(sockaddr_in)) {
      sockaddr_in in{};
      std::memcpy(&in, a->ai_addr, sizeof in);
      std::memcpy(address.bytes.data(), &in.sin_addr, 4);
    } else if (a->ai_family == AF_INET6 && a->ai_addrlen >= sizeof(sockaddr_in6)) {
      sockaddr_in6 in{};
      std::memcpy(&in, a->ai_addr, sizeof in);
      address.v6 = true;
      std::memcpy(address.bytes.data(), &in.sin6_addr, 16);
    } else {
      continue;
    }
    if (std::find(out.begin(), out.end(), address) == out.end()) out.push_back(address);
  }
  ::freeaddrinfo(found);
  return out;
}

struct Lookup::State {
  explicit State(Resolver its_resolver) : resolver(std::move(its_resolver)) {}
  const Resolver resolver;
  std::mutex mutex;
  std::condition_variable_any changed;
  bool running = false;
  std::vector<IpAddress> found;
};

Lookup::Lookup(Resolver resolver) : state_(std::make_shared<State>(std::move(resolver))) {}

std::optional<std::vector<IpAddress>> Lookup::find(const std::string& host, Clock::time_point until,
                                                   const std::stop_token& stop) const {
  std::unique_lock lock(state_->mutex);
  if (state_->running) return std::nullopt;
  // The thread keeps what it uses: it may end after this object.
  const auto work = [state = state_, host] {
    std::vector<IpAddress> found;
    try {
      found = state->resolver(host);
    } catch (const std::exception&) {  // nothing of it was found
      found.clear();
    }
    const std::scoped_lock inner(state->mutex);
    state->found = std::move(found);
    state->running = false;
    state->changed.notify_all();
  };
  try {
    std::thread(work).detach();
  } catch (const std::system_error&) {
    return std::nullopt;
  }
  state_->running = true;
  if (!state_->changed.wait_until(lock, stop, until, [this] { return !state_->running; }))
    return std::nullopt;
  return state_->found;
}

}  // namespace livlina::server

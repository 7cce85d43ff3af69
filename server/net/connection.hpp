// One connection from the TLS handshake to its end: HTTP first, WebSocket after the upgrade. A
// narrow face, so that only connection.cpp pays for Beast's templates.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "server/net/address_limits.hpp"
#include "server/net/gate.hpp"
#include "server/net/limit_counts.hpp"
#include "server/net/net_settings.hpp"
#include "server/net/recent_logins.hpp"

namespace boost::asio {
class io_context;
}

namespace livlina::server {

// Belongs to one network thread; every call comes from it.
class Connection {
 public:
  virtual ~Connection() = default;
  // Sends the frame (if any), then closes (if asked to). A reader that is too slow is cut off.
  virtual void deliver(std::string frame, CloseCode close) = 0;
  // Reads nothing more: what was read before is still answered.
  virtual void drain() = 0;
  // As deliver; ends at once where there is no WebSocket yet.
  virtual void shut(const std::string& frame, CloseCode code) = 0;
  // Bytes that wait for a slow reader; 0 once it is cut off.
  [[nodiscard]] virtual std::size_t queued() const = 0;
  // Ends it without a word, and gives back what waits.
  virtual void cut_off() = 0;
};

// What a connection needs of its network thread.
class ConnectionHome {
 public:
  virtual ~ConnectionHome() = default;
  // The last call a connection makes.
  virtual void gone(SessionId id) = 0;
  // False while the server stops: /readyz answers 503.
  [[nodiscard]] virtual bool serving() const = 0;
  // The connections' queues together hold more than `most_queued`: cuts off the longest.
  virtual void make_room() = 0;
  Gate* gate = nullptr;
  const NetSettings* settings = nullptr;
  LimitCounts* counts = nullptr;
  RecentLogins* logins = nullptr;
  std::size_t queued = 0;       // bytes that wait in all connections of this thread
  std::size_t most_queued = 0;  // this thread's part of settings->send_queues
};

// Takes over an accepted socket and begins; `v6` says of which family it is. Nothing when the
// socket is already broken.
[[nodiscard]] std::shared_ptr<Connection> start_connection(boost::asio::io_context& io, int socket,
                                                           bool v6, SSL_CTX* tls, SessionId id,
                                                           AddressPlace place,
                                                           ConnectionHome& home);

}  // namespace livlina::server

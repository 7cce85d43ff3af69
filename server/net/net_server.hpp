// The listener and its network threads, each with its own connections.
#pragma once

#include <memory>
#include <stdexcept>
#include <vector>

#include "server/net/gate.hpp"
#include "server/net/limit_counts.hpp"
#include "server/net/net_settings.hpp"

namespace livlina::server {

// The address cannot be listened on: says which, why, and what to do.
class ListenRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class NetServer {
 public:
  // Reads the certificate and binds, but accepts nothing yet. `gate` outlives the server. Throws
  // TlsFilesRefused or ListenRefused.
  NetServer(const NetSettings& settings, Gate& gate);
  ~NetServer();  // cuts off whatever is still connected

  void start();
  [[nodiscard]] std::uint16_t port() const;
  // From any thread, after a commit; keeps the order of frames of one session.
  void deliver(std::vector<NetOutgoing> out);
  // New connections get the new certificate, old ones stay. Throws TlsFilesRefused and keeps the
  // old one.
  void reload_certificate();
  // No new connections, nothing more is read; what was read before is still answered.
  void stop_reading();
  // Sends `frame` and closes everywhere; returns when all are gone or the time is over.
  void close_all(const std::string& frame, CloseCode code, Duration within);
  [[nodiscard]] std::uint32_t connections() const;
  // How often each limit was reached since the start; from any thread.
  [[nodiscard]] const LimitCounts& counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace livlina::server

// The command line's connection: one TLS WebSocket, driven by waiting on it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/core/time.hpp"

namespace livlina::cli {

// The wall clock as the client core wants it.
[[nodiscard]] Instant wall_now();

struct Endpoint {
  std::string host;
  std::string port;
};
// "host:port", "[::1]:8443"; nothing when it is neither.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(const std::string& text);

// What happened on the connection since the last wait.
struct SocketEvent {
  enum class What : std::uint8_t { opened, frame, closed, interrupted };
  What what;
  std::string data;         // the frame, or why the connection closed: one plain sentence
  unsigned close_code = 0;  // of the server's goodbye (wire.md, "Close codes"); 0: there was none
};

// Single-threaded. Never throws.
class Socket {
 public:
  // `ca_file` empty: the system's certificate authorities.
  explicit Socket(const std::string& ca_file);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Starts to connect; `opened` or `closed` follows from wait(). Gives up after 10 s.
  void connect(const Endpoint& endpoint);
  void send(std::string frame);  // queued; only while open
  void close();                  // sends what is queued, then says goodbye; `closed` follows
  [[nodiscard]] bool open() const;

  // The events since the last call; blocks until there is one or `until` has come. SIGINT and
  // SIGTERM are an event (interrupted).
  [[nodiscard]] std::vector<SocketEvent> wait(Instant until);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace livlina::cli

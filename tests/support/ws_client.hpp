// A blocking TLS WebSocket client for tests, and single HTTPS requests. Every wait has a limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace livlina::testing {

struct WsOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string target = "/v1/ws";
  std::string subprotocol = "livlina.v1";  // empty: none is offered
  std::string extensions;                  // the header Sec-WebSocket-Extensions; empty: none
  bool only_tls12 = false;
  int receive_buffer = 0;  // bytes of the kernel's buffer, for slow readers; 0: the system's
  std::chrono::milliseconds limit{10'000};
};

// TLS, HTTP or the upgrade failed.
class WsRefused : public std::runtime_error {
 public:
  WsRefused(const std::string& what, int status) : std::runtime_error(what), status_(status) {}
  // Of the HTTP reply; 0: there was none.
  [[nodiscard]] int status() const { return status_; }

 private:
  int status_;
};

class WsClient {
 public:
  explicit WsClient(const WsOptions& options);  // connects and upgrades; throws WsRefused
  ~WsClient();
  WsClient(WsClient&&) noexcept;

  // Throws WsRefused when the connection is gone.
  void send(const std::string& binary);
  void send_text(const std::string& text);
  void send_ping();
  // Bytes straight into the TLS stream: frames that no well-behaved client makes.
  void send_raw(const std::string& bytes);

  // The next message; nothing when the limit passes or the connection ends.
  [[nodiscard]] std::optional<std::string> receive(std::chrono::milliseconds limit);
  [[nodiscard]] std::optional<std::string> receive() { return receive(limit_); }
  // Reads until the connection ends and gives the close code; 0: it ended without one; nothing: it
  // lives.
  [[nodiscard]] std::optional<int> wait_closed();
  // What the server said in the upgrade.
  [[nodiscard]] std::string extensions() const;
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::chrono::milliseconds limit_;
};

struct HttpAnswer {
  int status = 0;
  std::string body;
  std::string headers;
};
// One HTTPS request on its own connection; `raw` replaces the whole request when not empty. Throws
// WsRefused.
[[nodiscard]] HttpAnswer https(const WsOptions& options, const std::string& method,
                               const std::string& target, const std::string& raw = {});

// A masked client frame with any first byte (FIN, reserved bits, opcode), for send_raw.
[[nodiscard]] std::string raw_frame(std::uint8_t first, const std::string& payload);

inline constexpr const char* local_names = "DNS:localhost,IP:127.0.0.1,IP:::1";
// Writes a fresh self-signed certificate for these names (ECDSA P-256) and its key, mode 0600. It
// holds from so many days after now until `valid_days` after now; negative: before.
void make_certificate(const std::string& certificate_file, const std::string& key_file,
                      int valid_days = 30, const std::string& names = local_names,
                      int from_days = -400);
// SHA-256 of the certificate a server shows, in hex; throws WsRefused.
[[nodiscard]] std::string shown_certificate(const WsOptions& options);

}  // namespace livlina::testing

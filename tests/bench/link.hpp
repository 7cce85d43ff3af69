// One connection of the load: TLS on a socket that never blocks, the WebSocket upgrade, binary
// frames.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "crypto/core/bytes.hpp"
#include "tests/bench/loop.hpp"

namespace livlina::bench {

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* tls) const { SSL_free(tls); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTls>;
// TLS 1.3 without a look at the certificate, which the benchmark made itself.
[[nodiscard]] TlsContext tls_client();

// Sockets of this process: as many as the system allows.
void raise_descriptors();
// A socket on its way to this port of the loopback, without Nagle; throws Failed. `receive_buffer`
// above 0: so many bytes of the kernel, for who reads slowly.
[[nodiscard]] int connecting_socket(std::uint16_t port, int receive_buffer = 0);

class Link : public Watched {
 public:
  // Begins to connect to the loopback.
  Link(Loop& loop, SSL_CTX* context, std::uint16_t port, int receive_buffer = 0);
  ~Link() override;
  void ready() override;

  // Sends one binary message, once the upgrade is done.
  void send(ByteView message);
  void close();  // at once, with a reset: nothing lingers on either side
  // Reads and writes nothing more, until it goes on.
  void hang();
  void go_on();
  [[nodiscard]] bool closed() const { return stage_ == Stage::closed; }

 protected:
  virtual void on_tls() {}  // the handshake is done; may close()
  virtual void on_message(ByteView message) = 0;
  virtual void on_closed() {}  // by the other side

 private:
  enum class Stage { connecting, handshake, upgrade, open, closed };
  void advance();
  void read();
  void read_messages();
  void write();
  void end();
  void want(bool writing);
  void add_message(std::uint8_t kind, ByteView payload);

  Loop& loop_;
  int fd_;
  std::unique_ptr<SSL, FreeTls> tls_;
  Stage stage_ = Stage::connecting;
  bool writing_ = true;  // what the loop waits for
  bool hanging_ = false;
  std::string in_;
  std::string out_;
};

}  // namespace livlina::bench

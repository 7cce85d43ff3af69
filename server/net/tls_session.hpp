// One TLS connection of the server over a non-blocking socket: OpenSSL's calls, each with what to
// do next. No network library, so that it can be tested over a pair of sockets.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace livlina::server {

enum class TlsNext : std::uint8_t {
  done,        // `bytes` were read or written, or the handshake is over
  wait_read,   // call again, with the same bytes to write, when the socket can be read
  wait_write,  // the same, when it can be written
  again,       // call again at once, but let others have their turn first
  ended,       // the other side said that it sends nothing more
  truncated,   // the socket ended without that: what came last may be cut short
  broken,      // the protocol or the socket failed; nothing more can be read or written
};
struct TlsOutcome {
  TlsNext next = TlsNext::broken;
  std::size_t bytes = 0;
};

// `socket` is given to each call, because a closed socket's number may be somebody else's by the
// next one; below 0: there is none any more, and the call is `broken`. A read and a write may both
// wait at a time. SIGPIPE is never raised.
class TlsSession {
 public:
  // Keeps no buffers while nothing is under way if the context has SSL_MODE_RELEASE_BUFFERS. Throws
  // std::bad_alloc.
  explicit TlsSession(SSL_CTX* context);

  [[nodiscard]] TlsOutcome handshake(int socket);
  // At most one record.
  [[nodiscard]] TlsOutcome read(int socket, void* to, std::size_t size);
  // A part of it: a record, behind one that waited perhaps a second one.
  [[nodiscard]] TlsOutcome write(int socket, const void* from, std::size_t size);
  // Says that nothing more is sent, if that goes at once.
  void say_end(int socket);
  // Something was taken from the socket that read() has not given yet: the socket alone does not
  // tell that there is something to read.
  [[nodiscard]] bool has_pending() const;

 private:
  // What the call under way finds at the socket.
  struct Wire {
    int socket = -1;
    bool dry = false;    // nothing there to read now
    bool ended = false;  // nothing will be
  };
  struct Free {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  static BIO_METHOD* method();
  static int receive(BIO* bio, char* to, int size);
  static int send(BIO* bio, const char* from, int size);
  static long control(BIO* bio, int what, long number, void* pointer);
  template <class Call>
  [[nodiscard]] TlsOutcome run(int socket, Call call);

  std::unique_ptr<Wire> wire_;  // OpenSSL keeps a pointer to it
  std::unique_ptr<SSL, Free> tls_;
  bool broken_ = false;
  bool writing_ = false;  // a write waits: OpenSSL holds its record
};

}  // namespace livlina::server

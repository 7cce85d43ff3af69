#include "server/net/tls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <new>

namespace livlina::server {

namespace {

int with_retry(auto call) {
  while (true) {
    const auto n = call();
    if (n >= 0 || errno != EINTR) return static_cast<int>(n);
  }
}

}  // namespace

int TlsSession::receive(BIO* bio, char* to, int size) {
  auto& wire = *static_cast<Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const int n = with_retry(
      [&] { return ::recv(wire.socket, to, static_cast<std::size_t>(std::max(size, 0)), 0); });
  if (n == 0) wire.ended = true;
  if (n < 0 && errno == EAGAIN) {
    wire.dry = true;
    BIO_set_retry_read(bio);
  }
  return n;
}

// OpenSSL's own BIO of a socket writes with write(), which raises SIGPIPE.
int TlsSession::send(BIO* bio, const char* from, int size) {
  const auto& wire = *static_cast<const Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const int n = with_retry([&] {
    return ::send(wire.socket, from, static_cast<std::size_t>(std::max(size, 0)), MSG_NOSIGNAL);
  });
  if (n < 0 && errno == EAGAIN) BIO_set_retry_write(bio);
  return n;
}

long TlsSession::control(BIO* bio, int what, long /*number*/, void* /*pointer*/) {
  if (what == BIO_CTRL_FLUSH) return 1;  // nothing is held back
  if (what == BIO_CTRL_EOF) return static_cast<const Wire*>(BIO_get_data(bio))->ended ? 1 : 0;
  return 0;
}

BIO_METHOD* TlsSession::method() {
  static BIO_METHOD* const made = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "livlina socket");
    if (m == nullptr) throw std::bad_alloc();
    BIO_meth_set_read(m, &TlsSession::receive);
    BIO_meth_set_write(m, &TlsSession::send);
    BIO_meth_set_ctrl(m, &TlsSession::control);
    return m;
  }();
  return made;
}

TlsSession::TlsSession(SSL_CTX* context) : wire_(std::make_unique<Wire>()), tls_(SSL_new(context)) {
  BIO* bio = BIO_new(method());
  if (!tls_ || bio == nullptr) {
    BIO_free(bio);
    ERR_clear_error();
    throw std::bad_alloc();
  }
  BIO_set_data(bio, wire_.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(tls_.get(), bio, bio);  // takes it over
  SSL_set_accept_state(tls_.get());
}

template <class Call>
TlsOutcome TlsSession::run(int socket, Call call) {
  if (broken_ || socket < 0) return {};
  *wire_ = {socket, false, false};
  // SSL_get_error looks at the thread's queue of errors, which another connection may have left.
  ERR_clear_error();
  errno = 0;
  std::size_t bytes = 0;
  const int result = call(tls_.get(), bytes);
  if (result > 0) return {TlsNext::done, bytes};
  const int why = SSL_get_error(tls_.get(), result);
  ERR_clear_error();
  switch (why) {
    case SSL_ERROR_WANT_READ:
      // Else it has only taken in something of TLS itself: more may stand in OpenSSL's buffer.
      return {wire_->dry ? TlsNext::wait_read : TlsNext::again};
    case SSL_ERROR_WANT_WRITE:
      return {TlsNext::wait_write};
    case SSL_ERROR_ZERO_RETURN:
      return {TlsNext::ended};
    default:
      broken_ = true;
      return {wire_->ended ? TlsNext::truncated : TlsNext::broken};
  }
}

TlsOutcome TlsSession::handshake(int socket) {
  return run(socket, [](SSL* tls, std::size_t&) { return SSL_do_handshake(tls); });
}

TlsOutcome TlsSession::read(int socket, void* to, std::size_t size) {
  return run(socket,
             [&](SSL* tls, std::size_t& bytes) { return SSL_read_ex(tls, to, size, &bytes); });
}

TlsOutcome TlsSession::write(int socket, const void* from, std::size_t size) {
  const TlsOutcome out = run(
      socket, [&](SSL* tls, std::size_t& bytes) { return SSL_write_ex(tls, from, size, &bytes); });
  writing_ = out.next == TlsNext::wait_write || out.next == TlsNext::wait_read;
  return out;
}

void TlsSession::say_end(int socket) {
  // A record that waits comes first: the other side does not read, and would not read this either.
  if (writing_ || SSL_in_init(tls_.get()) != 0) return;
  (void)run(socket, [](SSL* tls, std::size_t&) { return SSL_shutdown(tls); });
}

bool TlsSession::has_pending() const { return SSL_has_pending(tls_.get()) == 1; }

}  // namespace livlina::server

#include "tests/bench/link.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "tests/bench/failed.hpp"

namespace livlina::bench {

namespace {

constexpr std::uint8_t binary = 2, closing = 8, ping = 9, pong = 10;

const std::string& upgrade_request() {
  static const std::string text =
      "GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: bGl2bGluYS1iZW5jaG1hcg==\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Protocol: livlina.v1\r\n\r\n";
  return text;
}

std::uint8_t byte(const std::string& s, std::size_t at) { return static_cast<std::uint8_t>(s[at]); }

}  // namespace

TlsContext tls_client() {
  TlsContext out(SSL_CTX_new(TLS_client_method()));
  if (!out) throw Failed("no TLS");
  SSL_CTX_set_verify(out.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_session_cache_mode(out.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(out.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return out;
}

void raise_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

int connecting_socket(std::uint16_t port, int receive_buffer) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw Failed("no socket: raise the limit of open files");
  const int on = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (receive_buffer > 0)
    (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  // close() then sends a reset: tens of thousands of connections leave no waiting ports behind.
  const linger at_once{1, 0};
  (void)::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 &&
      errno != EINPROGRESS) {
    (void)::close(fd);
    throw Failed("cannot connect");
  }
  return fd;
}

Link::Link(Loop& loop, SSL_CTX* context, std::uint16_t port, int receive_buffer)
    : loop_(loop), fd_(connecting_socket(port, receive_buffer)), tls_(SSL_new(context)) {
  SSL_set_fd(tls_.get(), fd_);
  SSL_set_connect_state(tls_.get());
  loop_.add(fd_, *this, true);
}

Link::~Link() { close(); }

void Link::close() {
  if (stage_ == Stage::closed) return;
  stage_ = Stage::closed;
  loop_.remove(fd_);
  (void)::close(fd_);
}

void Link::hang() {
  if (stage_ == Stage::closed || hanging_) return;
  hanging_ = true;
  loop_.remove(fd_);
}

void Link::go_on() {
  if (stage_ == Stage::closed || !hanging_) return;
  hanging_ = false;
  loop_.add(fd_, *this, writing_);
}

void Link::end() {
  close();
  on_closed();
}

void Link::want(bool writing) {
  if (stage_ == Stage::closed || writing == writing_) return;
  writing_ = writing;
  if (hanging_) return;
  loop_.change(fd_, *this, writing);
}

void Link::ready() {
  if (stage_ == Stage::connecting || stage_ == Stage::handshake) advance();
  if (stage_ == Stage::upgrade || stage_ == Stage::open) {
    write();
    read();
  }
}

void Link::advance() {
  stage_ = Stage::handshake;
  const int done = SSL_do_handshake(tls_.get());
  if (done == 1) {
    stage_ = Stage::upgrade;
    on_tls();
    out_ = upgrade_request();
    return;
  }
  const int why = SSL_get_error(tls_.get(), done);
  if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return end();
  want(why == SSL_ERROR_WANT_WRITE);
}

void Link::write() {
  while (!out_.empty() && stage_ != Stage::closed) {
    const int n = SSL_write(tls_.get(), out_.data(), static_cast<int>(out_.size()));
    if (n > 0) {
      out_.erase(0, static_cast<std::size_t>(n));
      continue;
    }
    const int why = SSL_get_error(tls_.get(), n);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) break;
    return end();
  }
  want(!out_.empty());
}

void Link::read() {
  std::array<char, 16 * 1024> chunk;
  while (stage_ != Stage::closed && !hanging_) {
    const int n = SSL_read(tls_.get(), chunk.data(), static_cast<int>(chunk.size()));
    if (n > 0) {
      in_.append(chunk.data(), static_cast<std::size_t>(n));
      read_messages();
      continue;
    }
    const int why = SSL_get_error(tls_.get(), n);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return;
    return end();
  }
}

void Link::read_messages() {
  if (stage_ == Stage::upgrade) {
    const auto head = in_.find("\r\n\r\n");
    if (head == std::string::npos) return;
    if (in_.compare(0, 12, "HTTP/1.1 101") != 0) return end();
    in_.erase(0, head + 4);
    stage_ = Stage::open;
  }
  std::size_t at = 0;
  while (stage_ == Stage::open && in_.size() - at >= 2) {
    std::size_t size = byte(in_, at + 1) & 0x7fU;
    const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (in_.size() - at < 2 + more) break;
    if (more != 0) size = 0;
    for (std::size_t i = 0; i < more; ++i) size = size << 8 | byte(in_, at + 2 + i);
    if (in_.size() - at < 2 + more + size) break;
    const std::uint8_t kind = byte(in_, at) & 0x0fU;
    const ByteView payload = view(in_).subspan(at + 2 + more, size);
    at += 2 + more + size;
    if (kind == binary) on_message(payload);
    if (kind == ping) add_message(pong, payload);
    if (kind == closing) return end();
  }
  in_.erase(0, at);
  if (in_.empty()) in_.shrink_to_fit();
}

// Masked with zeros, which leaves the payload as it is: this client has nothing to hide from
// proxies.
void Link::add_message(std::uint8_t kind, ByteView payload) {
  if (stage_ != Stage::open) throw Failed("a frame for a connection that is not open");
  const std::size_t size = payload.size();
  out_ += static_cast<char>(0x80U | kind);
  if (size < 126) {
    out_ += static_cast<char>(0x80U | size);
  } else {
    if (size > 0xffff) throw Failed("a frame that is too long");
    out_ += static_cast<char>(0x80U | 126U);
    out_ += static_cast<char>(size >> 8);
    out_ += static_cast<char>(size & 0xffU);
  }
  out_.append(4, '\0');
  out_ += text(payload);
  write();
}

void Link::send(ByteView message) { add_message(binary, message); }

}  // namespace livlina::bench

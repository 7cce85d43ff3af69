#include "tests/smoke/ws_door.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace livlina::testing {

namespace {

// RFC 6455, section 4.2.2.
std::string accept_of(const std::string& upgrade) {
  const std::string field = "Sec-WebSocket-Key: ";
  const std::size_t at = upgrade.find(field) + field.size();
  const std::string text =
      upgrade.substr(at, upgrade.find('\r', at) - at) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), hash.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 64> out{};
  const int n = EVP_EncodeBlock(out.data(), hash.data(), static_cast<int>(size));
  return {out.begin(), out.begin() + n};
}

}  // namespace

WsDoor::WsDoor(const std::string& certificate_file, const std::string& key_file,
               std::string more_headers, std::string bytes)
    : more_headers_(std::move(more_headers)),
      bytes_(std::move(bytes)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* address = reinterpret_cast<sockaddr*>(&at);
  socklen_t size = sizeof at;
  if (listener_ < 0 || ::bind(listener_, address, size) != 0 || ::listen(listener_, 1) != 0 ||
      ::getsockname(listener_, address, &size) != 0)
    throw std::runtime_error("cannot listen");
  port_ = ntohs(at.sin_port);
  thread_ = std::thread([=, this] { run(certificate_file, key_file); });
}

WsDoor::~WsDoor() {
  (void)::shutdown(listener_, SHUT_RDWR);  // ends accept()
  if (thread_.joinable()) thread_.join();
  (void)::close(listener_);
}

WsDoor::Guest WsDoor::guest() {
  thread_.join();
  return guest_;
}

void WsDoor::run(const std::string& certificate_file, const std::string& key_file) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_server_method()),
                                                             SSL_CTX_free);
  if (SSL_CTX_use_certificate_file(context.get(), certificate_file.c_str(), SSL_FILETYPE_PEM) !=
          1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return;
  const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0) return;
  const timeval limit{10, 0};
  (void)::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  (void)::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const std::unique_ptr<SSL, void (*)(SSL*)> session(SSL_new(context.get()), SSL_free);
  SSL_set_fd(session.get(), socket);
  const auto read = [&](std::string& into) {
    std::array<char, 4096> part{};
    const int n = SSL_read(session.get(), part.data(), static_cast<int>(part.size()));
    if (n > 0) into.append(part.data(), static_cast<std::size_t>(n));
    return n > 0;
  };
  if (SSL_accept(session.get()) == 1) {
    while (guest_.upgrade.find("\r\n\r\n") == std::string::npos && read(guest_.upgrade)) {
    }
    const std::string all =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Protocol: livlina.v1\r\nSec-WebSocket-Accept: " +
        accept_of(guest_.upgrade) + "\r\n" + more_headers_ + "\r\n" + bytes_;
    // A guest who goes in the middle of it ends the writing, and the reading.
    if (SSL_write(session.get(), all.data(), static_cast<int>(all.size())) > 0)
      while (read(guest_.after)) {
      }
  }
  (void)::close(socket);
}

}  // namespace livlina::testing

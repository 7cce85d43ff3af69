#include "tests/smoke/tls_door.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string_view>

namespace livlina::testing {

TlsDoor::TlsDoor(const std::string& certificate_file, const std::string& key_file, bool only_tls12)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* address = reinterpret_cast<sockaddr*>(&at);
  socklen_t size = sizeof at;
  if (listener_ < 0 || ::bind(listener_, address, size) != 0 || ::listen(listener_, 8) != 0 ||
      ::getsockname(listener_, address, &size) != 0)
    throw std::runtime_error("cannot listen");
  port_ = ntohs(at.sin_port);
  thread_ = std::thread([=, this] { run(certificate_file, key_file, only_tls12); });
}

TlsDoor::~TlsDoor() {
  (void)::shutdown(listener_, SHUT_RDWR);  // ends accept()
  thread_.join();
  (void)::close(listener_);
}

void TlsDoor::run(const std::string& certificate_file, const std::string& key_file,
                  bool only_tls12) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_server_method()),
                                                             SSL_CTX_free);
  const bool tls = !certificate_file.empty();
  if (only_tls12 && SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION) != 1) return;
  if (tls && (SSL_CTX_use_certificate_file(context.get(), certificate_file.c_str(),
                                           SSL_FILETYPE_PEM) != 1 ||
              SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1))
    return;
  while (true) {
    const int guest = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (guest < 0) return;
    timeval limit{5, 0};
    (void)::setsockopt(guest, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (tls) {
      const std::unique_ptr<SSL, void (*)(SSL*)> session(SSL_new(context.get()), SSL_free);
      SSL_set_fd(session.get(), guest);
      char first = 0;
      // The client's last word of the handshake is read with what it says first.
      if (SSL_accept(session.get()) == 1 && SSL_read(session.get(), &first, 1) == 1) ++accepted_;
    } else {
      constexpr std::string_view hello = "220 mail.example ready\r\n";
      (void)!::send(guest, hello.data(), hello.size(), MSG_NOSIGNAL);
      char said[512];
      (void)!::recv(guest, said, sizeof said, 0);
    }
    (void)::close(guest);
  }
}

}  // namespace livlina::testing

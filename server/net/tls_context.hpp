// The server side of TLS: certificate, key, versions and suites. OpenSSL's own types, so that no
// network library is needed to read or test it.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace livlina::server {

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

enum class TlsFile : unsigned char { neither, certificate, key };

// Says which file is wrong, how, and what to do about it.
class TlsFilesRefused : public std::runtime_error {
 public:
  TlsFilesRefused(TlsFile which, const std::string& what)
      : std::runtime_error(what), which_(which) {}
  [[nodiscard]] TlsFile which() const { return which_; }

 private:
  TlsFile which_;
};

// Reads both PEM files. TLS 1.3, or also 1.2 with ECDHE and AEAD suites; no tickets, no
// compression, no renegotiation; buffers of idle connections are released (TlsSession). Throws
// TlsFilesRefused, also for a key that other users may read, a key of another certificate, or a
// certificate that is no longer valid at `now_seconds`.
[[nodiscard]] TlsContext make_tls_context(const std::string& certificate, const std::string& key,
                                          bool tls12, std::int64_t now_seconds);

// Days until the certificate ends, rounded down; for warnings.
[[nodiscard]] std::int64_t certificate_days_left(SSL_CTX* context, std::int64_t now_seconds);

}  // namespace livlina::server

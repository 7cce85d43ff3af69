// Whose certificates a webhook trusts, and which TLS it speaks.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace livlina::server {

struct FreeTrust {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Trust = std::unique_ptr<SSL_CTX, FreeTrust>;

// TLS 1.2 with AEAD suites or 1.3, the certificates of this PEM file, or those of the system when
// it is empty. Null: it cannot be read, or holds none.
[[nodiscard]] Trust make_trust(const std::string& ca_file);

}  // namespace livlina::server

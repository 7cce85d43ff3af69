// Whether clients that reach the server by a name will accept its certificate.
#pragma once

#include <openssl/ssl.h>

#include <string>

namespace livlina::server {

// True when the certificate of `context` is for `host`, a DNS name or an IP address as it stands in
// the code that clients scan: the rule by which they check it themselves (RFC 6125).
[[nodiscard]] bool certificate_names(const SSL_CTX* context, const std::string& host);

}  // namespace livlina::server

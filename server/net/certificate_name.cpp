#include "server/net/certificate_name.hpp"

#include <openssl/x509v3.h>

namespace livlina::server {

bool certificate_names(const SSL_CTX* context, const std::string& host) {
  X509* leaf = SSL_CTX_get0_certificate(context);
  if (leaf == nullptr) return false;
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string bare = bracketed ? host.substr(1, host.size() - 2) : host;
  return X509_check_ip_asc(leaf, bare.c_str(), 0) == 1 ||
         X509_check_host(leaf, bare.data(), bare.size(), 0, nullptr) == 1;
}

}  // namespace livlina::server

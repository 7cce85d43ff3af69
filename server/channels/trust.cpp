#include "server/channels/trust.hpp"

#include <openssl/err.h>

namespace livlina::server {

Trust make_trust(const std::string& ca_file) {
  ERR_clear_error();
  Trust out(SSL_CTX_new(TLS_client_method()));
  if (!out) return out;
  SSL_CTX_set_min_proto_version(out.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(out.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  const bool trusts = SSL_CTX_set_cipher_list(out.get(), "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
                      (ca_file.empty() ? SSL_CTX_set_default_verify_paths(out.get()) == 1
                                       : SSL_CTX_load_verify_file(out.get(), ca_file.c_str()) == 1);
  ERR_clear_error();
  if (!trusts) out.reset();
  return out;
}

}  // namespace livlina::server

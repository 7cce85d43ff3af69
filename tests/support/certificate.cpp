// Self-signed certificates for tests.
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>

#include "tests/support/ws_client.hpp"

namespace livlina::testing {

namespace {

FILE* create(const std::string& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  FILE* out = fd < 0 ? nullptr : ::fdopen(fd, "w");
  if (out == nullptr) throw std::runtime_error("cannot write " + file);
  return out;
}

}  // namespace

void make_certificate(const std::string& certificate_file, const std::string& key_file,
                      int valid_days, const std::string& names, int from_days) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* x = X509_new();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), 3600L * 24 * from_days);
  X509_gmtime_adj(X509_getm_notAfter(x), 3600L * 24 * valid_days);
  X509_set_pubkey(x, key);
  X509_NAME* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(x, name);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(x, extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(x, key, EVP_sha256());
  FILE* out = create(certificate_file);
  PEM_write_X509(out, x);
  std::fclose(out);
  out = create(key_file);
  PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(out);
  X509_free(x);
  EVP_PKEY_free(key);
}

}  // namespace livlina::testing

#include "server/net/tls_context.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <system_error>

namespace livlina::server {

namespace {

// One of the two files, by its role and by its path.
struct File {
  TlsFile which;
  const std::string& path;
};

[[noreturn]] void refuse(const File& file, const std::string& what, const char* advice) {
  ERR_clear_error();
  throw TlsFilesRefused(file.which, file.path + ": " + what + "; " + advice);
}

std::string openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason != nullptr ? reason : "unreadable";
}

void check_readable(const File& file, const char* setting) {
  if (file.path.empty())
    throw TlsFilesRefused(
        file.which, std::string(setting) + " is not set; name a PEM file in the configuration");
  const int fd = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    refuse(file, std::generic_category().message(errno), "name a PEM file that this user may read");
  (void)::close(fd);
}

void check_private(const File& file) {
  struct stat s{};
  if (::stat(file.path.c_str(), &s) != 0)
    refuse(file, std::generic_category().message(errno), "name a readable file");
  // A group may read it (certificate tools hand keys out that way), the world may not.
  if ((s.st_mode & S_IROTH) != 0 || (s.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    refuse(file, "the private key is open to other users", "chmod 0600 it");
}

}  // namespace

TlsContext make_tls_context(const std::string& certificate, const std::string& key, bool tls12,
                            std::int64_t now_seconds) {
  const File certificate_file{TlsFile::certificate, certificate};
  const File key_file{TlsFile::key, key};
  check_readable(certificate_file, "server.certificate");
  check_readable(key_file, "server.key");
  check_private(key_file);
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context)
    throw TlsFilesRefused(TlsFile::neither, "OpenSSL gives no context: " + openssl_reason());
  SSL_CTX* c = context.get();
  SSL_CTX_set_min_proto_version(c, tls12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                             SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(c, 0);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Whoever sends nothing but what TLS says to itself must not keep a read from ending.
  SSL_CTX_clear_mode(c, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(c, 1);  // a record's header and body in one call
  if (SSL_CTX_set_cipher_list(c, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
    throw TlsFilesRefused(TlsFile::neither,
                          "OpenSSL has none of the TLS 1.2 suites: " + openssl_reason());
  if (SSL_CTX_use_certificate_chain_file(c, certificate.c_str()) != 1)
    refuse(certificate_file, "not a PEM certificate chain (" + openssl_reason() + ")",
           "the file begins with -----BEGIN CERTIFICATE-----");
  if (SSL_CTX_use_PrivateKey_file(c, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH)
      refuse(key_file, "this key belongs to another certificate than " + certificate,
             "name the pair that was issued together");
    refuse(key_file, "not a PEM private key without a passphrase (" + openssl_reason() + ")",
           "the file begins with -----BEGIN PRIVATE KEY-----");
  }
  if (SSL_CTX_check_private_key(c) != 1)
    refuse(key_file, "this key belongs to another certificate than " + certificate,
           "name the pair that was issued together");
  std::time_t now = now_seconds;
  const X509* leaf = SSL_CTX_get0_certificate(c);
  if (X509_cmp_time(X509_get0_notAfter(leaf), &now) < 0)
    refuse(certificate_file, "the certificate has expired", "renew it");
  return context;
}

std::int64_t certificate_days_left(SSL_CTX* context, std::int64_t now_seconds) {
  ASN1_TIME* now = ASN1_TIME_set(nullptr, now_seconds);
  int days = 0;
  int seconds = 0;
  (void)ASN1_TIME_diff(&days, &seconds, now, X509_get0_notAfter(SSL_CTX_get0_certificate(context)));
  ASN1_TIME_free(now);
  return days;
}

}  // namespace livlina::server

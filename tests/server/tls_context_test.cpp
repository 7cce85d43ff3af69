// Certificates and keys that are wrong: each refusal names the file and says what to do.
#include "server/net/tls_context.hpp"

#include <gtest/gtest.h>

#include <ctime>

#include "tests/server/temp_dir.hpp"
#include "tests/support/ws_client.hpp"

namespace livlina::server {
namespace {

class TlsFiles : public ::testing::Test {
 protected:
  TlsFiles() {
    testing::make_certificate(dir.file("c.pem"), dir.file("k.pem"));
    testing::make_certificate(dir.file("c2.pem"), dir.file("k2.pem"));
  }
  std::string refusal(const std::string& certificate, const std::string& key) {
    try {
      (void)make_tls_context(certificate.empty() ? "" : dir.file(certificate),
                             key.empty() ? "" : dir.file(key), false, std::time(nullptr));
    } catch (const TlsFilesRefused& e) {
      return e.what();
    }
    return "accepted";
  }
  static bool says(const std::string& line, const std::string& a, const std::string& b) {
    return line.find(a) != std::string::npos && line.find(b) != std::string::npos;
  }
  testing::TempDir dir;
};

TEST_F(TlsFiles, a_good_pair_gives_tls_1_3_only) {
  const TlsContext tls =
      make_tls_context(dir.file("c.pem"), dir.file("k.pem"), false, std::time(nullptr));
  EXPECT_EQ(SSL_CTX_get_min_proto_version(tls.get()), TLS1_3_VERSION);
  EXPECT_NE(SSL_CTX_get_mode(tls.get()) & SSL_MODE_RELEASE_BUFFERS, 0);
  const std::int64_t days = certificate_days_left(tls.get(), std::time(nullptr));
  EXPECT_GE(days, 29);
  EXPECT_LE(days, 30);
}

TEST_F(TlsFiles, each_mistake_names_the_file) {
  EXPECT_TRUE(says(refusal("", "k.pem"), "server.certificate", "not set"));
  EXPECT_TRUE(says(refusal("c.pem", ""), "server.key", "not set"));
  EXPECT_TRUE(says(refusal("none.pem", "k.pem"), "none.pem", "No such file"));
  EXPECT_TRUE(says(refusal("c.pem", "none.pem"), "none.pem", "No such file"));
  dir.write("bad.pem", "rubbish");
  EXPECT_TRUE(says(refusal("bad.pem", "k.pem"), "bad.pem", "BEGIN CERTIFICATE"));
  EXPECT_TRUE(says(refusal("c.pem", "bad.pem"), "bad.pem", "BEGIN PRIVATE KEY"));
  EXPECT_TRUE(says(refusal("k.pem", "k.pem"), "k.pem", "BEGIN CERTIFICATE"));
  EXPECT_TRUE(says(refusal("c.pem", "k2.pem"), "k2.pem", "another certificate"));
  (void)::chmod(dir.file("k.pem").c_str(), 0644);
  EXPECT_TRUE(says(refusal("c.pem", "k.pem"), "k.pem", "chmod 0600"));
}

TEST_F(TlsFiles, an_expired_certificate_is_refused) {
  testing::make_certificate(dir.file("old.pem"), dir.file("oldkey.pem"), -1);
  EXPECT_TRUE(says(refusal("old.pem", "oldkey.pem"), "old.pem", "expired"));
}

}  // namespace
}  // namespace livlina::server

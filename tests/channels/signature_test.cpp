// The signature of a webhook, by the standard's own example and by another library's HMAC.
#include "server/channels/signature.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "server/channels/notice.hpp"

namespace livlina::server {
namespace {

TEST(WebhookSignature, the_standards_own_example) {
  const auto secret = parse_webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(secret);
  EXPECT_EQ(webhook_signature(secret->expose(), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                              R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSignature, another_library_computes_the_same) {
  const Bytes key(40, 7);
  const std::string what = "abc.17.{}";
  unsigned char mac[32];
  unsigned size = 0;
  ASSERT_NE(::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                   reinterpret_cast<const unsigned char*>(what.data()), what.size(), mac, &size),
            nullptr);
  unsigned char text[64];
  const int length = EVP_EncodeBlock(text, mac, static_cast<int>(size));
  EXPECT_EQ(
      webhook_signature(key, "abc", 17, "{}"),
      "v1," + std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)));
}

TEST(WebhookSignature, a_secret_is_base64_of_enough_bytes_and_nothing_beside) {
  const std::string good = "whsec_" + std::string(43, 'A') + "=";  // 32 bytes
  EXPECT_TRUE(parse_webhook_secret(good));
  EXPECT_TRUE(parse_webhook_secret(good + "\n"));
  EXPECT_TRUE(parse_webhook_secret(good + "\r\n"));
  EXPECT_EQ(parse_webhook_secret(good)->size(), 32u);
  const std::string bad[] = {"",
                             "whsec_",
                             good.substr(6),
                             good + " ",
                             good + "\nx",
                             " " + good,
                             "whsec_" + std::string(20, 'A'),
                             "whsec_" + std::string(88, 'A'),
                             "whsec_" + std::string(43, 'A'),
                             "whsec_" + std::string(42, '!') + "=="};
  for (const std::string& text : bad) EXPECT_FALSE(parse_webhook_secret(text)) << text;
}

TEST(WebhookBody, M3_ids_words_and_numbers_alone) {
  WebhookNotice notice;
  notice.id.bytes[15] = 0x1f;
  notice.incident.bytes[0] = 0xa0;
  notice.severity = 3;
  notice.code = "page";
  notice.at = 1767225600000;
  notice.attempt = 2;
  EXPECT_EQ(webhook_body(notice), R"({"attempt":2,"at":1767225600000,"code":"page",)"
                                  R"("id":"0000000000000000000000000000001f",)"
                                  R"("incident":"a0000000000000000000000000000000","severity":3})");
  notice.incident = {};
  EXPECT_NE(webhook_body(notice).find(R"("incident":null)"), std::string::npos);
}

}  // namespace
}  // namespace livlina::server

// What a reply, or its absence, means for the notice and for the channel.
#include "server/channels/attempt.hpp"

#include <gtest/gtest.h>

namespace livlina::server {
namespace {

using What = policy::Delivery::What;

TEST(AttemptTest, H14_H16_H17_each_status_is_taken_repeated_or_for_good) {
  for (const unsigned status : {200u, 201u, 202u, 204u, 299u})
    EXPECT_EQ(answered(status, "").delivery.what, What::accepted) << status;
  for (const unsigned status : {100u, 408u, 425u, 429u, 500u, 502u, 503u, 504u, 599u})
    EXPECT_EQ(answered(status, "").delivery.what, What::later) << status;
  for (const unsigned status :
       {300u, 301u, 302u, 303u, 307u, 308u, 400u, 401u, 403u, 404u, 405u, 410u, 413u, 418u, 422u})
    EXPECT_EQ(answered(status, "").delivery.what, What::refused) << status;
}

TEST(AttemptTest, a_wait_that_the_receiver_asks_for_is_bounded) {
  EXPECT_EQ(answered(429, "7").delivery.retry_after, 7 * second);
  EXPECT_EQ(answered(503, "86400").delivery.retry_after, policy::last_backoff);
  EXPECT_EQ(answered(503, "4294967295").delivery.retry_after, policy::last_backoff);
  for (const char* text :
       {"", "0", "-1", "1.5", "7 ", " 7", "4294967296", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"})
    EXPECT_EQ(answered(503, text).delivery.retry_after, 0) << text;
  EXPECT_EQ(answered(404, "7").delivery.retry_after, 0);
}

TEST(AttemptTest, what_only_a_human_can_mend_is_not_repeated) {
  for (const auto end : {AttemptEnd::url, AttemptEnd::secret, AttemptEnd::trust,
                         AttemptEnd::address, AttemptEnd::certificate})
    EXPECT_EQ(ended_by(end).delivery.what, What::refused);
  for (const auto end : {AttemptEnd::lookup, AttemptEnd::connection, AttemptEnd::tls,
                         AttemptEnd::time, AttemptEnd::reply, AttemptEnd::stopped})
    EXPECT_EQ(ended_by(end).delivery.what, What::later);
}

}  // namespace
}  // namespace livlina::server

// The table of operations and the reading of a frame's outer fields.
#include <gtest/gtest.h>

#include "livlina/frames.pb.h"
#include "server/session/frame_head.hpp"
#include "server/session/operations.hpp"
#include "server/session/token_bucket.hpp"

namespace livlina::server {
namespace {

TEST(Operations, T34_exactly_three_are_open_to_strangers) {
  int strangers = 0;
  int urgent = 0;
  int device = 0;
  for (int field = 0; field < 2000; ++field) {
    strangers += access_of(field) == Access::stranger ? 1 : 0;
    urgent += access_of(field) == Access::urgent ? 1 : 0;
    device += access_of(field) == Access::device ? 1 : 0;
  }
  EXPECT_EQ(strangers, 3);
  EXPECT_EQ(urgent, 2);
  EXPECT_EQ(device, 21);
  EXPECT_EQ(access_of(v1::Request::kPostRecordFieldNumber), Access::urgent);
  EXPECT_EQ(access_of(v1::Request::kPostActFieldNumber), Access::urgent);
}

TEST(FrameHead, reads_the_outer_fields_of_a_frame_whatever_is_inside) {
  v1::ServerFrame f;
  f.set_id(300);
  f.set_version(1);
  f.mutable_welcome()->set_signature(std::string(5000, '\xff'));
  const std::string bytes = f.SerializeAsString();
  const auto head = frame_head(view(bytes));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->id, 300U);
  EXPECT_EQ(head->version, 1U);
  EXPECT_EQ(head->body, v1::ServerFrame::kWelcomeFieldNumber);
}

TEST(FrameHead, T24_T27_rubbish_is_nothing) {
  EXPECT_FALSE(frame_head(view(std::string("\x0a\xff\xff\xff\xff\x0f", 6))));  // 4 GiB inside
  EXPECT_FALSE(frame_head(view(std::string(4000, '\x0b'))));                   // groups in groups
  EXPECT_FALSE(frame_head(view(std::string("\x08", 1))));                      // cut short
  EXPECT_FALSE(
      frame_head(view(std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01", 12))));
}

TEST(TokenBucket, gives_its_burst_then_its_rate) {
  TokenBucket bucket(10, 3, 0);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take(0));
  EXPECT_FALSE(bucket.take(0));
  EXPECT_EQ(bucket.wait(0), 100);
  EXPECT_FALSE(bucket.take(99));
  EXPECT_TRUE(bucket.take(100));
  EXPECT_TRUE(bucket.take(day));
  EXPECT_TRUE(bucket.take(day));
  EXPECT_TRUE(bucket.take(day));
  EXPECT_FALSE(bucket.take(day));
}

TEST(TokenBucket, debt_is_bounded) {
  TokenBucket bucket(10, 3, 0);
  for (int i = 0; i < 100; ++i) bucket.charge(0);
  EXPECT_EQ(bucket.debt_wait(0), 100);
  EXPECT_EQ(bucket.wait(0), 400);
}

TEST(TokenBucket, a_clock_that_runs_backward_gives_nothing) {
  TokenBucket bucket(10, 1, 1000);
  EXPECT_TRUE(bucket.take(1000));
  EXPECT_FALSE(bucket.take(0));
  EXPECT_FALSE(bucket.take(1050));
  EXPECT_TRUE(bucket.take(1100));
}

}  // namespace
}  // namespace livlina::server

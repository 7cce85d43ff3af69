// Which limit a connection reached: what the counters of the server count.
#include <gtest/gtest.h>

#include "livlina/frames.pb.h"
#include "protocol/codec.hpp"
#include "server/net/limit_counts.hpp"
#include "server/session/session.hpp"

namespace livlina::server {
namespace {

class SessionLimit : public ::testing::Test {
 protected:
  static std::string request(std::uint64_t id, bool log_in = false) {
    v1::Request r;
    r.set_id(id);
    r.set_version(protocol::wire_version);
    if (log_in)
      r.mutable_login()->set_device_id(std::string(16, 'd'));
    else
      r.mutable_list_circles();
    return protocol::encode(r);
  }
  static std::string reply(std::uint64_t id, v1::ErrorCode code = v1::ERROR_UNSPECIFIED,
                           const std::string& detail = {}) {
    v1::ServerFrame f;
    f.set_id(id);
    f.set_version(protocol::wire_version);
    if (code == v1::ERROR_UNSPECIFIED) {
      f.mutable_welcome()->set_signature("s");
    } else {
      f.mutable_error()->set_code(code);
      f.mutable_error()->set_detail(detail);
    }
    return protocol::encode(f);
  }
  SessionActions in(const std::string& frame) { return session.on_binary(view(frame), now); }
  std::optional<Limit> hears(v1::ErrorCode code, const std::string& detail = {}) {
    return session.on_reply(view(reply(9, code, detail)), now);
  }
  void log_in() {
    ASSERT_TRUE(in(request(1, true)).forward);
    EXPECT_EQ(session.on_reply(view(reply(1)), now), std::nullopt);
    ASSERT_TRUE(session.logged_in());
  }
  // How many requests are taken now, when each is answered at once.
  std::uint32_t taken(std::uint32_t most) {
    std::uint32_t out = 0;
    for (std::uint32_t i = 0; i < most; ++i)
      if (in(request(10 + i)).forward) {
        ++out;
        (void)session.on_reply(view(reply(10 + i)), now);
      }
    return out;
  }
  SessionLimits limits;
  Duration now = 1'000'000;
  Session session{limits, now};
};

TEST_F(SessionLimit, T26_each_refusal_says_which_limit_it_was) {
  EXPECT_EQ(session.on_too_large().reached, Limit::message);
  session = Session(limits, now);
  EXPECT_EQ(session.on_timer(now + limits.login_time).reached, Limit::login_time);
  session = Session(limits, now);
  for (std::uint32_t i = 1; i < limits.malformed; ++i)
    EXPECT_EQ(in("rubbish").reached, std::nullopt);
  EXPECT_EQ(in("rubbish").reached, Limit::malformed);
  session = Session(limits, now);
  for (std::uint32_t i = 0; i < limits.ping_burst; ++i) (void)session.on_ping(now);
  EXPECT_EQ(session.on_ping(now).reached, Limit::pings);
  session = Session(limits, now);
  log_in();
  for (std::uint32_t i = 0; i < limits.in_flight; ++i) ASSERT_TRUE(in(request(10 + i)).forward);
  EXPECT_EQ(in(request(500)).reached, Limit::in_flight);
  for (std::uint32_t i = 0; i < limits.burst; ++i) (void)in(request(600 + i));
  EXPECT_EQ(in(request(900)).reached, Limit::rate);
}

TEST_F(SessionLimit, T26_limits_of_the_services_are_seen_in_their_answers) {
  log_in();
  EXPECT_EQ(hears(v1::QUEUE_FULL), Limit::mailbox);
  EXPECT_EQ(hears(v1::TOO_LARGE, "frame"), Limit::field);
  EXPECT_EQ(hears(v1::NOT_READY, "open_invites"), Limit::invites);
  EXPECT_EQ(hears(v1::NOT_READY, "confirm"), std::nullopt);
  EXPECT_EQ(hears(v1::FORBIDDEN), std::nullopt);
  session = Session(limits, now);
  EXPECT_EQ(hears(v1::LOGIN_REFUSED), Limit::login);
}

TEST_F(SessionLimit, T26_who_connects_anew_begins_with_a_tenth_of_the_burst) {
  log_in();
  EXPECT_EQ(session.device(), DeviceId::from(std::string(16, 'd')));
  session.back_after(hour, now);
  EXPECT_EQ(taken(200), limits.burst - 1) << "the log-in took one";
  session = Session(limits, now);
  log_in();
  session.back_after(0, now);
  EXPECT_EQ(taken(200), limits.burst / 10);
  session = Session(limits, now);
  log_in();
  session.back_after(second, now);
  EXPECT_EQ(taken(200), limits.burst / 10 + limits.requests_per_second);
  v1::Request r;
  r.set_id(999);
  r.set_version(protocol::wire_version);
  r.mutable_post_record();
  EXPECT_TRUE(in(protocol::encode(r)).forward) << "an alarm needs none of it";
}

TEST(LimitCounts, each_limit_has_a_count_of_its_own) {
  LimitCounts counts;
  for (std::size_t i = 0; i < limits_in_all; ++i)
    for (std::size_t n = 0; n <= i; ++n) counts.count(static_cast<Limit>(i));
  for (std::size_t i = 0; i < limits_in_all; ++i)
    EXPECT_EQ(counts.of(static_cast<Limit>(i)), i + 1);
}

}  // namespace
}  // namespace livlina::server

// The state machine of a connection: what it lets through, what it answers, when it closes.
#include <gtest/gtest.h>

#include "livlina/frames.pb.h"
#include "protocol/codec.hpp"
#include "server/session/session.hpp"

namespace livlina::server {
namespace {

v1::Request request(std::uint64_t id) {
  v1::Request r;
  r.set_id(id);
  r.set_version(protocol::wire_version);
  return r;
}
std::string login(std::uint64_t id) {
  v1::Request r = request(id);
  r.mutable_login()->set_counter(1);
  return protocol::encode(r);
}
std::string list_circles(std::uint64_t id) {
  v1::Request r = request(id);
  r.mutable_list_circles();
  return protocol::encode(r);
}
std::string record(std::uint64_t id) {
  v1::Request r = request(id);
  r.mutable_post_record();
  return protocol::encode(r);
}
std::string claim(std::uint64_t id) {
  v1::Request r = request(id);
  r.mutable_claim_invite();
  return protocol::encode(r);
}
std::string reply(std::uint64_t id, bool welcome) {
  v1::ServerFrame f;
  f.set_id(id);
  f.set_version(protocol::wire_version);
  if (welcome)
    f.mutable_welcome()->set_signature("s");
  else
    f.mutable_error()->set_code(v1::LOGIN_REFUSED);
  return protocol::encode(f);
}
std::string done(std::uint64_t id) {
  v1::ServerFrame f;
  f.set_id(id);
  f.set_version(protocol::wire_version);
  f.mutable_done();
  return protocol::encode(f);
}
v1::ServerFrame sent(const SessionActions& actions) {
  auto frame = protocol::decode_server_frame(view(actions.send));
  return frame.ok() ? std::move(frame).value() : v1::ServerFrame{};
}

class SessionMachine : public ::testing::Test {
 protected:
  SessionActions in(const std::string& frame) { return session.on_binary(view(frame), now); }
  void log_in() {
    ASSERT_TRUE(in(login(1)).forward);
    session.on_reply(view(reply(1, true)), now);
    ASSERT_TRUE(session.logged_in());
  }
  SessionLimits limits;
  Duration now = 1'000'000;
  Session session{limits, now};
};

TEST_F(SessionMachine, T34_strangers_may_only_log_in_or_use_an_invite) {
  const SessionActions refused = in(list_circles(5));
  EXPECT_FALSE(refused.forward);
  EXPECT_EQ(sent(refused).error().code(), v1::NOT_LOGGED_IN);
  EXPECT_EQ(sent(refused).id(), 5U);
  EXPECT_FALSE(in(record(6)).forward);
  EXPECT_TRUE(in(claim(7)).forward);
}

TEST_F(SessionMachine, T34_after_login_everything_but_another_login) {
  log_in();
  EXPECT_TRUE(in(list_circles(2)).forward);
  EXPECT_TRUE(in(record(3)).forward);
  EXPECT_EQ(sent(in(login(4))).error().code(), v1::WRONG_STATE);
}

TEST_F(SessionMachine, T34_pipelined_requests_do_not_overtake_the_login) {
  ASSERT_TRUE(in(login(1)).forward);
  EXPECT_EQ(sent(in(list_circles(2))).error().code(), v1::NOT_LOGGED_IN);
  EXPECT_EQ(sent(in(login(3))).error().code(), v1::WRONG_STATE);
  session.on_reply(view(reply(1, false)), now);
  EXPECT_FALSE(session.logged_in());
  EXPECT_TRUE(in(login(4)).forward);
}

TEST_F(SessionMachine, T34_only_the_reply_to_the_login_logs_in) {
  ASSERT_TRUE(in(claim(1)).forward);
  session.on_reply(view(reply(1, true)), now);  // a welcome for another request
  EXPECT_FALSE(session.logged_in());
  ASSERT_TRUE(in(login(2)).forward);
  session.on_reply(view(reply(9, true)), now);
  EXPECT_FALSE(session.logged_in());
}

TEST_F(SessionMachine, T26_a_stranger_has_ten_seconds) {
  ASSERT_EQ(session.timer(), now + 10 * second);
  now += 10 * second - 1;
  EXPECT_EQ(session.on_timer(now).close, CloseCode::none);
  now += 1;
  EXPECT_EQ(session.on_timer(now).close, CloseCode::policy);
  EXPECT_FALSE(in(login(1)).forward);  // closed is closed
}

TEST_F(SessionMachine, T26_a_login_that_waits_for_us_does_not_time_out) {
  ASSERT_TRUE(in(login(1)).forward);
  EXPECT_FALSE(session.timer());
  EXPECT_EQ(session.on_timer(now + minute).close, CloseCode::none);
  session.on_reply(view(reply(1, false)), now + minute);
  EXPECT_EQ(session.on_timer(now + minute).close, CloseCode::policy);
}

TEST_F(SessionMachine, a_used_invite_gives_time_for_the_login_and_a_refused_one_does_not) {
  now += 9 * second;
  ASSERT_TRUE(in(claim(1)).forward);
  session.on_reply(view(reply(1, false)), now);
  EXPECT_EQ(session.timer(), 1'000'000 + 10 * second);
  ASSERT_TRUE(in(claim(2)).forward);
  session.on_reply(view(done(2)), now);
  EXPECT_EQ(session.timer(), now + 10 * second);
}

TEST_F(SessionMachine, T24_three_malformed_frames_close) {
  for (int i = 0; i < 2; ++i) {
    const SessionActions a = in("rubbish");
    EXPECT_EQ(sent(a).error().code(), v1::MALFORMED);
    EXPECT_EQ(sent(a).id(), 0U);
    EXPECT_EQ(a.close, CloseCode::none);
  }
  const SessionActions last = in("");
  EXPECT_EQ(sent(last).error().code(), v1::MALFORMED);
  EXPECT_EQ(last.close, CloseCode::protocol_error);
  EXPECT_TRUE(in("rubbish").send.empty());
}

TEST_F(SessionMachine, T24_id_zero_is_malformed) {
  EXPECT_EQ(sent(in(list_circles(0))).error().code(), v1::MALFORMED);
}

TEST_F(SessionMachine, T15_another_version_is_told_apart) {
  v1::Request r = request(8);
  r.set_version(2);
  r.mutable_login();
  const SessionActions a = in(protocol::encode(r));
  EXPECT_EQ(sent(a).error().code(), v1::UNSUPPORTED_VERSION);
  EXPECT_EQ(sent(a).error().detail(), "version");
  EXPECT_EQ(sent(a).id(), 8U);
}

TEST_F(SessionMachine, T15_an_unknown_operation_is_answered_under_its_id_and_never_closes) {
  std::string frame = protocol::encode(request(9));
  frame += std::string("\xfa\x3e\x00", 3);  // field 1007, length-delimited, empty
  for (int i = 0; i < 5; ++i) {
    const SessionActions a = in(frame);
    EXPECT_EQ(sent(a).error().code(), v1::UNSUPPORTED_VERSION);
    EXPECT_EQ(sent(a).error().detail(), "unknown_operation");
    EXPECT_EQ(sent(a).id(), 9U);
    EXPECT_EQ(a.close, CloseCode::none);
  }
}

TEST_F(SessionMachine, T24_too_large_closes_1009) {
  EXPECT_EQ(in(std::string(protocol::max_frame + 1, 'x')).close, CloseCode::too_large);
}

TEST_F(SessionMachine, T24_strangers_get_small_messages_only) {
  EXPECT_EQ(session.max_message(), limits.stranger_frame);
  log_in();
  EXPECT_EQ(session.max_message(), protocol::max_frame);
}

TEST_F(SessionMachine, text_closes_1002) {
  EXPECT_EQ(session.on_text().close, CloseCode::protocol_error);
}

TEST_F(SessionMachine, T26_requests_in_flight_are_bounded_and_places_for_alarms_remain) {
  log_in();
  std::uint64_t id = 10;
  for (std::uint32_t i = 0; i < limits.in_flight; ++i) {
    now += 20;
    ASSERT_TRUE(in(list_circles(id++)).forward) << i;
  }
  const SessionActions over = in(list_circles(id++));
  EXPECT_FALSE(over.forward);
  EXPECT_EQ(sent(over).error().code(), v1::BUSY);
  EXPECT_GT(sent(over).error().retry_after_ms(), 0U);
  EXPECT_TRUE(in(record(id++)).forward);  // rule 16
  session.on_reply(view(done(10)), now);
  session.on_reply(view(done(11)), now);
  EXPECT_TRUE(in(list_circles(id++)).forward);
}

TEST_F(SessionMachine, T26_alarms_without_end_stop_the_reading_of_that_connection) {
  log_in();
  std::uint64_t id = 10;
  for (std::uint32_t i = 0; i < limits.in_flight + limits.urgent_in_flight; ++i) {
    now += 100;
    ASSERT_TRUE(in(record(id++)).forward);
    ASSERT_GE(session.read_pause(now),
              i + 1 == limits.in_flight + limits.urgent_in_flight ? -1 : 0);
  }
  EXPECT_LT(session.read_pause(now), 0);
  session.on_reply(view(done(10)), now);
  EXPECT_EQ(session.read_pause(now), 0);
}

TEST_F(SessionMachine, T26_over_the_rate_is_busy_with_a_time_and_alarms_still_pass) {
  log_in();
  std::uint64_t id = 10;
  std::uint32_t passed = 0;
  std::uint32_t refused = 0;
  for (std::uint32_t i = 0; i < limits.burst + 20; ++i) {
    const SessionActions a = in(list_circles(id));
    if (a.forward) {
      ++passed;
      session.on_reply(view(done(id)), now);
    } else {
      ++refused;
      EXPECT_EQ(sent(a).error().code(), v1::BUSY);
      EXPECT_GT(sent(a).error().retry_after_ms(), 0U);
    }
    ++id;
  }
  EXPECT_EQ(passed, limits.burst - 1);  // the log-in took one
  EXPECT_EQ(refused, 21U);
  EXPECT_TRUE(in(record(id)).forward);
  EXPECT_EQ(session.read_pause(now), 0);
  now += second;
  EXPECT_TRUE(in(list_circles(id + 1)).forward);
}

TEST_F(SessionMachine, T26_who_ignores_busy_is_read_at_the_rate) {
  log_in();
  std::uint64_t id = 10;
  while (session.read_pause(now) == 0 && id < 1000) (void)in(list_circles(id++));
  EXPECT_EQ(session.read_pause(now), 1000 / limits.requests_per_second);
  now += session.read_pause(now);
  EXPECT_EQ(session.read_pause(now), 0);
}

TEST_F(SessionMachine, T26_check_ins_are_never_refused_only_read_more_slowly) {
  log_in();
  std::uint64_t id = 10;
  for (std::uint32_t i = 0; i < limits.burst * 2; ++i) {
    ASSERT_TRUE(in(record(id)).forward);
    session.on_reply(view(done(id++)), now);
  }
  EXPECT_GT(session.read_pause(now), 0);
}

TEST_F(SessionMachine, T26_a_ping_flood_closes_that_connection) {
  for (std::uint32_t i = 0; i < limits.ping_burst; ++i)
    ASSERT_EQ(session.on_ping(now).close, CloseCode::none);
  EXPECT_EQ(session.on_ping(now).close, CloseCode::policy);
}

TEST_F(SessionMachine, pushed_frames_answer_nothing) {
  log_in();
  ASSERT_TRUE(in(list_circles(2)).forward);
  v1::ServerFrame pushed;
  pushed.set_version(protocol::wire_version);
  pushed.mutable_drained();
  const std::string frame = protocol::encode(pushed);
  session.on_reply(view(frame), now);
  session.on_reply(view(std::string("\xff\xff")), now);
  EXPECT_TRUE(session.logged_in());
}

}  // namespace
}  // namespace livlina::server

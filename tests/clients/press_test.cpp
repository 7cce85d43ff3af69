// A press at every moment of a connection's life: stored at once, and told as what it is (G2).
#include <gtest/gtest.h>

#include <functional>

#include "tests/clients/press_steps.hpp"
#include "tests/clients/sim_commands.hpp"

namespace livlina::testing {
namespace {

using Bench = WatchBench;

TEST(Press, G2_while_connecting_waits_for_the_servers_word) {
  for (const bool loud : {false, true}) {
    Bench b(Bench::Who::sami);
    b.requests.connecting = true;
    b.command(loud ? alarm() : press(1));
    EXPECT_EQ(b.count(v1::Event::kFinished), 0) << "nobody knows yet how it ends";
    EXPECT_EQ(b.status().queued_here(), 1u);
    b.online();
    no_sessions(b);
    ASSERT_EQ(b.waiting(post).size(), 1u);
    EXPECT_EQ(b.count(v1::Event::kFinished), 0);
    ASSERT_TRUE(b.answer_record());
    ASSERT_EQ(b.count(v1::Event::kFinished), 1);
    EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "");
    ASSERT_EQ(b.count(v1::Event::kCheckinAccepted), 1);
    EXPECT_EQ(b.last(v1::Event::kCheckinAccepted)->command_id(),
              b.last(v1::Event::kFinished)->command_id());
  }
}

TEST(Press, G2_when_the_log_in_fails_it_is_on_this_device_and_goes_with_the_next) {
  Bench b(Bench::Who::sami);
  b.requests.connecting = true;
  b.command(press(1));
  b.requests.connecting = false;
  b.offline();
  ASSERT_EQ(b.count(v1::Event::kFinished), 1);
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "offline");
  EXPECT_EQ(b.status().queued_here(), 1u);
  b.online();
  no_sessions(b);
  ASSERT_TRUE(b.answer_record());
  EXPECT_EQ(b.count(v1::Event::kFinished), 1);
  EXPECT_EQ(b.status().queued_here(), 0u);
}

TEST(Press, G2_without_a_connection_is_told_at_once) {
  Bench b(Bench::Who::sami);
  b.command(alarm());
  ASSERT_EQ(b.count(v1::Event::kFinished), 1);
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "offline");
  EXPECT_EQ(b.status().queued_here(), 1u);
}

}  // namespace

namespace sim {
namespace {

constexpr std::uint64_t id = 9000;

void press_ok(Village& v) {
  v1::Command c;
  c.set_id(id);
  c.mutable_check_in()->set_answer(1);
  v.participant.core().command(c, client::Moment(v.world.now()));
}

const v1::Finished* finished(const Phone& phone) {
  for (const v1::Event& e : phone.events())
    if (e.has_finished() && e.command_id() == id) return &e.finished();
  return nullptr;
}

// Through the real server: pressed when the server has not said who it is yet, and pressed while
// the log-in is under way.
TEST(Press, G2_during_the_log_in_is_given_with_it) {
  using Holds = std::function<bool(const v1::ServerFrame&)>;
  const Holds moments[] = {[](const v1::ServerFrame& f) { return f.has_challenge(); },
                           [](const v1::ServerFrame& f) { return f.has_welcome(); }};
  for (const Holds& held : moments) {
    Village v(54);
    ASSERT_TRUE(v.ok);
    v.participant.disconnect();
    std::vector<v1::ServerFrame> late;
    v.participant.on_frame = [&](v1::ServerFrame& f) {
      if (held(f)) late.push_back(f);
      return !held(f);
    };
    v.participant.connect();
    ASSERT_EQ(late.size(), 1u);
    press_ok(v);
    EXPECT_EQ(v.participant.status().queued_here(), 1u);
    EXPECT_EQ(finished(v.participant), nullptr);
    v.participant.on_frame = nullptr;
    v.participant.receive(late.front());
    v.world.advance(5 * second);
    ASSERT_NE(finished(v.participant), nullptr);
    EXPECT_EQ(finished(v.participant)->error(), "");
    EXPECT_EQ(v.participant.status().queued_here(), 0u);
  }
}

// The server does not want this device: the press stays here, and that is said.
TEST(Press, G2_a_refused_log_in_leaves_the_press_on_the_phone) {
  Village v(55);
  ASSERT_TRUE(v.ok);
  v.participant.disconnect();
  std::vector<v1::ServerFrame> late;
  v.participant.on_frame = [&](v1::ServerFrame& f) {
    if (f.has_welcome()) late.push_back(f);
    return !f.has_welcome();
  };
  v.participant.connect();
  ASSERT_EQ(late.size(), 1u);
  press_ok(v);
  late.front().mutable_error()->set_code(v1::LOGIN_REFUSED);
  v.participant.on_frame = nullptr;
  v.participant.receive(late.front());
  ASSERT_NE(finished(v.participant), nullptr);
  EXPECT_EQ(finished(v.participant)->error(), "offline");
  EXPECT_EQ(v.participant.status().queued_here(), 1u);
}

}  // namespace
}  // namespace sim
}  // namespace livlina::testing

// When replies leave: right after their own commit, the shadow's as the primary's, and the judge
// comes at a beat that nobody's request decides.
#include <gtest/gtest.h>

#include "protocol/codec.hpp"
#include "tests/services/watched_server.hpp"

namespace livlina::testing {
namespace {

using namespace server;

// What was written and what had left when a frame of a device left, in order.
struct Left {
  int commits = 0;
  std::int64_t unjudged = 0;
  std::int64_t incidents = 0;
  std::int64_t notices = 0;
  auto operator<=>(const Left&) const = default;
};

class Replies : public ::testing::Test {
 protected:
  void SetUp() override { town().now += 3; }  // between two beats
  WatchTown& town() { return server.town; }

  Inbound inbound(const Connection& c, v1::Request request) {
    request.set_version(protocol::wire_version);
    request.set_id(4711);
    return {Inbound::What::request, c.id, std::make_shared<const v1::Request>(request), {}};
  }
  // One round with these; how things stood when the first frame for `c` left.
  std::optional<Left> first_frame(const Connection& c, std::vector<Inbound> items) {
    std::optional<Left> out;
    const int before = server.commits;
    (void)server.server->engine().round(
        std::move(items), town().now, [&](const std::vector<Outgoing>& frames) {
          for (const Outgoing& frame : frames)
            if (frame.session == c.id && !out)
              out = Left{server.commits - before,
                         server.count("SELECT count(*) FROM checkin_record WHERE judged = 0"),
                         server.count("SELECT count(*) FROM incident"),
                         server.count("SELECT count(*) FROM notification")};
        });
    return out;
  }
  v1::Request message() {
    return post_message(random_id<MessageId>(town().random), {town().contact.primary().id()});
  }
  WatchedServer server;
};

TEST_F(Replies, I10_shadows_welcome_leaves_after_as_many_commits_as_the_primarys) {
  server.staff_online();
  std::vector<Left> left;
  for (const std::size_t device : {std::size_t{0}, std::size_t{1}}) {
    Connection& c = server.server->connect();
    auto& d = town().participant.devices[device];
    const auto at =
        first_frame(c, {inbound(c, server.server->login_request(c, d, ++d.login_counter))});
    ASSERT_TRUE(at);
    left.push_back(*at);
  }
  EXPECT_EQ(left[0].commits, 1);
  EXPECT_EQ(left[1].commits, 1);
  EXPECT_EQ(left[1].unjudged, 1) << "nothing was made of it yet";
  EXPECT_EQ(left[1].incidents, 0);
  EXPECT_EQ(left[1].notices, left[0].notices);
}

TEST_F(Replies, I10_answers_leave_after_as_many_commits_whoever_gave_which) {
  server.staff_online();
  Connection& primary = server.server->online(town().participant.primary());
  Connection& shadow = server.server->online(town().participant.shadow());
  server.advance(second);
  struct Case {
    Connection* from;
    RecordSpec spec;
    std::size_t device;
  };
  const Case cases[] = {{&primary, {.answer = 1}, 0},
                        {&primary, {.answer = 2}, 0},
                        {&shadow, {.answer = 1}, 1},
                        {&primary, {.type = protocol::RecordType::alarm, .answer = 2}, 0}};
  for (const Case& c : cases) {
    const auto at = first_frame(*c.from, {inbound(*c.from, server.record(c.spec, c.device))});
    ASSERT_TRUE(at);
    EXPECT_EQ(at->commits, 1);
    EXPECT_EQ(at->unjudged, 1);
    server.advance(second);
  }
}

TEST_F(Replies, I10_next_request_waits_for_nobodys_incident) {
  server.staff_online();
  // The same hour with the primary and with the shadow: what the rounds until the beat do for the
  // requests that follow a log-in is the same.
  std::vector<std::vector<int>> seen;
  for (const std::size_t device : {std::size_t{0}, std::size_t{1}}) {
    server.advance_to((town().now / second + 1) * second + 3);
    std::vector<int> commits;
    Connection& c = server.server->online(town().participant.devices[device]);
    for (int i = 0; i < 20; ++i) {
      town().now += 10;
      const int before = server.commits;
      (void)server.server->ask(c, v1::Request(message()));
      commits.push_back(server.commits - before);
    }
    EXPECT_LT(town().now % judge_beat, judge_beat - 10) << "still the same beat";
    EXPECT_EQ(server.count("SELECT count(*) FROM incident"), 0);
    seen.push_back(commits);
  }
  EXPECT_EQ(seen[0], seen[1]);
  // And at the beat everything is done that had to be.
  server.advance(judge_beat);
  EXPECT_EQ(server.count("SELECT count(*) FROM incident WHERE lane = 2"), 1);
  EXPECT_EQ(server.count("SELECT count(*) FROM checkin_record WHERE judged = 0"), 0);
}

TEST_F(Replies, I10_judge_waits_for_the_beat_and_no_longer) {
  server.staff_online();
  Connection& phone = server.server->online(town().participant.primary());
  server.advance_to((town().now / second + 1) * second);
  for (const Duration after : {Duration{1}, Duration{100}, Duration{249}}) {
    const Instant beat = town().now + judge_beat;
    town().now += after;
    ASSERT_EQ(server.server->code(phone, server.record({.answer = 2})), 0);
    while (server.round().more) {
    }
    EXPECT_EQ(server.count("SELECT count(*) FROM checkin_record WHERE judged = 0"), 1);
    EXPECT_EQ(server.server->engine().next_deadline(), beat);
    // Somebody else's requests do not put it off.
    town().now = beat - 1;
    ASSERT_EQ(server.server->code(phone, server.record({.answer = 2})), 0);
    server.advance_to(beat);
    EXPECT_EQ(server.count("SELECT count(*) FROM checkin_record WHERE judged = 0"), 0) << after;
  }
}

TEST_F(Replies, I10_no_beat_is_needed_when_a_deadline_has_come) {
  town().accept_plan({town().daily_at(12 * 60)});
  server.staff_online();
  Connection& phone = server.server->online(town().participant.primary());
  const Instant deadline = town_start + 4 * hour + 30 * minute;
  server.advance_to(deadline);
  town().now = deadline + 1;
  // The record came in the same moment as the miss: the judge runs before it (watch.md).
  ASSERT_EQ(
      server.server->code(phone, server.record({.type = protocol::RecordType::alarm, .answer = 2})),
      0);
  server.server->settle();
  EXPECT_EQ(server.count("SELECT count(*) FROM checkin_record WHERE judged = 0"), 0);
  EXPECT_EQ(server.count("SELECT count(*) FROM occurrence WHERE state = 3"), 1);
}

TEST_F(Replies, G2_an_alarms_reply_leaves_before_the_messages_of_its_round_are_written) {
  server.staff_online();
  Connection& phone = server.server->online(town().participant.primary());
  Connection& mentor = server.server->online(town().mentor.primary());
  server.advance(second);
  std::vector<Inbound> items;
  for (int i = 0; i < 300; ++i)
    items.push_back(inbound(mentor, post_message(random_id<MessageId>(town().random),
                                                 {town().participant.primary().id()})));
  items.push_back(
      inbound(phone, server.record({.type = protocol::RecordType::alarm, .answer = 2})));
  const auto at = first_frame(phone, std::move(items));
  ASSERT_TRUE(at);
  EXPECT_EQ(at->commits, 1);
}

TEST_F(Replies, T30_reminders_come_to_the_shadow_as_to_the_primary) {
  auto plan = town().daily_at(12 * 60, {0});
  town().accept_plan({plan});
  server.staff_online();
  for (const std::size_t device : {std::size_t{0}, std::size_t{1}}) {
    // Nobody was there when it was sent; its next try is up to five minutes away.
    server.advance_to(town_start + 4 * hour + minute + static_cast<Instant>(device) * 10 * minute);
    Connection& c = server.server->online(town().participant.devices[device]);
    server.advance(judge_beat);
    EXPECT_EQ(c.count(v1::ServerFrame::kReminder), 1U) << device;
    server.server->disconnect(c);
  }
}

}  // namespace
}  // namespace livlina::testing

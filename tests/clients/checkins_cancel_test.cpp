// What `cancel` takes back, what it says of it, and that it says the same in both realms.
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "tests/clients/press_steps.hpp"

namespace livlina::testing {
namespace {

using Who = WatchBench::Who;
using protocol::RecordType;

TEST(Checkins, cancel_and_mistake_name_the_alarm) {
  WatchBench b(Who::sami);
  b.online();
  b.command(cancel());
  EXPECT_EQ(finished(b), "wrong_state");
  b.command(press(1));
  b.command(alarm(2));
  no_sessions(b);
  b.command(cancel());
  b.command(cancel(true));
  no_sessions(b);
  const auto posts = b.waiting(post);
  ASSERT_EQ(posts.size(), 4u);
  const RecordType types[] = {RecordType::cancel, RecordType::mistake};
  for (const std::size_t i : {std::size_t{2}, std::size_t{3}}) {
    const auto r = record_of(b, *posts[i]);
    EXPECT_EQ(r.type, types[i - 2]);
    EXPECT_EQ(ByteReader(r.schedule).u64(), 2u);
    EXPECT_EQ(r.answer, 0);
  }
}

TEST(Checkins, G2_an_alarm_that_never_left_is_taken_back_here) {
  WatchBench b(Who::sami);
  b.command(press(1));
  b.command(alarm(2, "come"));
  b.command(press(2));
  b.reopen();
  EXPECT_EQ(b.status().queued_here(), 3u);
  b.command(cancel());
  EXPECT_EQ(finished(b), "");
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().detail(), "never_sent");
  EXPECT_EQ(b.status().queued_here(), 2u);
  b.reopen();
  b.online();
  no_sessions(b);
  const auto posts = b.waiting(post);
  ASSERT_EQ(posts.size(), 2u);
  const auto one = record_of(b, *posts[0]);
  const auto two = record_of(b, *posts[1]);
  EXPECT_EQ(two.type, RecordType::checkin);
  EXPECT_EQ(two.answer, 2);
  EXPECT_EQ(two.seq, 2u) << "no gap in what the others see";
  EXPECT_EQ(two.prev, crypto::sha256(view(posts[0]->post_record().record())));
  EXPECT_EQ(one.seq, 1u);
  b.command(cancel());
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().detail(), "no_alarm");
}

TEST(Checkins, G2_an_alarm_that_may_have_left_is_cancelled_by_a_record) {
  WatchBench b(Who::sami);
  b.online();
  b.command(alarm(2));
  no_sessions(b);
  ASSERT_EQ(b.waiting(post).size(), 1u);
  b.reopen();  // before the reply
  b.command(cancel());
  EXPECT_EQ(finished(b), "offline");
  EXPECT_EQ(b.status().queued_here(), 2u);
  b.online();
  no_sessions(b);
  ASSERT_EQ(b.waiting(post).size(), 2u);
  EXPECT_EQ(record_of(b, *b.waiting(post)[1]).type, RecordType::cancel);
}

TEST(Checkins, T30_the_decoy_takes_back_in_the_same_words_and_calls_all_the_same) {
  WatchBench b(Who::decoy);
  b.command(alarm(2));
  b.command(cancel());
  EXPECT_EQ(finished(b), "");
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().detail(), "never_sent");
  EXPECT_EQ(b.status().queued_here(), 0u);
  b.reopen();
  EXPECT_EQ(b.status().queued_here(), 0u);
  b.online();
  no_sessions(b);
  b.now += 5 * second;
  b.tick();
  EXPECT_EQ(b.waiting(post).size(), 1u);
}

// Whoever took the phone must neither end a silent alarm nor learn that there is one.
TEST(Checkins, T30_a_silent_alarm_is_never_taken_back_and_cancel_does_not_tell_of_it) {
  for (const Who who : {Who::sami, Who::decoy}) {
    WatchBench b(who);
    const auto cancelled = [&] {
      b.command(cancel());
      return b.last(v1::Event::kFinished)->finished().detail();
    };
    b.command(alarm(1, "at the door"));
    EXPECT_EQ(cancelled(), "no_alarm");
    b.command(alarm(2));
    b.command(alarm(3));
    b.command(alarm(1));
    EXPECT_EQ(cancelled(), "never_sent");
    EXPECT_EQ(b.status().queued_here(), 2u);
    EXPECT_EQ(cancelled(), "no_alarm");
    b.reopen();
    b.online();
    no_sessions(b);
    b.now += 5 * second;
    b.tick();
    int silent = 0;
    for (const v1::Request* request : b.waiting(post)) {
      const auto r = record_of(b, *request, who == Who::decoy);
      silent += r.type == RecordType::alarm && r.answer == 1 ? 1 : 0;
    }
    EXPECT_EQ(silent, 2);
    EXPECT_EQ(cancelled(), "no_alarm") << "nor one that has left";
    while (b.answer_record()) {
    }
    EXPECT_EQ(cancelled(), "no_alarm");
  }
}

// Everything that the person sees of a step: how commands ended, what was accepted, warnings.
std::vector<std::string> seen(WatchBench& b) {
  std::vector<std::string> out;
  for (const v1::Event& e : std::exchange(b.events, {}))
    if (e.has_finished() || e.has_checkin_accepted() || e.has_warning())
      out.push_back(hex(view(e.SerializeAsString())));
  out.push_back(std::to_string(b.status().queued_here()));
  return out;
}

TEST(Checkins, T30_both_realms_answer_alike_step_by_step) {
  using Step = std::function<void(WatchBench&)>;
  const auto give = [](WatchBench& b) {
    b.online();
    for (int i = 0; i < 3; ++i) {
      no_sessions(b);
      b.now += 2 * second;
      b.tick();
      while (b.answer_record()) {
      }
    }
  };
  const auto say = [](v1::Command c) -> Step { return [c](WatchBench& b) { b.command(c); }; };
  const Step steps[] = {say(press(1)),
                        say(alarm(2)),
                        say(press(2)),
                        say(cancel()),
                        say(cancel()),
                        say(alarm(3)),
                        say(alarm(1)),
                        say(cancel()),
                        give,
                        say(cancel()),
                        [](WatchBench& b) { b.offline(); },
                        say(press(1)),
                        give,
                        say(cancel()),
                        [](WatchBench& b) { b.offline(); },
                        say(alarm(2)),
                        [](WatchBench& b) { b.reopen(); },
                        say(cancel()),
                        say(cancel(true)),
                        give,
                        say(press(1)),
                        give};
  WatchBench real(Who::sami), decoy(Who::decoy);
  for (std::size_t i = 0; i < std::size(steps); ++i) {
    for (WatchBench* b : {&real, &decoy}) steps[i](*b);
    EXPECT_EQ(seen(real), seen(decoy)) << "step " << i;
  }
}

TEST(Checkins, T30_a_hidden_alarm_that_is_refused_is_told_by_nothing) {
  WatchBench b(Who::decoy);
  b.command(alarm(2));
  b.command(cancel());
  b.online();
  no_sessions(b);
  b.now += 5 * second;
  b.tick();
  b.events.clear();
  ASSERT_TRUE(b.refuse(post, v1::FORBIDDEN));
  b.now += client::refused_retry;
  b.tick();
  ASSERT_FALSE(b.waiting(post).empty());
  v1::ServerFrame none;
  none.mutable_record_answer()->set_reply("none");
  ASSERT_TRUE(b.answer(post, &none));
  b.now += client::record_life;
  b.tick();  // given up
  EXPECT_EQ(seen(b), std::vector<std::string>{"0"});
}

}  // namespace
}  // namespace livlina::testing

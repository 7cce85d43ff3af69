// The database thread with scripted rounds and clocks: order, sleep, blindness, lateness, the end.
#include "server/app/database_thread.hpp"

#include <gtest/gtest.h>

#include <condition_variable>

namespace livlina::server {
namespace {

constexpr Instant wall0 = 1'700'000'000'000;

class FixedClocks final : public Clocks {
 public:
  [[nodiscard]] Instant wall() const override {
    if (--looks_until_step == 0) wall_now += hour;
    return wall_now;
  }
  [[nodiscard]] Duration boot() const override { return boot_now; }
  // Both clocks move while the thread sleeps on the real one: it is told to look.
  mutable std::atomic<Instant> wall_now = wall0;
  std::atomic<Duration> boot_now = 1000;
  mutable std::atomic<int> looks_until_step = 0;  // then it is set an hour forward
};

// Writes down what the thread does, as one word each.
class Script final : public Rounds {
 public:
  void wake(Instant from, Instant to, const Sink&) override {
    note("wake " + std::to_string(from == 0 ? 0 : from - wall0) + " " + std::to_string(to - wall0));
  }
  RoundResult round(std::vector<Inbound> inbound, Instant now, const Sink& send) override {
    RoundResult result;
    for (const Inbound& item : inbound) {
      note("item " + std::to_string(item.session));
      send({{item.session, "reply", false, 0}});
    }
    if (in_round) in_round();
    if (now >= wall0 + hour) note("round an hour on");
    {
      const std::scoped_lock lock(mutex);
      result.operator_notices = std::exchange(notices, {});
      result.stalled = stalled;
      result.tight = tight;
      result.unserved = unserved;
      ++rounds;
    }
    changed.notify_all();
    if (deadline && *deadline <= clocks->wall_now) deadline.reset();
    return result;
  }
  void webhook_result(const WebhookResult&, Instant) override {}
  void operator_result(const NoticeId&, bool delivered, Instant) override {
    note(delivered ? "delivered" : "undelivered");
  }
  void finish(Instant) override { note("finish"); }
  std::optional<Instant> next_deadline() const override { return deadline; }
  std::string challenge(const ByteArray<32>&, Instant) const override { return "challenge"; }

  void note(const std::string& what) {
    {
      const std::scoped_lock lock(mutex);
      notes.push_back(what);
    }
    changed.notify_all();
  }
  bool wait_for(const std::string& what, const std::function<void()>& meanwhile = [] {}) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] {
      meanwhile();
      return std::find(notes.begin(), notes.end(), what) != notes.end();
    });
  }
  FixedClocks* clocks = nullptr;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> notes;
  std::vector<OperatorNotice> notices;
  int rounds = 0;
  std::optional<Instant> deadline;
  std::function<void()> in_round;  // behind the replies
  bool stalled = false;
  bool tight = false;
  std::optional<Instant> unserved;
};

class DatabaseThreadTest : public ::testing::Test {
 protected:
  DatabaseThreadTest() { script.clocks = &clocks; }
  // Through a whole round.
  void settle() {
    const std::string mark = "settled " + std::to_string(++probes);
    thread.probe([this, mark](bool well) {
      ready = well;
      script.note(mark);
    });
    ASSERT_TRUE(script.wait_for(mark));
  }
  [[nodiscard]] std::ptrdiff_t place(const std::string& what) {
    const std::scoped_lock lock(script.mutex);
    return std::find(script.notes.begin(), script.notes.end(), what) - script.notes.begin();
  }
  FixedClocks clocks;
  Script script;
  std::mutex out_mutex;
  std::vector<std::string> out;
  int probes = 0;
  std::atomic<bool> ready = false;
  DatabaseThread thread{script,
                        clocks,
                        {[this](std::vector<NetOutgoing> frames) {
                           const std::scoped_lock lock(out_mutex);
                           for (const NetOutgoing& f : frames)
                             out.push_back(std::to_string(f.session) + " " + f.frame);
                         },
                         [this](const OperatorNotice&) { script.note("told"); }}};
};

TEST_F(DatabaseThreadTest, G6_the_first_thing_is_to_ask_how_long_it_was_blind) {
  thread.start();
  ASSERT_TRUE(script.wait_for("wake 0 0"));
  settle();
  const std::scoped_lock lock(script.mutex);
  EXPECT_EQ(script.notes.front(), "wake 0 0");
}

TEST_F(DatabaseThreadTest, H06_suspension_and_steps_reach_the_engine_before_the_next_request) {
  thread.start();
  settle();
  clocks.wall_now += hour;
  clocks.boot_now += hour;
  thread.request(5, nullptr);
  ASSERT_TRUE(script.wait_for("item 5"));
  EXPECT_LT(place("wake 0 3600000"), place("item 5"));
  clocks.wall_now -= 2 * hour;  // set backward: from is after to
  thread.look_again();
  EXPECT_TRUE(script.wait_for("wake 3600000 -3600000"));
  clocks.wall_now += day;
  thread.look_again();
  EXPECT_TRUE(script.wait_for("wake -3600000 82800000"));
}

TEST_F(DatabaseThreadTest, H06_no_round_decides_by_a_time_that_was_not_looked_at_for_a_step) {
  // Wherever in the thread's loop the clock is set: the engine hears of it first.
  for (int look = 1; look <= 12; ++look) {
    clocks.looks_until_step = 0;
    clocks.wall_now = wall0;
    script.notes.clear();
    DatabaseThread one(script, clocks, {[](auto) {}, [](const OperatorNotice&) {}});
    clocks.looks_until_step = look;
    one.start();
    ASSERT_TRUE(script.wait_for("round an hour on", [&] { one.look_again(); })) << look;
    one.finish();
    EXPECT_LT(place("wake 0 3600000"), place("round an hour on")) << look;
  }
}

TEST_F(DatabaseThreadTest, G2_replies_leave_while_the_round_goes_on) {
  std::atomic<std::size_t> left = 0;
  script.in_round = [&] {
    const std::scoped_lock lock(out_mutex);
    left = std::max(left.load(), out.size());
  };
  thread.request(5, nullptr);
  thread.request(6, nullptr);
  thread.start();
  settle();
  thread.finish();
  EXPECT_EQ(left, 2U);
}

TEST_F(DatabaseThreadTest, G7_it_is_not_ready_while_the_watch_cannot_write) {
  thread.start();
  settle();
  EXPECT_TRUE(ready);
  {
    const std::scoped_lock lock(script.mutex);
    script.stalled = true;
  }
  settle();
  EXPECT_FALSE(ready);
  {
    const std::scoped_lock lock(script.mutex);
    script.stalled = false;
  }
  settle();
  EXPECT_TRUE(ready);
}

TEST_F(DatabaseThreadTest, G7_it_is_not_ready_while_the_disk_is_full) {
  {
    const std::scoped_lock lock(script.mutex);
    script.tight = true;
  }
  thread.start();
  settle();
  EXPECT_FALSE(ready);
  {
    const std::scoped_lock lock(script.mutex);
    script.tight = false;
  }
  settle();
  EXPECT_TRUE(ready);
}

TEST_F(DatabaseThreadTest, G7_what_is_not_served_is_late_from_its_own_deadline) {
  script.unserved = wall0 + second;
  thread.start();
  settle();
  EXPECT_EQ(thread.figures().worst_late, 0);
  for (int i = 0; i < 6; ++i) {  // each round is in time for its own retry
    clocks.boot_now += 10 * second;
    clocks.wall_now += 10 * second;
    settle();
  }
  EXPECT_EQ(thread.figures().worst_late, 59 * second);
}

TEST_F(DatabaseThreadTest, G1_a_deadline_wakes_it_without_any_request) {
  script.deadline = wall0 + 50;
  thread.start();
  settle();
  std::unique_lock lock(script.mutex);
  const int before = script.rounds;
  EXPECT_TRUE(script.changed.wait_for(lock, std::chrono::seconds(9),
                                      [&] { return script.rounds > before + 1; }));
}

TEST_F(DatabaseThreadTest, G7_lateness_is_measured) {
  script.deadline = wall0 + hour + 5000;
  thread.start();
  settle();
  EXPECT_EQ(thread.figures().worst_late, 0);
  clocks.boot_now += 20'000;
  clocks.wall_now += 20'000;
  settle();
  EXPECT_EQ(thread.figures().worst_late, 0);  // not due yet
  for (int i = 0; i < 200; ++i) {             // in steps too small for blindness
    clocks.boot_now += 20'000;
    clocks.wall_now += 20'000;
    settle();
  }
  EXPECT_EQ(thread.figures().worst_late, 15'000);
  EXPECT_EQ(thread.figures().last_round, clocks.wall_now);
}

TEST_F(DatabaseThreadTest, M1_everything_taken_is_answered_before_the_end) {
  thread.start();
  for (SessionId s = 1; s <= 500; ++s) thread.request(s, nullptr);
  thread.finish();
  EXPECT_EQ(out.size(), 500U);
  EXPECT_EQ(out.front(), "1 reply");
  EXPECT_EQ(out.back(), "500 reply");
}

TEST_F(DatabaseThreadTest, M4_what_waits_for_a_commit_is_written_at_the_end_and_only_then) {
  thread.start();
  thread.request(5, nullptr);
  settle();
  thread.finish();
  const std::scoped_lock lock(script.mutex);
  EXPECT_EQ(std::count(script.notes.begin(), script.notes.end(), "finish"), 1);
  EXPECT_EQ(script.notes.back(), "finish");
}

TEST_F(DatabaseThreadTest, an_opened_session_gets_its_challenge_first) {
  thread.start();
  thread.opened(9, {});
  settle();
  const std::scoped_lock lock(out_mutex);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out.front(), "9 challenge");
}

TEST_F(DatabaseThreadTest, G5_operator_notices_leave_after_the_round_and_results_come_back) {
  script.notices.resize(1);
  thread.start();
  ASSERT_TRUE(script.wait_for("told"));
  thread.operator_result(NoticeId{}, false);
  EXPECT_TRUE(script.wait_for("undelivered"));
  thread.operator_result(NoticeId{}, true);
  EXPECT_TRUE(script.wait_for("delivered"));
}

}  // namespace
}  // namespace livlina::server

// The bounds of a session: what a peer or a hostile server can make it store, and for how long.
#include <gtest/gtest.h>

#include "crypto/e2ee/limits.hpp"
#include "tests/crypto/pair.hpp"

namespace livlina::testing {
namespace {

using namespace livlina::crypto;

void lose(Pair& p, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) (void)p.from_a("lost");
}

// b answers, so that a's next frame begins a new chain.
void turn(Pair& p) { ASSERT_EQ(shown(p.at_a(p.from_b("turn"))), "turn"); }

std::string refused(Pair& p, const Bytes& frame) {
  const SecretBytes before = p.b.pickle();
  const std::string out = shown(p.at_b(frame));
  EXPECT_TRUE(secret_equal(before.expose(), p.b.pickle().expose()));
  return out;
}

TEST(SessionLimits, T12_a_thousand_lost_in_a_step_is_the_most) {
  Pair p(60);
  lose(p, 1000);
  EXPECT_EQ(shown(p.at_b(p.from_a("found"))), "found");
  EXPECT_EQ(p.b.missing(), 1000u);

  Pair q(61);
  lose(q, 1001);
  EXPECT_EQ(refused(q, q.from_a("too far")), "[limit]");
}

TEST(SessionLimits, T12_the_same_bound_at_the_end_of_a_chain) {
  Pair p(62);
  turn(p);
  EXPECT_EQ(shown(p.at_b(p.from_a("x"))), "x");
  lose(p, 1000);
  turn(p);
  EXPECT_EQ(shown(p.at_b(p.from_a("found"))), "found");
  EXPECT_EQ(p.b.missing(), 1000u);

  Pair q(63);
  turn(q);
  EXPECT_EQ(shown(q.at_b(q.from_a("x"))), "x");
  lose(q, 1001);
  turn(q);
  EXPECT_EQ(refused(q, q.from_a("too far")), "[limit]");
}

TEST(SessionLimits, T12_two_thousand_stored_keys_are_the_most) {
  Pair p(64);
  std::vector<Bytes> late;
  for (int step = 0; step < 2; ++step) {
    for (int i = 0; i < 1000; ++i) late.push_back(p.from_a("late"));
    EXPECT_EQ(shown(p.at_b(p.from_a("found"))), "found");
  }
  EXPECT_EQ(p.b.missing(), max_stored_keys);
  EXPECT_LE(p.b.pickle().size(), 90000u);
  late.push_back(p.from_a("late"));
  const Bytes beyond = p.from_a("beyond");
  EXPECT_EQ(refused(p, beyond), "[limit]");
  // The full store is still open for what it holds, and each key taken makes room.
  EXPECT_EQ(shown(p.at_b(late[1500])), "late");
  EXPECT_EQ(shown(p.at_b(beyond)), "beyond");
  EXPECT_EQ(shown(p.at_b(late[0])), "late");
  EXPECT_EQ(shown(p.at_b(late[2000])), "late");
}

TEST(SessionLimits, T12_eight_old_chains_with_gaps_are_the_most) {
  Pair p(65);
  std::vector<Bytes> late;
  turn(p);
  for (int chain = 0; chain < 8; ++chain) {
    late.push_back(p.from_a("late"));
    EXPECT_EQ(shown(p.at_b(p.from_a("x"))), "x");
    turn(p);
  }
  late.push_back(p.from_a("late"));
  EXPECT_EQ(shown(p.at_b(p.from_a("ninth, still current"))), "ninth, still current");
  turn(p);
  const Bytes beyond = p.from_a("beyond");
  EXPECT_EQ(refused(p, beyond), "[limit]");
  EXPECT_EQ(shown(p.at_b(late[3])), "late");
  EXPECT_EQ(shown(p.at_b(beyond)), "beyond");
  for (std::size_t i : std::initializer_list<std::size_t>{0, 1, 2, 4, 5, 6, 7, 8})
    EXPECT_EQ(shown(p.at_b(late[i])), "late") << i;
  EXPECT_EQ(p.b.missing(), 0u);
}

TEST(SessionLimits, T12_complete_chains_make_way_for_those_with_gaps) {
  Pair p(66);
  turn(p);
  const Bytes late = p.from_a("late");
  const Bytes known = p.from_a("known");
  EXPECT_EQ(shown(p.at_b(known)), "known");
  for (int chain = 0; chain < 50; ++chain) {
    turn(p);
    const Bytes f = p.from_a("x");
    EXPECT_EQ(shown(p.at_b(f)), "x");
    EXPECT_EQ(shown(p.at_b(f)), "[duplicate]");
  }
  EXPECT_EQ(p.b.hints().size(), 10u);
  EXPECT_EQ(shown(p.at_b(known)), "[duplicate]");
  EXPECT_EQ(shown(p.at_b(late)), "late");
  // Now it misses nothing and is the oldest: it goes with the next turn.
  turn(p);
  EXPECT_EQ(shown(p.at_b(p.from_a("x"))), "x");
  EXPECT_EQ(shown(p.at_b(late)), "[unknown_hint]");
}

TEST(SessionLimits, M4_skipped_keys_live_35_days) {
  Pair p(67);
  const Bytes late = p.from_a("late");
  const Bytes later = p.from_a("later");
  EXPECT_EQ(shown(p.at_b(p.from_a("x"), start_of_time)), "x");
  EXPECT_EQ(shown(p.at_b(late, start_of_time + 35 * day)), "late");
  EXPECT_EQ(shown(p.at_b(later, start_of_time + 35 * day + 1)), "[expired]");
  EXPECT_FALSE(p.b.expire(start_of_time + 35 * day));
  EXPECT_EQ(p.b.missing(), 1u);
  EXPECT_TRUE(p.b.expire(start_of_time + 35 * day + 1));
  EXPECT_EQ(p.b.missing(), 0u);
  EXPECT_FALSE(p.b.expire(start_of_time + 35 * day + 1));
}

TEST(SessionLimits, M4_finished_chains_live_35_days) {
  Pair p(68);
  turn(p);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(shown(p.at_b(p.from_a("x"))), "x");
    turn(p);
  }
  EXPECT_EQ(p.b.hints().size(), 5u);  // current, next, three old
  EXPECT_FALSE(p.b.expire(start_of_time + 35 * day + 1));
  EXPECT_EQ(p.b.hints().size(), 2u);
  EXPECT_EQ(shown(p.at_b(p.from_a("goes on"))), "goes on");
}

}  // namespace
}  // namespace livlina::testing

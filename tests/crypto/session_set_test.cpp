#include <gtest/gtest.h>

#include "crypto/e2ee/limits.hpp"
#include "crypto/e2ee/pickle.hpp"
#include "tests/crypto/pair.hpp"

namespace livlina::testing {
namespace {

using namespace livlina::crypto;

struct Sets : ::testing::Test {
  SeededRandom random{80};
  Device alice{random};
  Device bo{random};
  SessionSet at_a;
  SessionSet at_b;

  // alice starts a session with that gen and bo opens its first frame; both keep it.
  ByteArray<32> alice_starts(std::uint32_t gen, Instant now = start_of_time) {
    return starts(alice, at_a, by_participant(), bo, at_b, gen, now);
  }
  ByteArray<32> bo_starts(std::uint32_t gen, Instant now = start_of_time) {
    return starts(bo, at_b, to_participant(), alice, at_a, gen, now);
  }
  ByteArray<32> starts(const Device& us, SessionSet& ours, const Outgoing& what, const Device& them,
                       SessionSet& theirs, std::uint32_t gen, Instant now) {
    Session s = begin(us, them, gen, random, true, now);
    const Bytes frame = s.encrypt(what, view(std::string_view("x")), random).value();
    Session r = answer(them, us, frame, now).value();
    EXPECT_EQ(shown(read(r, frame, roles_of(what), random, now)), "x");
    const auto sid = s.sid();
    EXPECT_TRUE(ours.add(std::move(s)).ok());
    EXPECT_TRUE(theirs.add(std::move(r)).ok());
    return sid;
  }
};

TEST_F(Sets, the_highest_gen_sends_and_the_others_still_receive) {
  const auto first = alice_starts(1);
  const Bytes in_flight =
      at_b.sending()->encrypt(to_participant(), view(std::string_view("old")), random).value();
  const auto second = bo_starts(2);
  EXPECT_EQ(at_a.sending()->sid(), second);
  EXPECT_EQ(at_b.sending()->sid(), second);
  Session* old = at_a.by_hint(parse_frame(in_flight)->hint);
  ASSERT_NE(old, nullptr);
  EXPECT_EQ(old->sid(), first);
  EXPECT_EQ(shown(read(*old, in_flight, roles_of(to_participant()), random)), "old");
}

TEST_F(Sets, the_smallest_sid_wins_a_tie_whatever_came_first) {
  for (std::uint32_t gen = 1; gen <= 4; ++gen) {
    SessionSet a;
    SessionSet b;
    const auto x = starts(alice, a, by_participant(), bo, b, gen, start_of_time);
    const auto y = starts(bo, b, to_participant(), alice, a, gen, start_of_time);
    EXPECT_EQ(a.sending()->sid(), std::min(x, y));
    EXPECT_EQ(b.sending()->sid(), std::min(x, y));
  }
}

TEST_F(Sets, a_reset_starts_with_gen_plus_one_and_names_what_came_last) {
  const auto old_sid = alice_starts(1);
  EXPECT_EQ(at_a.by_sid(old_sid)->last_n(), std::nullopt) << "bo has said nothing";
  EXPECT_EQ(at_b.by_sid(old_sid)->last_n(), 0u);
  Session& broken = *at_a.by_sid(old_sid);
  const auto says = [&] {
    return broken.encrypt(by_participant(), view(std::string_view("y")), random).value();
  };
  const Bytes late = says();
  const auto at_bo = [&](const Bytes& frame) {
    (void)read(*at_b.by_sid(old_sid), frame, roles_of(by_participant()), random);
    return at_b.by_sid(old_sid)->last_n();
  };
  EXPECT_EQ(at_bo(says()), 2u);
  EXPECT_EQ(at_bo(late), 2u) << "a late one is not the last";
  const auto fresh = alice_starts(at_a.highest_gen() + 1);
  EXPECT_NE(fresh, old_sid);
  EXPECT_EQ(at_a.sending()->sid(), fresh);
  EXPECT_EQ(at_b.sending()->sid(), fresh);
  EXPECT_EQ(at_b.highest_gen(), 2u);
  EXPECT_NE(at_b.by_sid(old_sid), nullptr);
}

TEST_F(Sets, T12_gen_runs_ahead_by_16_at_most) {
  SessionSet set;
  EXPECT_EQ(set.highest_gen(), 0u);
  EXPECT_EQ(set.add(begin(alice, bo, 17, random)).error(), Error::limit);
  EXPECT_EQ(set.add(begin(alice, bo, 0xffffffff, random)).error(), Error::limit);
  EXPECT_TRUE(set.all().empty());
  EXPECT_TRUE(set.add(begin(alice, bo, 16, random)).ok());
  EXPECT_EQ(set.add(begin(alice, bo, 33, random)).error(), Error::limit);
  EXPECT_TRUE(set.add(begin(alice, bo, 32, random)).ok());
  EXPECT_TRUE(set.add(begin(alice, bo, 3, random)).ok());
  EXPECT_EQ(set.highest_gen(), 32u);
  EXPECT_EQ(set.sending()->gen(), 32u);
}

TEST_F(Sets, M2_the_same_session_is_not_added_twice) {
  alice_starts(1);
  EXPECT_EQ(at_a.add(at_a.sending()->copy()).error(), Error::duplicate);
  EXPECT_EQ(at_a.all().size(), 1u);
}

TEST_F(Sets, T12_a_sixth_pushes_out_the_oldest_that_does_not_send) {
  std::vector<ByteArray<32>> sids;
  sids.push_back(alice_starts(16, start_of_time));  // the oldest, but the one that sends
  for (int i = 1; i <= 4; ++i) sids.push_back(alice_starts(1, start_of_time + i * hour));
  EXPECT_EQ(at_a.all().size(), 5u);
  sids.push_back(alice_starts(2, start_of_time + 9 * hour));
  EXPECT_EQ(at_a.all().size(), 5u);
  EXPECT_EQ(at_a.sending()->sid(), sids[0]);
  EXPECT_EQ(at_a.by_sid(sids[1]), nullptr);
  for (std::size_t i : std::initializer_list<std::size_t>{0, 2, 3, 4, 5})
    EXPECT_NE(at_a.by_sid(sids[i]), nullptr) << i;
}

TEST_F(Sets, a_new_sending_session_is_due_after_90_days) {
  EXPECT_TRUE(at_a.renewal_due(start_of_time));
  EXPECT_EQ(at_a.sending(), nullptr);
  alice_starts(1);
  EXPECT_FALSE(at_a.renewal_due(start_of_time + 90 * day - 1));
  EXPECT_TRUE(at_a.renewal_due(start_of_time + 90 * day));
  alice_starts(2, start_of_time + 90 * day);
  EXPECT_FALSE(at_a.renewal_due(start_of_time + 90 * day));
}

TEST_F(Sets, M4_a_superseded_session_receives_for_35_days_more) {
  const auto first = alice_starts(1);
  EXPECT_TRUE(at_a.expire(start_of_time + 400 * day).empty());
  const Instant renewed = start_of_time + 90 * day;
  const auto second = alice_starts(2, renewed);
  EXPECT_TRUE(at_a.expire(renewed + 35 * day - 1).empty());
  EXPECT_EQ(at_a.expire(renewed + 35 * day), std::vector{first});
  EXPECT_EQ(at_a.by_sid(first), nullptr);
  EXPECT_EQ(at_a.sending()->sid(), second);
  EXPECT_EQ(at_a.highest_gen(), 2u);
}

TEST_F(Sets, a_session_that_lost_the_tie_lives_35_days_from_its_own_start) {
  alice_starts(5);
  const Instant later = start_of_time + 40 * day;
  const auto late = alice_starts(3, later);
  EXPECT_TRUE(at_a.expire(later + 35 * day - 1).empty());
  EXPECT_EQ(at_a.expire(later + 35 * day), std::vector{late});
}

TEST_F(Sets, an_answering_session_that_has_opened_nothing_does_not_send) {
  alice_starts(1);
  Session s = begin(alice, bo, 2, random);
  const Bytes frame = s.encrypt(by_participant(), {}, random).value();
  ASSERT_TRUE(at_b.add(answer(bo, alice, frame).value()).ok());
  EXPECT_EQ(at_b.sending()->gen(), 1u);
  EXPECT_TRUE(at_b.expire(start_of_time + 36 * day).empty());
}

TEST_F(Sets, T30_a_session_of_one_s_own_for_frames_that_always_bear_the_init_part) {
  EXPECT_EQ(at_a.own(), nullptr);
  EXPECT_TRUE(at_a.own_due(start_of_time));
  const auto theirs = bo_starts(1);
  EXPECT_EQ(at_a.own(), nullptr);
  EXPECT_TRUE(at_a.own_due(start_of_time));
  const auto ours = alice_starts(2);
  EXPECT_EQ(at_a.own()->sid(), ours);
  EXPECT_EQ(at_b.own()->sid(), theirs);
  EXPECT_FALSE(at_a.own_due(start_of_time + 89 * day));
  EXPECT_TRUE(at_a.own_due(start_of_time + 90 * day));
  // Superseded by the peer: it is still good for a while, in which a new one is started.
  bo_starts(3, start_of_time + 10 * day);
  EXPECT_EQ(at_a.own()->sid(), ours);
  EXPECT_FALSE(at_a.own_due(start_of_time + 13 * day - 1));
  EXPECT_TRUE(at_a.own_due(start_of_time + 13 * day));
}

TEST_F(Sets, pickles_whole) {
  alice_starts(1);
  bo_starts(2);
  alice_starts(4, start_of_time + day);
  const SecretBytes pickle = at_a.pickle();
  SessionSet back = SessionSet::unpickle(pickle.expose()).value();
  EXPECT_TRUE(secret_equal(back.pickle().expose(), pickle.expose()));
  EXPECT_TRUE(secret_equal(at_a.copy().pickle().expose(), pickle.expose()));
  EXPECT_EQ(back.highest_gen(), 4u);
  EXPECT_EQ(back.all().size(), 3u);
  EXPECT_EQ(back.sending()->sid(), at_a.sending()->sid());
  bo_starts(5);
  alice_starts(6, start_of_time + 2 * day);
  EXPECT_EQ(SessionSet::unpickle(at_a.pickle().expose()).value().all().size(), 5u) << "the most";
  SessionSet empty;
  EXPECT_TRUE(SessionSet::unpickle(empty.pickle().expose()).ok());
}

TEST_F(Sets, T4_any_flipped_byte_of_a_pickle) {
  alice_starts(1);
  const SecretBytes pickle = at_b.pickle();
  for (std::size_t i = 0; i < pickle.size(); ++i) {
    Bytes altered = to_bytes(pickle.expose());
    altered[i] ^= 0x10;
    EXPECT_EQ(SessionSet::unpickle(altered).error(),
              i == 0 ? Error::bad_version : Error::bad_format);
  }
}

TEST_F(Sets, T4_a_pickle_holds_no_session_twice_nor_one_above_its_highest_gen) {
  alice_starts(3);
  const SecretBytes session = at_b.sending()->pickle();
  const auto of = [&](std::uint32_t highest, std::uint8_t times) {
    crypto::PickleWriter w(crypto::PickleType::session_set);
    w.u32(highest).u8(times);
    for (std::uint8_t i = 0; i < times; ++i) w.sized(session.expose());
    return SessionSet::unpickle(std::move(w).finish().expose());
  };
  EXPECT_TRUE(of(3, 1).ok());
  EXPECT_EQ(of(2, 1).error(), Error::bad_format);
  EXPECT_EQ(of(3, 2).error(), Error::bad_format);
}

TEST_F(Sets, keys_expire_in_every_session) {
  alice_starts(1);
  (void)at_a.sending()->encrypt(by_participant(), {}, random).value();
  const Bytes f = at_a.sending()->encrypt(by_participant(), {}, random).value();
  ASSERT_EQ(shown(read(*at_b.sending(), f, roles_of(by_participant()), random)), "");
  alice_starts(2);
  EXPECT_FALSE(at_b.expire_keys(start_of_time + 35 * day));
  EXPECT_TRUE(at_b.expire_keys(start_of_time + 35 * day + 1));
}

}  // namespace
}  // namespace livlina::testing

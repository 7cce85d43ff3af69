#include "crypto/e2ee/session.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/crypto/pair.hpp"

namespace livlina::testing {
namespace {

using namespace livlina::crypto;

TEST(Session, both_directions) {
  Pair p(1);
  EXPECT_EQ(shown(p.at_a(p.from_b("hello"))), "hello");
  EXPECT_EQ(shown(p.at_b(p.from_a("and you"))), "and you");
  EXPECT_EQ(shown(p.at_b(p.from_a(""))), "");
}

TEST(Session, without_a_one_time_key) {
  Pair p(2, false);
  EXPECT_EQ(shown(p.at_a(p.from_b("hello"))), "hello");
}

TEST(Session, M2_out_of_order_within_and_across_chains) {
  Pair p(3);
  std::vector<std::pair<Bytes, std::string>> late;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 5; ++i) {
      const std::string text = std::to_string(round) + "." + std::to_string(i);
      Bytes frame = p.from_a(text);
      if (i == 4) {
        EXPECT_EQ(shown(p.at_b(frame)), text);
      } else {
        late.emplace_back(std::move(frame), text);
      }
    }
    EXPECT_EQ(shown(p.at_a(p.from_b("turn"))), "turn");
  }
  EXPECT_EQ(p.b.missing(), 16u);
  std::reverse(late.begin(), late.end());
  for (const auto& [frame, text] : late) EXPECT_EQ(shown(p.at_b(frame)), text);
  EXPECT_EQ(p.b.missing(), 0u);
}

TEST(Session, M2_lost_frames_are_counted_as_missing) {
  Pair p(4);
  for (int i = 0; i < 3; ++i) (void)p.from_a("lost");
  EXPECT_EQ(shown(p.at_b(p.from_a("found"))), "found");
  EXPECT_EQ(p.b.missing(), 3u);
}

TEST(Session, M2_duplicate_is_told_apart_whenever_it_comes) {
  Pair p(5);
  const Bytes early = p.from_a("early");
  EXPECT_EQ(shown(p.at_b(early)), "early");
  EXPECT_EQ(shown(p.at_b(early)), "[duplicate]");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(shown(p.at_a(p.from_b("x"))), "x");
    EXPECT_EQ(shown(p.at_b(p.from_a("y"))), "y");
    EXPECT_EQ(shown(p.at_b(early)), "[duplicate]");
  }
}

TEST(Session, M2_a_late_frame_opens_once) {
  Pair p(6);
  const Bytes late = p.from_a("late");
  EXPECT_EQ(shown(p.at_b(p.from_a("next"))), "next");
  EXPECT_EQ(shown(p.at_b(late)), "late");
  EXPECT_EQ(shown(p.at_b(late)), "[duplicate]");
}

// Nothing that is left after decrypting opens the same frame again: the pickle is all there is.
TEST(Session, M3_forward_secrecy_after_decrypting_the_state_opens_nothing_old) {
  Pair p(7);
  std::vector<Bytes> old;
  for (int i = 0; i < 5; ++i) {
    old.push_back(p.from_a("secret"));
    EXPECT_EQ(shown(p.at_b(old.back())), "secret");
  }
  const SecretBytes stolen = p.b.pickle();
  Session thief = Session::unpickle(stolen.expose()).value();
  for (const Bytes& frame : old)
    EXPECT_EQ(shown(read(thief, frame, roles_of(by_participant()), p.random)), "[duplicate]");
  // The sender's own state neither.
  Session stolen_sender = Session::unpickle(p.a.pickle().expose()).value();
  for (const Bytes& frame : old)
    EXPECT_FALSE(read(stolen_sender, frame, roles_of(by_participant()), p.random).ok());
}

TEST(Session, M3_a_thief_of_old_state_is_locked_out_after_one_round_trip) {
  Pair p(8);
  Session thief = p.b.copy();
  EXPECT_EQ(shown(p.at_a(p.from_b("new key of b"))), "new key of b");
  EXPECT_EQ(shown(p.at_b(p.from_a("new key of a"))), "new key of a");
  EXPECT_EQ(shown(p.at_a(p.from_b("again"))), "again");
  const Bytes healed = p.from_a("healed");
  EXPECT_EQ(shown(read(thief, healed, roles_of(by_participant()), p.random)), "[unknown_hint]");
  EXPECT_EQ(shown(p.at_b(healed)), "healed");
}

TEST(Session, both_write_at_once) {
  Pair p(9);
  for (int round = 0; round < 20; ++round) {
    const Bytes to_b = p.from_a("from a");
    const Bytes to_a = p.from_b("from b");
    EXPECT_EQ(shown(p.at_b(to_b)), "from a");
    EXPECT_EQ(shown(p.at_a(to_a)), "from b");
  }
}

TEST(Session, both_start_at_once_and_choose_the_same_session) {
  SeededRandom random(10);
  const Device alice(random);
  const Device bo(random);
  SessionSet at_a;
  SessionSet at_b;
  ASSERT_TRUE(at_a.add(begin(alice, bo, 1, random)).ok());
  ASSERT_TRUE(at_b.add(begin(bo, alice, 1, random)).ok());
  const Outgoing to_bo = by_participant();
  const Outgoing to_alice = to_participant();
  const Bytes from_a = at_a.sending()->encrypt(to_bo, view(std::string_view("a")), random).value();
  const Bytes from_b =
      at_b.sending()->encrypt(to_alice, view(std::string_view("b")), random).value();
  Session b_new = answer(bo, alice, from_a).value();
  EXPECT_EQ(shown(read(b_new, from_a, roles_of(to_bo), random)), "a");
  Session a_new = answer(alice, bo, from_b).value();
  EXPECT_EQ(shown(read(a_new, from_b, roles_of(to_alice), random)), "b");
  ASSERT_TRUE(at_b.add(std::move(b_new)).ok());
  ASSERT_TRUE(at_a.add(std::move(a_new)).ok());
  EXPECT_EQ(at_a.sending()->sid(), at_b.sending()->sid());
  for (int i = 0; i < 3; ++i) {
    const Bytes f = at_a.sending()->encrypt(to_bo, view(std::string_view("on")), random).value();
    Session* receiver = at_b.by_hint(parse_frame(f)->hint);
    ASSERT_NE(receiver, nullptr);
    EXPECT_EQ(shown(read(*receiver, f, roles_of(to_bo), random)), "on");
    const Bytes g =
        at_b.sending()->encrypt(to_alice, view(std::string_view("back")), random).value();
    EXPECT_EQ(shown(read(*at_a.by_hint(parse_frame(g)->hint), g, roles_of(to_alice), random)),
              "back");
  }
}

TEST(Session, thousands_of_messages) {
  Pair p(11);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = "message " + std::to_string(i);
    if (i % 7 < 4) {
      ASSERT_EQ(shown(p.at_b(p.from_a(text))), text);
    } else {
      ASSERT_EQ(shown(p.at_a(p.from_b(text))), text);
    }
  }
  EXPECT_EQ(p.a.missing() + p.b.missing(), 0u);
  EXPECT_LT(p.b.pickle().size(), 2000u);
}

TEST(Session, the_init_part_is_repeated_until_a_reply_opened) {
  Pair p(12);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(parse_frame(p.from_a("x"))->init.size(), init_size);
  EXPECT_FALSE(p.a.replied());
  EXPECT_TRUE(p.b.replied());
  const Bytes reply = p.from_b("reply");
  EXPECT_TRUE(parse_frame(reply)->init.empty());
  EXPECT_EQ(shown(p.at_a(reply)), "reply");
  EXPECT_TRUE(p.a.replied());
  EXPECT_TRUE(parse_frame(p.from_a("x"))->init.empty());
}

TEST(Session, T30_alarms_and_notes_can_keep_the_init_part_for_ever) {
  Pair p(13);
  EXPECT_EQ(shown(p.at_a(p.from_b("reply"))), "reply");
  for (Kind kind : {Kind::alarm, Kind::checkin_note}) {
    Outgoing what = by_participant(kind);
    what.always_init = true;
    const Bytes frame = p.a.encrypt(what, view(std::string_view("help")), p.random).value();
    EXPECT_EQ(frame.size(), 2414u);
    EXPECT_EQ(shown(p.at_b(frame)), "help");
  }
  // Whoever answered has no init part of its own to send.
  Outgoing what = to_participant();
  what.always_init = true;
  const SecretBytes before = p.b.pickle();
  EXPECT_EQ(p.b.encrypt(what, {}, p.random).error(), Error::not_ready);
  EXPECT_TRUE(secret_equal(before.expose(), p.b.pickle().expose()));
}

TEST(Session, a_later_frame_can_be_the_first_to_arrive) {
  SeededRandom random(14);
  const Device alice(random);
  const Device bo(random);
  Session a = begin(alice, bo, 1, random);
  const Outgoing what = by_participant();
  const Bytes first = a.encrypt(what, view(std::string_view("first")), random).value();
  const Bytes second = a.encrypt(what, view(std::string_view("second")), random).value();
  Session b = answer(bo, alice, second).value();
  EXPECT_FALSE(b.can_send());
  EXPECT_EQ(b.encrypt(to_participant(), {}, random).error(), Error::not_ready);
  EXPECT_EQ(shown(read(b, second, roles_of(what), random)), "second");
  EXPECT_TRUE(b.can_send());
  EXPECT_EQ(b.missing(), 1u);
  EXPECT_EQ(shown(read(b, first, roles_of(what), random)), "first");
}

TEST(Session, open_header_says_what_the_sender_said_and_changes_nothing) {
  Pair p(15);
  (void)p.from_a("lost");
  const Bytes frame = p.from_a("x", Kind::incident_note);
  const FrameParts parts = parse_frame(frame).value();
  const SecretBytes before = p.b.pickle();
  const Header h = p.b.open_header(parts).value();
  EXPECT_EQ(h.kind, 7);
  EXPECT_EQ(h.n, 2u);  // after the pair's first and the lost one
  EXPECT_EQ(h.pn, 0u);
  EXPECT_EQ(h.circle, by_participant().circle);
  EXPECT_EQ(h.manifest_version, 3u);
  EXPECT_EQ(h.manifest_hash, by_participant().manifest_hash);
  EXPECT_EQ(p.b.last_n(), 0u);
  EXPECT_TRUE(secret_equal(before.expose(), p.b.pickle().expose()));
}

TEST(Session, hints_of_one_session_and_of_many_never_collide) {
  Pair p(16);
  std::set<Hint> seen;
  std::size_t added = 0;
  for (int i = 0; i < 200; ++i) {
    const Bytes f = p.from_a("x");
    seen.insert(parse_frame(f)->hint);
    EXPECT_EQ(shown(p.at_b(f)), "x");
    const Bytes g = p.from_b("y");
    seen.insert(parse_frame(g)->hint);
    EXPECT_EQ(shown(p.at_a(g)), "y");
    added += 2;
    const auto hints = p.b.hints();
    EXPECT_EQ(std::set<Hint>(hints.begin(), hints.end()).size(), hints.size());
    EXPECT_LE(hints.size(), 10u);
  }
  EXPECT_EQ(seen.size(), added);
}

TEST(Session, a_stranger_s_frame_has_an_unknown_hint) {
  Pair p(17);
  Pair q(18);
  EXPECT_EQ(shown(p.at_b(q.from_a("x"))), "[unknown_hint]");
  EXPECT_EQ(shown(p.at_a(q.from_b("x"))), "[unknown_hint]");
}

TEST(Session, T6_a_frame_reflected_to_its_sender_is_nobody_s) {
  Pair p(19);
  const Bytes from_a = p.from_a("x");
  EXPECT_EQ(shown(p.at_a(from_a)), "[unknown_hint]");
  EXPECT_EQ(shown(p.at_a(p.from_b("y"))), "y");
  const Bytes from_b = p.from_b("y");
  EXPECT_EQ(shown(p.at_b(from_b)), "[unknown_hint]");
}

TEST(Session, an_ended_one_time_key_opens_no_second_session) {
  Pair p(20);
  const Bytes frame = p.from_a("with init");
  Device later = Device(p.random);  // the same device, its one-time key deleted and replaced
  const DhKeyPair other_opk = later.opk.copy();
  const FrameParts parts = parse_frame(frame).value();
  const InitContents c = read_init(parts.init, p.bo.ik, p.bo.party().device).value();
  auto wrong = respond(p.bo.party(), p.bo.ik, p.bo.spk, &other_opk, p.alice.party(), c).value();
  Session s = Session::accept(p.bo.party(), p.alice.party(), std::move(wrong), c.gen, p.bo.spk,
                              start_of_time)
                  .value();
  EXPECT_EQ(shown(read(s, frame, roles_of(by_participant()), p.random)), "[unknown_hint]");
}

}  // namespace
}  // namespace livlina::testing

// A copy of the server's database is put back, and the line, the server or other people's devices
// are in the way: what was said goes first, nothing waits for what is not answered, and a round
// counts when it is over.
#include "protocol/records/checkin_record.hpp"
#include "tests/clients/restore_bench.hpp"

namespace livlina::testing::sim {
namespace {

const std::string open_incidents = "SELECT count(*) FROM incident WHERE state = 1";
const std::string newest_manifest = "SELECT max(seq) FROM manifest";

bool is_given(const v1::Request& r) {
  return r.has_put_manifest() || r.has_put_plan() || r.has_post_record();
}

TEST(RestoreRound, M1_connections_that_end_early_use_up_nothing) {
  RestoreBench b(171);
  Village& v = b.v;
  b.alarm_after_the_copy(10 * second);
  v.participant.on_request = [](v1::Request& r) { return !is_given(r); };
  b.put_back();
  for (int i = 0; i < 10; ++i) {
    v.participant.disconnect();
    v.world.advance(5 * second);
    v.participant.connect();
    v.world.advance(5 * second);
  }
  v.participant.on_request = nullptr;
  v.participant.disconnect();
  v.participant.connect();
  v.world.advance(10 * second);
  EXPECT_EQ(b.number(open_incidents), 1);
  EXPECT_EQ(RestoreBench::standing(v.participant).count("not_given_back"), 0u);
}

TEST(RestoreRound, M1_the_next_connection_goes_on_where_the_last_one_ended) {
  RestoreBench b(172);
  Village& v = b.v;
  ASSERT_TRUE(v.participant.ok(set_plan(v.world.now())));
  b.cancelled_alarm();
  std::multiset<std::string> given;
  bool cut = true;
  v.participant.on_request = [&](v1::Request& r) {
    if (cut && r.has_put_manifest()) return false;
    if (!is_given(r)) return true;
    v1::Request bare = r;
    bare.clear_id();
    if (bare.has_post_record()) bare.mutable_post_record()->clear_message_id();
    given.insert(bare.SerializeAsString());
    return true;
  };
  b.renew();
  const std::size_t before = given.size();
  EXPECT_GE(before, 3u) << "the plan, the alarm, its cancel";
  cut = false;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(v.participant.reopen());
    v.participant.disconnect();
    v.participant.connect();
    v.world.advance(minute);
  }
  EXPECT_EQ(given.size(), 5u) << "the manifest, the plan once more, nothing twice";
}

TEST(RestoreRound, M1_an_alarm_waits_for_no_manifest) {
  for (const bool answered : {true, false}) {
    RestoreBench b(173);
    Village& v = b.v;
    b.alarm_after_the_copy(10 * second);
    int tries = 0;
    // Lost on its way, or refused for as long as it lasts.
    v.participant.on_request = [&](v1::Request& r) {
      if (!r.has_put_manifest()) return true;
      ++tries;
      if (answered) r.mutable_put_manifest()->set_record("no record");
      return answered;
    };
    b.put_back();
    v.world.advance(second);
    EXPECT_EQ(b.number(open_incidents), 1);
    EXPECT_GE(tries, 1);
  }
}

TEST(RestoreRound, T17_a_revocation_goes_out_although_something_is_not_answered) {
  RestoreBench b(174);
  Village& v = b.v;
  b.arm();
  v.participant.on_request = [](v1::Request& r) { return !r.has_put_plan(); };
  b.renew();
  (void)v.participant.ok(b.drop_contact(true));
  v.world.advance(5 * minute);
  EXPECT_EQ(b.number(newest_manifest), 3);
  EXPECT_EQ(view_of(v.participant).people_size(), 2);
}

TEST(RestoreRound, T17_what_others_have_to_give_makes_nobody_else_give) {
  RestoreBench b(181);
  Village& v = b.v;
  b.arm();
  b.take_copy();
  ASSERT_TRUE(v.coordinator.ok(plain(v1::Command::kRenewDesk)));
  v.world.advance(minute);
  v.participant.disconnect();
  v.participant.connect();
  v.world.advance(minute);
  v.coordinator.disconnect();
  int given = 0;
  v.participant.on_request = [&](v1::Request& r) {
    given += is_given(r) ? 1 : 0;
    return true;
  };
  b.put_back();
  v.world.advance(10 * minute);
  const int once = given;
  EXPECT_GT(once, 0);
  for (int i = 0; i < 10; ++i) {
    v.participant.disconnect();
    v.world.advance(10 * second);
    v.participant.connect();
    v.world.advance(10 * second);
  }
  EXPECT_EQ(given, once);
}

TEST(RestoreRound, T17_a_revocation_waits_when_the_rounds_of_the_day_are_used_up) {
  RestoreBench b(182);
  Village& v = b.v;
  b.arm();
  for (int i = 0; i < 9; ++i) b.renew();
  b.take_copy();
  ASSERT_TRUE(v.participant.ok(b.drop_contact(true)));
  v.world.advance(minute);
  b.put_back();
  v.world.advance(hour);
  EXPECT_EQ(b.number(newest_manifest), 2);
  EXPECT_EQ(RestoreBench::standing(v.participant).count("not_given_back"), 1u);
  const v1::CircleView circle = view_of(v.participant);
  EXPECT_FALSE(v.participant.ok(sign_manifest({}, true, {circle.people(1).line_id()})));
  EXPECT_EQ(v.participant.finished().detail(), "pending");
  // What was said needs no round.
  ASSERT_TRUE(v.participant.ok(alarm(1)));
  v.world.advance(day);
  EXPECT_EQ(b.number(newest_manifest), 4) << "the one that was lost, and the one that waited";
}

TEST(RestoreRound, M1_an_alarm_needs_no_round) {
  RestoreBench b(183);
  b.arm();
  for (int i = 0; i < 9; ++i) b.renew();
  b.alarm_after_the_copy(minute);
  b.put_back();
  EXPECT_EQ(b.number(open_incidents), 1);
}

TEST(RestoreRound, M1_an_alarm_that_is_refused_is_told_and_given_again) {
  RestoreBench b(184);
  Village& v = b.v;
  b.alarm_after_the_copy(10 * second);
  int tries = 0;
  v.participant.on_request = [&](v1::Request& r) {
    if (!r.has_post_record()) return true;
    ++tries;
    r.mutable_post_record()->mutable_record()->back() ^= 1;
    return true;
  };
  b.put_back();
  EXPECT_EQ(tries, 2) << "once more after the manifests";
  EXPECT_EQ(RestoreBench::standing(v.participant).count("not_given_back"), 1u);
  EXPECT_EQ(b.number(open_incidents), 0);
  v.participant.on_request = nullptr;
  v.world.advance(2 * hour);
  EXPECT_EQ(b.number(open_incidents), 1);
  EXPECT_EQ(RestoreBench::standing(v.participant).count("not_given_back"), 0u);
}

TEST(RestoreRound, M1_an_alarm_goes_before_what_calls_for_nobody) {
  RestoreBench b(185);
  Village& v = b.v;
  ASSERT_TRUE(v.participant.ok(press(1)));
  b.alarm_after_the_copy(10 * second);
  std::vector<std::string> given;
  v.participant.on_request = [&](v1::Request& r) {
    if (r.has_post_record()) given.push_back(r.post_record().record());
    return true;
  };
  b.put_back();
  ASSERT_GE(given.size(), 2u);
  const auto first = protocol::read_checkin(view(given[0]));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->type, protocol::RecordType::alarm);
}

TEST(RestoreRound, M1_what_was_said_waits_ten_seconds_for_what_is_not_answered) {
  RestoreBench b(186);
  Village& v = b.v;
  b.alarm_after_the_copy(10 * second);
  ASSERT_TRUE(v.participant.ok(press(2)));
  v.world.advance(10 * second);
  std::string lost;
  Instant lost_at = 0, next_at = 0;
  v.participant.on_request = [&](v1::Request& r) {
    if (!r.has_post_record()) return true;
    if (lost.empty()) {
      lost = r.post_record().record();
      lost_at = v.world.now();
    }
    if (r.post_record().record() == lost) return false;
    next_at = v.world.now();
    return true;
  };
  b.put_back();
  EXPECT_GE(next_at, lost_at);
  EXPECT_LE(next_at, lost_at + 11 * second);
  EXPECT_EQ(b.number("SELECT count(*) FROM checkin_record"), 1);
}

TEST(RestoreRound, G3_words_that_do_not_come_again_are_told_by_every_helper) {
  RestoreBench b(191);
  Village& v = b.v;
  b.arm();
  Phone& decoy = v.world.open_decoy(v.participant);
  b.take_copy();
  v.participant.disconnect();
  decoy.connect();
  v.world.advance(10 * second);
  ASSERT_TRUE(decoy.ok(alarm(2)));
  v.world.advance(minute);
  decoy.disconnect();
  ASSERT_EQ(b.number("SELECT count(*) FROM incident WHERE lane = 2 AND state = 1"), 1);
  b.put_back();
  v.participant.connect();
  v.world.advance(3 * minute);
  EXPECT_EQ(b.number("SELECT count(*) FROM incident WHERE lane = 2"), 0);
  for (Phone* p : {&v.contact, &v.mentor, &v.coordinator})
    EXPECT_EQ(RestoreBench::standing(*p).count("alarm_without_incident"), 1u) << p->name();
  v.participant.disconnect();
  decoy.connect();
  v.world.advance(minute);
  for (Phone* p : {&v.contact, &v.mentor, &v.coordinator})
    EXPECT_EQ(RestoreBench::standing(*p).count("alarm_without_incident"), 0u) << p->name();
}

TEST(RestoreRound, G3_what_the_server_still_has_is_no_reason_to_warn) {
  RestoreBench b(193);
  Village& v = b.v;
  b.arm();
  ASSERT_TRUE(v.participant.ok(alarm(1)));
  v.world.advance(minute);
  for (Phone* p : b.everybody()) p->clear();
  b.renew();
  v.world.advance(hour);
  for (Phone* p : {&v.contact, &v.mentor, &v.coordinator}) {
    EXPECT_FALSE(p->warned("alarm_without_incident")) << p->name();
    EXPECT_EQ(RestoreBench::events(*p, v1::Event::kRecord), 0) << p->name();
    const v1::Status status = p->status();
    for (const auto& r : status.records()) EXPECT_NE(r.incident(), 3u);
  }
}

TEST(RestoreRound, T17_acts_that_an_honest_restore_took_accuse_nobody) {
  RestoreBench b(194);
  Village& v = b.v;
  b.arm();
  ASSERT_TRUE(v.participant.ok(alarm(2)));
  v.world.advance(30 * second);
  b.take_copy();
  const v1::Event* seen = v.contact.last(v1::Event::kIncident);
  ASSERT_NE(seen, nullptr);
  const std::string id = seen->incident().incident().incident_id();
  ASSERT_TRUE(v.contact.ok(act(2, id, 0)));
  v.world.advance(minute);
  b.put_back();
  v.world.advance(2 * day);
  for (Phone* p : b.everybody()) EXPECT_FALSE(p->warned("act_missing")) << p->name();
  EXPECT_TRUE(v.mentor.warned("server_behind"));
}

TEST(RestoreRound, T35_an_answer_that_an_honest_restore_took_stays_shown) {
  RestoreBench b(192);
  Village& v = b.v;
  b.arm();
  v.world.advance(10 * hour + 15 * minute);
  b.take_copy();
  ASSERT_TRUE(v.participant.ok(press(1)));
  v.world.advance(minute);
  v.participant.disconnect();
  b.put_back();
  v.world.advance(4 * hour);
  ASSERT_EQ(b.number("SELECT count(*) FROM occurrence WHERE state = 3"), 1);
  for (Phone* p : {&v.contact, &v.mentor, &v.coordinator}) {
    EXPECT_FALSE(p->warned("server_contradicts")) << p->name();
    const v1::Status status = p->status();
    ASSERT_EQ(status.checkins_size(), 1) << p->name();
    EXPECT_EQ(status.checkins(0).state(), 2u) << p->name();
  }
}

}  // namespace
}  // namespace livlina::testing::sim

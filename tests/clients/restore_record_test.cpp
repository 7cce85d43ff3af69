// A copy of the server's database is put back: check-ins and alarms that the server took after the
// copy are given to it again; what it still has changes nothing, and a server that only says so
// learns nothing and gets no endless flood.
#include "tests/clients/restore_bench.hpp"

namespace livlina::testing::sim {
namespace {

// Of the requests by which something is given again.
bool is_given(const v1::Request& r) {
  return r.has_put_manifest() || r.has_put_plan() || r.has_post_record() ||
         r.has_put_desk_roster() || r.has_put_staff_directory();
}

TEST(RestoreRecord, M1_a_silent_alarm_given_after_the_copy_makes_an_incident_again) {
  RestoreBench b(71);
  Village& v = b.v;
  b.take_copy();
  for (Phone* p : {&v.contact, &v.mentor, &v.coordinator}) p->disconnect();
  v1::Command call = alarm(1);
  call.mutable_raise_alarm()->set_note("by the bridge");
  ASSERT_TRUE(v.participant.ok(call));
  v.world.advance(10 * second);
  b.put_back();
  EXPECT_EQ(b.number("SELECT count(*) FROM incident WHERE state = 1"), 1);
  for (Phone* p : {&v.contact, &v.mentor, &v.coordinator}) p->connect();
  v.world.advance(minute);
  const v1::Event* shown = v.contact.last(v1::Event::kRecord);
  ASSERT_NE(shown, nullptr);
  EXPECT_EQ(shown->record().note(), "by the bridge") << "with its encrypted notes";
  EXPECT_FALSE(v.contact.warned("alarm_without_incident"));
}

TEST(RestoreRecord, G3_a_loud_alarm_that_was_cancelled_pages_nobody_again) {
  RestoreBench b(72);
  b.take_copy();
  b.cancelled_alarm();
  b.put_back();
  EXPECT_EQ(b.number("SELECT count(*) FROM checkin_record"), 2);
  EXPECT_EQ(b.number("SELECT count(*) FROM incident WHERE state = 1"), 0);
  EXPECT_TRUE(b.paged().empty());
}

TEST(RestoreRecord, G1_a_check_in_given_after_the_copy_counts) {
  RestoreBench b(73);
  Village& v = b.v;
  b.arm();
  v.world.advance(10 * hour + 15 * minute);  // 19:15 there, the slot of 20 is open
  ASSERT_EQ(b.number("SELECT count(*) FROM occurrence WHERE state = 1"), 1);
  b.take_copy();
  ASSERT_TRUE(v.participant.ok(press(1)));
  v.world.advance(10 * minute);
  b.put_back();
  EXPECT_EQ(b.number("SELECT count(*) FROM occurrence WHERE state = 2"), 1);
  v.world.advance(3 * hour);
  EXPECT_EQ(b.number("SELECT count(*) FROM incident WHERE lane = 1"), 0);
  EXPECT_FALSE(v.contact.warned("server_contradicts"));
  EXPECT_FALSE(v.contact.warned("nothing_came"));
}

TEST(RestoreRecord, G1_a_check_in_of_a_slot_that_is_over_by_now_counts) {
  RestoreBench b(74);
  Village& v = b.v;
  b.arm();
  v.world.advance(9 * hour);  // before the slot opens
  b.take_copy();
  v.world.advance(90 * minute);
  ASSERT_TRUE(v.participant.ok(press(1)));
  v.world.advance(5 * hour);
  b.put_back();
  v.world.advance(hour);
  EXPECT_EQ(b.number("SELECT count(*) FROM occurrence WHERE state = 3"), 0);
  EXPECT_EQ(b.number("SELECT count(*) FROM incident WHERE lane = 1"), 0);
}

TEST(RestoreRecord, T6_nothing_arrives_twice_when_nothing_was_lost) {
  RestoreBench b(75);
  Village& v = b.v;
  b.arm();
  b.plan_approved(18 * 60);
  v1::Command call = alarm(2);
  call.mutable_raise_alarm()->set_note("help");
  ASSERT_TRUE(v.participant.ok(call));
  ASSERT_TRUE(v.participant.ok(press(2)));
  ASSERT_TRUE(v.coordinator.ok(plain(v1::Command::kRenewDesk)));
  v.world.advance(minute);
  for (Phone* p : b.everybody()) p->disconnect();
  v.world.advance(minute);
  const std::string tables[] = {"manifest",       "plan",     "desk_record",
                                "checkin_record", "incident", "mailbox",
                                "occurrence",     "schedule", "trigger_row"};
  std::map<std::string, std::int64_t> before;
  for (const std::string& t : tables) before[t] = b.number("SELECT count(*) FROM " + t);
  int given = 0;
  for (Phone* p : b.everybody()) {
    p->clear();
    p->on_request = [&given](v1::Request& r) {
      given += is_given(r) ? 1 : 0;
      return true;
    };
    p->connect();
  }
  b.renew();
  EXPECT_GT(given, 6);
  for (const std::string& t : tables)
    EXPECT_EQ(b.number("SELECT count(*) FROM " + t), before[t]) << t;
  for (Phone* p : {&v.contact, &v.mentor, &v.coordinator}) {
    EXPECT_EQ(RestoreBench::events(*p, v1::Event::kRecord), 0) << p->name();
    EXPECT_EQ(RestoreBench::events(*p, v1::Event::kCheckin), 0) << p->name();
    EXPECT_EQ(RestoreBench::events(*p, v1::Event::kCircle), 0) << p->name();
  }
  EXPECT_EQ(RestoreBench::standing(v.participant), std::set<std::string>{"server_restored"});
}

TEST(RestoreRecord, T6_a_server_of_ever_new_epochs_is_given_what_it_had_a_few_times_a_day) {
  RestoreBench b(76);
  Village& v = b.v;
  ASSERT_TRUE(v.participant.ok(set_plan(v.world.now())));
  b.cancelled_alarm();
  std::multiset<std::string> given;
  std::set<std::string> known;
  v.participant.on_request = [&](v1::Request& r) {
    if (!is_given(r)) return true;
    v1::Request bare = r;
    bare.clear_id();
    if (bare.has_post_record() && bare.post_record().notes_size() == 0)
      bare.mutable_post_record()->clear_message_id();
    given.insert(bare.SerializeAsString());
    known.insert(bare.SerializeAsString());
    return true;
  };
  for (int i = 0; i < 20; ++i) b.renew();
  EXPECT_EQ(known.size(), 4u) << "the manifest, the plan, an alarm, its cancel";
  EXPECT_EQ(given.size(), 8u * 5 + 12 * 2) << "the plan twice in a round; what was said each time";
  EXPECT_EQ(b.number("SELECT count(*) FROM checkin_record"), 2);
  v.world.advance(day);
  EXPECT_EQ(given.size(), 9u * 5 + 11 * 2) << "what was owed at the end of the day, once";
  v.world.advance(3 * day);
  EXPECT_EQ(given.size(), 9u * 5 + 11 * 2);
}

TEST(RestoreRecord, T6_alarms_of_long_ago_are_not_given_again) {
  RestoreBench b(77);
  Village& v = b.v;
  b.cancelled_alarm();
  v.world.advance(31 * day);
  int given = 0;
  v.participant.on_request = [&given](v1::Request& r) {
    given += r.has_post_record() ? 1 : 0;
    return true;
  };
  b.renew();
  EXPECT_EQ(given, 0);
}

// What the decoy realm gives again is as much as the real one gives.
TEST(RestoreRecord, T30_the_decoy_realm_gives_as_many_as_the_real_one) {
  RestoreBench b(78);
  Village& v = b.v;
  b.arm();
  Phone& decoy = v.world.open_decoy(v.participant);
  v.participant.disconnect();
  decoy.connect();
  v.world.advance(minute);
  decoy.disconnect();
  v.participant.connect();
  v.world.advance(minute);
  const auto counted = [](std::map<int, int>& out) {
    return [&out](v1::Request& r) {
      if (is_given(r) && !r.has_post_record()) ++out[r.op_case()];
      return true;
    };
  };
  std::map<int, int> real, pretended;
  v.participant.on_request = counted(real);
  b.renew();
  v.participant.disconnect();
  decoy.on_request = counted(pretended);
  decoy.connect();
  v.world.advance(minute);
  EXPECT_EQ(real, pretended);
  EXPECT_EQ(real[v1::Request::kPutManifest], 2);
  EXPECT_EQ(RestoreBench::standing(decoy).count("not_given_back"), 0u);
  EXPECT_EQ(b.number("SELECT max(seq) FROM manifest"), 2);
}

}  // namespace
}  // namespace livlina::testing::sim

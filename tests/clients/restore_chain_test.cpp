// A copy of the server's database is put back: manifests, plans, rosters and directories that the
// server took after the copy are given to it again by who signed them.
#include "tests/clients/restore_bench.hpp"

namespace livlina::testing::sim {
namespace {

TEST(RestoreChain, T17_who_was_dropped_after_the_copy_is_dropped_again_and_not_paged) {
  RestoreBench b(61);
  Village& v = b.v;
  const std::string contact = v.contact.status().account();
  b.take_copy();
  ASSERT_TRUE(v.participant.ok(b.drop_contact(false)));
  v.world.advance(minute);
  b.put_back();
  EXPECT_EQ(b.number("SELECT max(seq) FROM manifest"), 2);
  ASSERT_TRUE(v.participant.ok(alarm(2)));
  v.world.advance(hour);
  EXPECT_EQ(b.number("SELECT count(*) FROM incident"), 1);
  EXPECT_FALSE(b.paged().empty());
  EXPECT_EQ(b.paged().count(contact), 0u);
  // The chain goes on.
  const v1::CircleView circle = view_of(v.participant);
  EXPECT_TRUE(v.participant.ok(sign_manifest({}, false, {circle.people(1).line_id()})))
      << v.participant.finished().error();
  EXPECT_EQ(b.number("SELECT max(seq) FROM manifest"), 3);
}

TEST(RestoreChain, T17_a_revocation_that_waited_on_the_phone_follows_what_is_given_again) {
  RestoreBench b(62);
  Village& v = b.v;
  b.take_copy();
  ASSERT_TRUE(v.participant.ok(b.drop_contact(false)));
  v.world.advance(minute);
  v.participant.disconnect();
  const v1::CircleView circle = view_of(v.participant);
  EXPECT_FALSE(v.participant.ok(sign_manifest({}, false, {circle.people(1).line_id()})));
  b.put_back();
  EXPECT_EQ(b.number("SELECT max(seq) FROM manifest"), 1);
  v.participant.connect();
  v.world.advance(minute);
  EXPECT_EQ(b.number("SELECT max(seq) FROM manifest"), 3);
  EXPECT_EQ(view_of(v.participant).people_size(), 1);
  EXPECT_EQ(view_of(v.mentor).manifest_seq(), 3u);
}

TEST(RestoreChain, T17_an_honest_restore_is_told_to_everybody_once_and_is_no_accusation) {
  RestoreBench b(63);
  Village& v = b.v;
  b.take_copy();
  ASSERT_TRUE(v.participant.ok(b.drop_contact(false)));
  ASSERT_TRUE(v.coordinator.ok(plain(v1::Command::kRenewDesk)));
  v.world.advance(minute);
  // Members come before the phone does: they see that the server is behind, and say no more.
  v.participant.disconnect();
  v.coordinator.disconnect();
  b.put_back();
  EXPECT_TRUE(v.mentor.warned("server_behind"));
  EXPECT_EQ(RestoreBench::standing(v.mentor).count("server_behind"), 1u);
  v.coordinator.connect();
  v.participant.connect();
  v.world.advance(minute);
  for (int i = 0; i < 3; ++i) {
    for (Phone* p : b.everybody()) p->disconnect();
    for (Phone* p : b.everybody()) p->connect();
    v.world.advance(minute);
  }
  for (Phone* p : b.everybody()) {
    int told = 0;
    for (const v1::Event& e : p->events())
      told += e.has_warning() && e.warning().code() == "server_restored" ? 1 : 0;
    EXPECT_EQ(told, 1) << p->name();
    EXPECT_EQ(RestoreBench::standing(*p).count("server_behind"), 0u) << p->name();
    for (const char* code : {"rollback", "withheld", "fork", "not_given_back"})
      EXPECT_FALSE(p->warned(code)) << p->name() << " " << code;
  }
}

TEST(RestoreChain,
     T17_a_server_that_goes_back_and_says_nothing_is_accused_and_given_what_it_lacks) {
  RestoreBench b(64);
  Village& v = b.v;
  b.take_copy();
  ASSERT_TRUE(v.participant.ok(b.drop_contact(false)));
  v.world.advance(minute);
  const std::string file =
      std::string("file:") + sqlite3_db_filename(v.world.db().handle(), "main") + "?vfs=memdb";
  v.world.stop_server();
  {
    server::store::Db database(file);
    RestoreBench::copy_into(database, b.copy);
  }
  v.world.start_server();
  v.world.advance(minute);
  EXPECT_TRUE(v.participant.warned("rollback"));
  EXPECT_TRUE(v.mentor.warned("rollback"));
  EXPECT_FALSE(v.mentor.warned("server_restored"));
  EXPECT_EQ(b.number("SELECT max(seq) FROM manifest"), 2);
}

TEST(RestoreChain, G1_the_first_plan_is_watched_again) {
  RestoreBench b(65);
  Village& v = b.v;
  b.take_copy();
  b.arm();
  b.put_back();
  EXPECT_EQ(b.number("SELECT count(*) FROM plan"), 1);
  // Nobody took a practice alarm there any more: it comes again, and only then the circle is armed.
  EXPECT_EQ(view_of(v.mentor).state(), 1u);
  EXPECT_EQ(RestoreBench::standing(v.participant).count("not_given_back"), 1u);
  take_drill(v);
  v.world.advance(2 * hour);
  EXPECT_EQ(view_of(v.mentor).state(), 2u);
  EXPECT_EQ(RestoreBench::standing(v.participant).count("not_given_back"), 0u);
  v.world.advance(day);
  EXPECT_EQ(b.number("SELECT count(*) FROM occurrence WHERE state = 3"), 1);
}

TEST(RestoreChain, G1_a_plan_whose_approver_was_dropped_later_is_watched_again) {
  RestoreBench b(66);
  Village& v = b.v;
  b.arm();
  b.take_copy();
  b.plan_approved(18 * 60);
  ASSERT_TRUE(v.participant.ok(b.drop_contact(true)));
  v.world.advance(minute);
  b.put_back();
  EXPECT_EQ(b.number("SELECT max(version) FROM plan"), 2);
  EXPECT_EQ(b.number("SELECT max(seq) FROM manifest"), 3);
  v.world.advance(day);
  EXPECT_EQ(b.number("SELECT count(*) FROM incident WHERE lane = 1"), 1);
  EXPECT_EQ(b.number("SELECT due / 60000 % 1440 FROM occurrence WHERE state = 3"), 17 * 60);
  EXPECT_FALSE(v.mentor.warned("plan_fork"));
}

TEST(RestoreChain, H32_a_plan_that_is_not_taken_again_is_told_and_the_next_one_follows_it) {
  RestoreBench b(67);
  Village& v = b.v;
  b.arm();
  b.take_copy();
  b.plan_approved(18 * 60);
  // As if who approved it could not any more.
  v.participant.on_request = [](v1::Request& r) {
    if (r.has_put_plan()) r.mutable_put_plan()->clear_approval();
    return true;
  };
  b.put_back();
  v.participant.on_request = nullptr;
  EXPECT_EQ(b.number("SELECT max(version) FROM plan"), 1);
  EXPECT_EQ(RestoreBench::standing(v.participant).count("not_given_back"), 1u);
  b.plan_approved(19 * 60);
  EXPECT_EQ(b.number("SELECT max(version) FROM plan"), 3);
  EXPECT_EQ(b.number("SELECT count(*) FROM plan WHERE version > 1 AND approval IS NULL"), 1)
      << "the lost one only links";
  for (Phone* p : b.everybody()) {
    EXPECT_EQ(view_of(*p).plan_version(), 3u) << p->name();
    EXPECT_FALSE(p->warned("plan_fork")) << p->name();
    EXPECT_FALSE(p->warned("fork")) << p->name();
  }
  EXPECT_EQ(view_of(v.participant).schedules(0).times(0).minute(), 19u * 60);
}

TEST(RestoreChain, T17_rosters_and_directories_go_on_although_some_have_ended) {
  RestoreBench b(68);
  Village& v = b.v;
  b.take_copy();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(v.coordinator.ok(plain(v1::Command::kRenewDesk)));
    v.world.advance(5 * day);
  }
  const std::string newest = "SELECT max(serial) FROM desk_record WHERE kind = ";
  const std::int64_t roster = b.number(newest + "1");
  const std::int64_t directory = b.number(newest + "2");
  b.put_back();
  EXPECT_EQ(b.number(newest + "1"), roster);
  EXPECT_EQ(b.number(newest + "2"), directory);
  ASSERT_TRUE(v.coordinator.ok(plain(v1::Command::kRenewDesk))) << v.coordinator.finished().error();
  v.world.advance(minute);
  EXPECT_EQ(b.number(newest + "1"), roster + 1);
  EXPECT_EQ(v.participant.status().roster_not_after(), v.coordinator.status().roster_not_after());
}

TEST(RestoreChain, T17_a_renewal_that_waited_follows_what_is_given_again) {
  RestoreBench b(69);
  Village& v = b.v;
  b.take_copy();
  ASSERT_TRUE(v.coordinator.ok(plain(v1::Command::kRenewDesk)));
  v.world.advance(day);
  v.coordinator.disconnect();
  EXPECT_FALSE(v.coordinator.ok(plain(v1::Command::kRenewDesk)));
  const std::string newest = "SELECT max(serial) FROM desk_record WHERE kind = 1";
  const std::int64_t roster = b.number(newest);
  b.put_back();
  v.coordinator.connect();
  v.world.advance(minute);
  EXPECT_EQ(b.number(newest), roster + 1);
}

}  // namespace
}  // namespace livlina::testing::sim

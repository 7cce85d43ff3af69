// A copy of the server's database is put back, and in which order what was said comes again says
// something: an alarm before its cancel, a call for people before an ok.
#include "clients/core/give_again.hpp"
#include "clients/core/guard.hpp"
#include "protocol/records/checkin_record.hpp"
#include "tests/clients/restore_bench.hpp"

namespace livlina::testing::sim {
namespace {

const std::string open_incidents = "SELECT count(*) FROM incident WHERE lane = 1 AND state = 1";
const std::string cancels = "SELECT count(*) FROM checkin_record WHERE kind = 3";

v1::Command cancel() {
  v1::Command c;
  (void)c.mutable_cancel_alarm();
  return c;
}

// A loud alarm for which people are called, and a cancel a minute later: it only annotates.
void cancelled_too_late(RestoreBench& b) {
  Village& v = b.v;
  b.arm();
  b.take_copy();
  ASSERT_TRUE(v.participant.ok(alarm(2)));
  v.world.advance(minute);
  ASSERT_TRUE(v.participant.ok(cancel()));
  v.world.advance(minute);
  ASSERT_EQ(b.number(open_incidents), 1);
  ASSERT_FALSE(b.paged().empty());
}

TEST(RestoreOrder, G3_a_cancel_that_came_too_late_is_too_late_again) {
  RestoreBench b(201);
  Village& v = b.v;
  cancelled_too_late(b);
  b.put_back();
  v.world.advance(10 * minute);
  EXPECT_EQ(b.number(cancels), 1);
  EXPECT_EQ(b.number(open_incidents), 1);
  EXPECT_FALSE(b.paged().empty());
  for (Phone* p : {&v.contact, &v.mentor, &v.coordinator})
    EXPECT_EQ(RestoreBench::standing(*p).count("alarm_without_incident"), 0u) << p->name();
}

TEST(RestoreOrder, G3_a_late_cancel_stays_late_over_connections_that_end_early) {
  for (const Duration connected : {second, 3 * second, 7 * second}) {
    RestoreBench b(202);
    Village& v = b.v;
    cancelled_too_late(b);
    v.participant.disconnect();
    b.put_back();
    int given = 0;
    v.participant.on_request = [&given](v1::Request& r) {
      given += r.has_post_record() ? 1 : 0;
      return true;
    };
    for (int i = 0; i < 20; ++i) {
      v.participant.connect();
      v.world.advance(connected);
      EXPECT_EQ(b.number(open_incidents), 1);
      v.participant.disconnect();
      ASSERT_TRUE(v.participant.reopen());
    }
    EXPECT_EQ(b.number(cancels), 1) << "no place is lost";
    EXPECT_EQ(given, 3) << "the practice alarm, the alarm, its cancel: nothing twice";
    EXPECT_EQ(b.number(open_incidents), 1);
  }
}

// What was not sent before the copy was put back, and what is pressed right after it.
TEST(RestoreOrder, G3_an_alarm_that_called_people_is_ended_by_no_cancel_that_comes_after_it) {
  for (const bool queued : {true, false}) {
    RestoreBench b(204);
    Village& v = b.v;
    b.arm();
    b.take_copy();
    ASSERT_TRUE(v.participant.ok(alarm(2)));
    v.world.advance(minute);
    v.participant.disconnect();
    if (queued) {
      EXPECT_FALSE(v.participant.ok(cancel()));
    }
    b.put_back();
    v.participant.connect();
    if (!queued) {
      EXPECT_TRUE(v.participant.ok(cancel()));
    }
    v.world.advance(minute);
    EXPECT_EQ(b.number(cancels), 1);
    EXPECT_EQ(b.number(open_incidents), 1) << queued;
    EXPECT_FALSE(b.paged().empty());
  }
}

TEST(RestoreOrder, G3_a_cancel_in_time_goes_behind_its_alarm_and_not_before) {
  RestoreBench b(203);
  Village& v = b.v;
  b.take_copy();
  b.cancelled_alarm();
  bool lost = false;
  v.participant.on_request = [&lost](v1::Request& r) {
    const bool lose = r.has_post_record() && !lost;
    lost = lost || lose;
    return !lose;
  };
  b.put_back();
  EXPECT_EQ(b.number(cancels), 0) << "without the alarm it says nothing";
  v.participant.disconnect();
  v.participant.connect();
  v.world.advance(minute);
  EXPECT_EQ(b.number(cancels), 1);
  EXPECT_EQ(b.number("SELECT count(*) FROM incident WHERE lane = 1 AND state = 4"), 1);
  EXPECT_TRUE(b.paged().empty());
}

// An ok calls for nobody, so the manifests that drop somebody go first.
TEST(RestoreOrder, M3_who_was_dropped_gets_no_check_in_that_was_said_after_it) {
  RestoreBench b(205);
  Village& v = b.v;
  b.arm();
  b.take_copy();
  ASSERT_TRUE(v.participant.ok(b.drop_contact(true)));
  v.world.advance(minute);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(v.participant.ok(press(1)));
    v.world.advance(hour);
  }
  int came = 0;
  v.contact.on_frame = [&came](v1::ServerFrame& f) {
    came += f.has_delivery() && f.delivery().has_record() ? 1 : 0;
    return true;
  };
  b.put_back();
  v.world.advance(10 * minute);
  EXPECT_EQ(b.number("SELECT max(seq) FROM manifest"), 3);
  EXPECT_EQ(b.number("SELECT count(*) FROM checkin_record WHERE kind = 1"), 20);
  EXPECT_EQ(came, 0);
}

// Not even for a server that answers no manifest at all, or none for now.
TEST(RestoreOrder, G1_an_ok_waits_for_manifests_that_are_not_taken_no_longer_than_it_must) {
  for (const bool answered : {true, false}) {
    RestoreBench b(206);
    Village& v = b.v;
    b.arm();
    b.take_copy();
    ASSERT_TRUE(v.participant.ok(press(1)));
    ASSERT_TRUE(v.participant.ok(press(3)));
    v.world.advance(minute);
    Instant first = 0, call_at = 0, ok_at = 0;
    v.participant.on_request = [&](v1::Request& r) {
      if (r.has_put_manifest() && !answered) return false;
      if (r.has_put_manifest()) r.mutable_put_manifest()->set_record("no record");
      if (first == 0 && (r.has_put_plan() || r.has_post_record())) first = v.world.now();
      if (!r.has_post_record()) return true;
      const auto record = protocol::read_checkin(view(r.post_record().record()));
      if (record.ok() && record->type == protocol::RecordType::checkin)
        (record->answer == 1 ? ok_at : call_at) = v.world.now();
      return true;
    };
    b.put_back();
    v.world.advance(minute);
    EXPECT_GT(first, 0);
    EXPECT_LE(call_at, first + second) << "a call waits for nothing";
    EXPECT_GE(ok_at, call_at);
    EXPECT_LE(ok_at, first + (answered ? second : client::item_patience + second));
  }
}

// Somebody who was away meanwhile gets the alarm first, and then what was said before it.
TEST(RestoreOrder, T35_an_honest_restore_is_not_told_as_a_missing_record) {
  RestoreBench b(207);
  Village& v = b.v;
  b.arm();
  v.world.advance(10 * hour + 15 * minute);
  b.take_copy();
  v.contact.disconnect();
  ASSERT_TRUE(v.participant.ok(press(1)));
  ASSERT_TRUE(v.participant.ok(alarm(2)));
  v.world.advance(10 * second);
  b.put_back();
  v.contact.connect();
  v.world.advance(hour);
  EXPECT_FALSE(v.contact.warned("record_gap"));
}

TEST(RestoreOrder, T35_an_ok_that_comes_behind_the_first_alarm_counts) {
  for (const bool restored : {false, true}) {
    RestoreBench b(208);
    Village& v = b.v;
    b.arm();
    Phone& fresh = v.world.add("Fresh");
    ASSERT_TRUE(pair(v.coordinator, fresh, 1, Role::mentor).ok);
    v.world.advance(10 * hour + 15 * minute);
    ASSERT_EQ(b.number("SELECT count(*) FROM occurrence WHERE state = 1"), 1);
    b.take_copy();
    fresh.disconnect();
    ASSERT_TRUE(v.participant.ok(press(1)));
    ASSERT_TRUE(v.participant.ok(alarm(2)));
    v.world.advance(10 * second);
    if (restored) b.put_back();
    EXPECT_EQ(b.number("SELECT count(*) FROM occurrence WHERE state = 2"), 1);
    fresh.connect();
    v.world.advance(4 * hour);
    const v1::Status status = fresh.status();
    ASSERT_EQ(status.checkins_size(), 1);
    EXPECT_EQ(status.checkins(0).state(), 2u) << "restored: " << restored;
    for (const char* code : {"nothing_came", "server_contradicts", "record_gap"})
      EXPECT_FALSE(fresh.warned(code)) << code << restored;
  }
}

TEST(RestoreOrder, T35_a_record_that_a_server_keeps_back_after_a_restore_is_told) {
  for (const bool looks_in : {false, true}) {
    RestoreBench b(209);
    Village& v = b.v;
    b.arm();
    b.take_copy();
    v.contact.disconnect();
    ASSERT_TRUE(v.participant.ok(press(1)));
    ASSERT_TRUE(v.participant.ok(alarm(2)));
    v.world.advance(10 * second);
    bool keeps_back = true;
    v.contact.on_frame = [&keeps_back](v1::ServerFrame& f) {
      if (!keeps_back || !f.has_delivery() || !f.delivery().has_record()) return true;
      const auto record = protocol::read_checkin(view(f.delivery().record().record()));
      return record.ok() && record->type != protocol::RecordType::checkin;
    };
    b.put_back();
    v.contact.connect();
    v.world.advance(client::gap_patience - second);
    EXPECT_FALSE(v.contact.warned("record_gap"));
    if (looks_in)
      v.contact.disconnect();
    else
      v.world.advance(2 * second);
    EXPECT_EQ(RestoreBench::standing(v.contact).count("record_gap"), 1u) << looks_in;
    keeps_back = false;
    v.contact.disconnect();
    ASSERT_TRUE(v.contact.reopen());
    v.contact.connect();
    v.world.advance(minute);
    EXPECT_EQ(RestoreBench::standing(v.contact).count("record_gap"), 0u) << "it has come";
  }
}

// The phone was ten minutes fast, or slow, when it heard of the restore.
TEST(RestoreOrder, T17_a_clock_that_is_put_right_after_an_honest_restore_accuses_nobody) {
  for (const Duration by : {Duration{0}, -10 * minute, -23 * hour, 10 * minute}) {
    RestoreBench b(210);
    Village& v = b.v;
    b.arm();
    b.take_copy();
    ASSERT_TRUE(v.participant.ok(b.drop_contact(true)));
    v.world.advance(minute);
    v.participant.disconnect();
    b.put_back();
    EXPECT_TRUE(v.mentor.warned("server_behind"));
    v.mentor.clear();
    v.mentor.disconnect();
    v.mentor.skew = by;
    v.mentor.connect();
    v.world.advance(minute);
    EXPECT_FALSE(v.mentor.warned("rollback")) << by;
  }
}

}  // namespace
}  // namespace livlina::testing::sim

// A copy of the server's database is put back, and in which order what was said comes again says
// something: an alarm before its cancel, a call for people before an ok.
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
    if (queued) EXPECT_FALSE(v.participant.ok(cancel()));
    b.put_back();
    v.participant.connect();
    if (!queued) EXPECT_TRUE(v.participant.ok(cancel()));
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

}  // namespace
}  // namespace livlina::testing::sim

// What a server invents so that nobody notices that nobody is called, or so that a phone is full.
#include <gtest/gtest.h>

#include "tests/clients/sim_commands.hpp"
#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

// A loud alarm was forwarded, nothing was made of it, and the server has been asked.
struct Asked : WatchBench {
  Asked() : WatchBench(Who::bo) {
    online();
    drained();
    events.clear();
    auto spoken_now = spoken(2, now);
    spoken_now.type = protocol::RecordType::alarm;
    spoken_now.slot_utc = 0;
    record = signed_record(spoken_now);
    forward(record, now);
    (void)run_to(now + client::incident_patience);
    EXPECT_EQ(waiting(v1::Request::kListIncidents).size(), 1u);
  }
  // It names one that nobody was shown, which it says is over.
  void answer_with(const std::string& circle_id) {
    v1::ServerFrame frame;
    v1::Incident& lie = *frame.mutable_incidents()->add_incidents();
    lie.set_incident_id(std::string(16, 'x'));
    lie.set_circle_id(circle_id);
    lie.set_lane(1);
    lie.set_state(4);
    lie.set_opened_at(now);
    lie.add_triggers()->set_record(to_string(record));
    ASSERT_TRUE(answer(v1::Request::kListIncidents, &frame));
    refuse_fetches();
    (void)refuse(v1::Request::kGetIncident, v1::FORBIDDEN);
    (void)run_to(now + hour);
  }
  Bytes record;
};

TEST(GuardInvented, G3_an_incident_of_another_circle_is_none_of_this_alarm) {
  Asked b;
  b.answer_with(std::string(16, 'y'));
  EXPECT_EQ(b.warnings("alarm_without_incident"), 1);
  EXPECT_NE(b.heard()->incident(), 2u) << "shown as called";
}

TEST(GuardInvented, G3_an_end_that_nobody_signed_is_told) {
  Asked b;
  b.answer_with(to_string(b.circle.id.view()));
  ASSERT_EQ(b.count(v1::Event::kIncident), 1);
  EXPECT_EQ(b.warnings("unsigned_resolved"), 1);
  EXPECT_TRUE(b.last(v1::Event::kIncident)->incident().end_unproved());
}

// What a server pushes as often as it likes: a person reads no more than that of one kind.
TEST(GuardInvented, T24_rubbish_without_end_fills_no_vault) {
  sim::Village v(608);
  ASSERT_TRUE(v.ok);
  v.world.advance(minute);
  for (sim::Phone* p : {&v.contact, &v.participant}) {
    const std::size_t before = p->values().size();
    for (std::uint32_t i = 0; i < 1000; ++i) {
      v1::ServerFrame frame;
      frame.set_version(1);
      frame.mutable_delivery()->set_seq(100'000 + i);
      v1::ForwardedRecord& record = *frame.mutable_delivery()->mutable_record();
      record.set_record(to_string(ByteWriter().bytes(Bytes(300, 7)).u32(i).take()));
      record.set_received_at(v.world.now());
      p->receive(frame);
    }
    EXPECT_LT(p->values().size(), before + 250) << p->name();
    EXPECT_TRUE(p->warned("bad_record")) << p->name();
    EXPECT_TRUE(p->warned("more_warnings")) << p->name();
  }
}

// More stay at the server, unacknowledged, until these are decided.
TEST(GuardInvented, T24_records_of_nobody_are_held_up_to_a_bound) {
  WatchBench b(WatchBench::Who::bo);
  b.online();
  for (std::uint32_t i = 0; i < 1100; ++i) {
    auto unknown = b.spoken(1, b.now);
    unknown.device = random_id<DeviceId>(b.random);
    unknown.seq = 1;
    b.forward(protocol::sign_checkin(unknown, b.sami.primary().sig), b.now);
  }
  b.refuse_fetches();
  EXPECT_EQ(b.waiting(v1::Request::kAckDeliveries).size(), 1000u);
}

}  // namespace
}  // namespace livlina::testing

// Incidents between real clients and the real server.
#include <gtest/gtest.h>

#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {
namespace {

constexpr std::uint32_t loud = 2, take = 2;

// A long story is told in part by a list; the rest is asked for, and the server ends before it has
// answered.
TEST(IncidentsWorld, T36_a_server_that_is_killed_while_it_is_asked_is_not_accused) {
  Village v(71);
  ASSERT_TRUE(v.ok);
  v1::Command raise;
  raise.mutable_raise_alarm()->set_kind(loud);
  ASSERT_TRUE(v.participant.ok(raise));
  v.world.advance(10 * second);
  ASSERT_NE(v.mentor.last(v1::Event::kIncident), nullptr);
  v1::Command act;
  act.mutable_do_act()->set_act(take);
  act.mutable_do_act()->set_incident_id(
      v.mentor.last(v1::Event::kIncident)->incident().incident().incident_id());
  ASSERT_TRUE(v.mentor.ok(act));
  for (int i = 0; i < 45; ++i) {
    v1::Command talk;
    talk.mutable_check_in()->set_answer(2);
    ASSERT_TRUE(v.participant.ok(talk));
    v.world.advance(10 * second);
  }
  for (Phone* p : {&v.coordinator, &v.contact, &v.mentor}) {
    ASSERT_TRUE(p->reopen());
    p->connect();
    v.world.advance(minute);
    p->clear();
    p->on_request = [](v1::Request& r) { return !r.has_get_circle(); };
    v1::Command list;
    (void)list.mutable_get_incidents();
    (void)p->give(list);
    v.world.pump();
  }
  v.world.crash_server();
  for (Phone* p : {&v.coordinator, &v.contact, &v.mentor}) {
    EXPECT_NE(p->last(v1::Event::kIncidents), nullptr);
    p->on_request = nullptr;
  }
  v.world.advance(minute);
  for (Phone* p : {&v.coordinator, &v.contact, &v.mentor}) {
    EXPECT_FALSE(p->warned("unsigned_taken")) << p->name();
    ASSERT_NE(p->last(v1::Event::kIncident), nullptr) << p->name();
    EXPECT_TRUE(p->last(v1::Event::kIncident)->incident().taken_verified());
  }
}

}  // namespace
}  // namespace livlina::testing::sim

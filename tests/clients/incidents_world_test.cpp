// Incidents between real clients and the real server.
#include <gtest/gtest.h>

#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {
namespace {

constexpr std::uint32_t loud = 2, practice = 3, take = 2, resolve = 9, drill_done = 5;
constexpr std::uint32_t resolved = 3;

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

// The desk is told of every incident of a circle in which it has no line, by the recovery clause.
struct NoDeskLine {
  NoDeskLine()
      : world(72),
        coordinator(world.add("Carin")),
        contact(world.add("Kim")),
        mentor(world.add("Maja")),
        participant(world.add("Pa")) {
    ok = set_up_desk(world, coordinator) &&
         pair(coordinator, contact, 1, Role::contact_person).ok &&
         pair(coordinator, mentor, 1, Role::mentor).ok &&
         pair(contact, participant, 2, Role::participant).ok;
    world.advance(minute);
  }
  [[nodiscard]] bool sign() {
    const bool done = participant.ok(
        sign_manifest({line(1, contact.status().account(), Role::contact_person, scope_all),
                       line(1, mentor.status().account(), Role::mentor, scope_all)}));
    world.advance(minute);
    return done;
  }
  // Raised by the participant, taken and resolved by one of its people.
  void drill(Phone& by) {
    v1::Command raise;
    raise.mutable_raise_alarm()->set_kind(practice);
    ASSERT_TRUE(participant.ok(raise));
    world.advance(5 * second);
    ASSERT_NE(by.last(v1::Event::kIncident), nullptr);
    v1::Command act;
    act.mutable_do_act()->set_incident_id(
        by.last(v1::Event::kIncident)->incident().incident().incident_id());
    for (const auto& [what, reason] : {std::pair{take, 0U}, std::pair{resolve, drill_done}}) {
      act.mutable_do_act()->set_act(what);
      act.mutable_do_act()->set_reason(reason);
      ASSERT_TRUE(by.ok(act));
      world.advance(5 * second);
    }
  }
  [[nodiscard]] const v1::IncidentView& shown(Phone& to) {
    return to.last(v1::Event::kIncident)->incident();
  }
  World world;
  Phone& coordinator;
  Phone& contact;
  Phone& mentor;
  Phone& participant;
  bool ok = false;
};

TEST(IncidentsWorld, T36_a_desk_without_a_line_verifies_what_a_mentor_took_and_resolved) {
  NoDeskLine v;
  ASSERT_TRUE(v.ok && v.sign());
  for (int i = 0; i < 2; ++i) v.drill(v.mentor);
  for (Phone* p : {&v.coordinator, &v.contact, &v.mentor}) {
    EXPECT_FALSE(p->warned("unsigned_taken")) << p->name();
    EXPECT_FALSE(p->warned("unsigned_resolved")) << p->name();
    ASSERT_NE(p->last(v1::Event::kIncident), nullptr) << p->name();
    EXPECT_EQ(v.shown(*p).incident().state(), resolved) << p->name();
    EXPECT_TRUE(v.shown(*p).taken_verified()) << p->name();
    EXPECT_TRUE(v.shown(*p).lane_verified()) << p->name();
  }
}

// The participant named the desk in the recovery clause: that is what its coordinators act by.
TEST(IncidentsWorld, T36_what_a_desk_without_a_line_took_and_resolved_is_verified_by_everybody) {
  NoDeskLine v;
  ASSERT_TRUE(v.ok && v.sign());
  for (int i = 0; i < 2; ++i) v.drill(v.coordinator);
  for (Phone* p : {&v.coordinator, &v.contact, &v.mentor, &v.participant}) {
    for (const char* lie : {"unsigned_taken", "unsigned_resolved", "trigger_contradicts"})
      EXPECT_FALSE(p->warned(lie)) << p->name() << " " << lie;
    ASSERT_NE(p->last(v1::Event::kIncident), nullptr) << p->name();
    EXPECT_EQ(v.shown(*p).incident().state(), resolved) << p->name();
    EXPECT_TRUE(v.shown(*p).taken_verified()) << p->name();
  }
}

// Nobody can tell when who has left signed, and an honest server has nothing else to show.
TEST(IncidentsWorld, T36_an_end_by_who_has_left_since_is_not_proved_and_accuses_nobody) {
  Village v(73);
  Phone& second_one = v.world.add("Second");
  ASSERT_TRUE(v.ok && pair(v.coordinator, second_one, 1, Role::coordinator).ok);
  v.world.advance(minute);
  v.contact.disconnect();
  v1::Command raise;
  raise.mutable_raise_alarm()->set_kind(loud);
  ASSERT_TRUE(v.participant.ok(raise));
  v.world.advance(minute);
  v.participant.disconnect();
  const v1::Event* seen = second_one.last(v1::Event::kIncident);
  ASSERT_NE(seen, nullptr);
  const std::string id = seen->incident().incident().incident_id();
  ASSERT_TRUE(second_one.ok(act(take, id)));
  ASSERT_TRUE(second_one.ok(act(resolve, id, 1)));
  v1::Command renew = plain(v1::Command::kRenewDesk);
  renew.mutable_renew_desk()->add_remove(second_one.status().account());
  ASSERT_TRUE(v.coordinator.ok(renew));
  v.world.advance(minute);
  for (Phone* p : {&v.contact, &v.participant}) {
    p->connect();
    v.world.advance(minute);
    v1::Command list;
    list.mutable_get_incidents()->set_resolved_too(true);
    ASSERT_TRUE(p->ok(list));
    v.world.advance(2 * minute);
    EXPECT_FALSE(p->warned("unsigned_resolved")) << p->name();
    ASSERT_EQ(p->last(v1::Event::kIncidents)->incidents().incidents_size(), 1) << p->name();
    const v1::IncidentView& shown = p->last(v1::Event::kIncidents)->incidents().incidents(0);
    EXPECT_TRUE(shown.end_unproved() && shown.end_signed_by_former()) << p->name();
  }
}

// Whom the server refuses the devices cannot tell an honest end from a forged one. A line gives a
// right to them: then it is one more lie.
TEST(IncidentsWorld,
     T36_who_is_refused_what_proves_it_shows_it_unproved_and_accuses_only_by_a_line) {
  NoDeskLine v;
  ASSERT_TRUE(v.ok);
  const std::string hidden = v.participant.status().account();
  for (Phone* p : {&v.coordinator, &v.mentor})
    p->on_request = [hidden](v1::Request& r) {
      if (r.has_get_device_lists() && r.get_device_lists().account() == hidden)
        r.mutable_get_device_lists()->set_account(std::string(32, 'x'));
      return true;
    };
  ASSERT_TRUE(v.sign());
  v.drill(v.contact);  // who met the participant
  for (Phone* p : {&v.coordinator, &v.mentor}) {
    ASSERT_NE(p->last(v1::Event::kIncident), nullptr) << p->name();
    EXPECT_EQ(p->warned("unsigned_resolved"), p == &v.mentor) << p->name();
    EXPECT_FALSE(v.shown(*p).taken_verified()) << p->name();
    EXPECT_TRUE(v.shown(*p).end_unproved()) << p->name();
  }
}

}  // namespace
}  // namespace livlina::testing::sim

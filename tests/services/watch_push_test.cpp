// What an incident's changes cost those who help: small pushes, joined where they repeat.
#include <gtest/gtest.h>

#include "server/delivery/changed_incidents.hpp"
#include "tests/services/harness.hpp"
#include "tests/services/watch_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using policy::Lane;
using protocol::Act;
using protocol::RecordType;

constexpr std::size_t small = 4096;  // bytes of a push, whatever has happened before

// The whole server, with a helper's and a coordinator's devices online.
struct PushTown : WatchTown {
  PushTown() : server((make_server_row(db, now), db), random, now) {
    helpers = {&server.online(mentor.primary()), &server.online(contact.primary()),
               &server.online(coordinator.primary())};
    phone = &server.online(participant.primary());
  }
  IncidentId talk() {
    say({.answer = 2});
    settle();
    return unresolved()->id;
  }
  v1::Request said(const RecordSpec& spec) {
    v1::Request q;
    q.mutable_post_record()->set_record(to_string(sign(spec)));
    return q;
  }
  void say(const RecordSpec& spec) { (void)server.ask(*phone, said(spec)); }
  v1::ServerFrame act_by(const Person& by, Connection& c, const IncidentId& id, Act what) {
    v1::Request q;
    q.mutable_post_act()->set_record(to_string(sign_act_of(by, id, {.act = what})));
    q.mutable_post_act()->set_message_id(std::string(16, 'a'));
    return server.ask(c, std::move(q));
  }
  // Past the pause between two pushes, and then some.
  void settle() {
    server.settle();
    now += 2 * ChangedIncidents::pause;
    server.settle();
  }
  void clear() {
    for (Connection* c : helpers) c->pushed.clear();
    phone->pushed.clear();
  }
  static std::size_t pushes(const Connection* c) {
    return c->count(v1::ServerFrame::kIncidentChanged);
  }
  static std::size_t largest(const Connection* c) {
    std::size_t most = 0;
    for (const v1::ServerFrame& f : c->pushed)
      if (f.has_incident_changed()) most = std::max(most, f.ByteSizeLong());
    return most;
  }

  Harness server;
  std::vector<Connection*> helpers;
  Connection* phone = nullptr;
};

TEST(WatchPush, T26_the_second_seen_of_the_same_person_changes_nothing) {
  PushTown town;
  const IncidentId id = town.talk();
  for (const auto& [who, c] :
       {std::pair{&town.mentor, town.helpers[0]}, std::pair{&town.contact, town.helpers[1]}}) {
    town.clear();
    EXPECT_EQ(town.act_by(*who, *c, id, Act::seen).act_answer().outcome(), 1u);
    town.settle();
    EXPECT_EQ(town.pushes(town.helpers[2]), 1u);
  }
  town.clear();
  const std::string before = dump(town.db);
  for (int k = 0; k < 50; ++k) {
    town.now += 1;
    const auto again = town.act_by(town.mentor, *town.helpers[0], id, Act::seen);
    EXPECT_EQ(again.act_answer().outcome(), 2u) << "already so";
    EXPECT_EQ(again.act_answer().incident().incident_id(), to_string(id.view()));
  }
  EXPECT_EQ(town.count("SELECT count(*) FROM act WHERE act = 1"), 2);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident_event WHERE kind = 9"), 2);
  for (const Connection* c : town.helpers) EXPECT_EQ(town.pushes(c), 0u);
  EXPECT_EQ(dump(town.db), before);
}

TEST(WatchPush, T26_a_flood_of_one_kind_is_a_few_small_pushes) {
  PushTown town;
  town.say({.type = RecordType::alarm, .answer = 2});
  town.settle();
  town.clear();
  constexpr int presses = 300;
  for (int k = 0; k < presses; ++k) {  // three seconds of it
    town.now += 10;
    town.say({.type = RecordType::alarm, .answer = 2});
    town.server.settle();
  }
  EXPECT_EQ(town.count("SELECT count(*) FROM trigger_row"), presses + 1) << "rule 16: none is lost";
  town.settle();
  for (const Connection* c : town.helpers) {
    EXPECT_LE(town.pushes(c), 5u) << "one a second, and what the steps did";
    EXPECT_GE(town.pushes(c), 3u);
    EXPECT_LE(town.largest(c), small);
  }
  // The last push tells of the last one.
  const v1::Incident* last = nullptr;
  for (const v1::ServerFrame& f : town.helpers[0]->pushed)
    if (f.has_incident_changed()) last = &f.incident_changed().incident();
  ASSERT_NE(last, nullptr);
  EXPECT_TRUE(last->partial());
  EXPECT_EQ(last->triggers_size(), 5);
  EXPECT_EQ(last->events_size(), 5);
  EXPECT_EQ(last->version(),
            static_cast<std::uint64_t>(town.count("SELECT version FROM incident")));
  EXPECT_EQ(last->triggers(4).at(),
            static_cast<Instant>(town.count("SELECT max(at) FROM trigger_row")));
}

TEST(WatchPush, T26_all_changes_of_one_round_are_one_push) {
  PushTown town;
  const IncidentId id = town.talk();
  town.clear();
  std::vector<std::pair<Connection*, v1::Request>> all;
  for (int k = 0; k < 20; ++k) all.emplace_back(town.phone, town.said({.answer = 2}));
  const auto take = [&](const Person& by, Connection* c) {
    v1::Request q;
    q.mutable_post_act()->set_record(to_string(town.sign_act_of(by, id, {.act = Act::take})));
    q.mutable_post_act()->set_message_id(std::string(16, 'a'));
    all.emplace_back(c, std::move(q));
  };
  take(town.mentor, town.helpers[0]);
  town.server.together(std::move(all));
  EXPECT_EQ(town.pushes(town.helpers[2]), 1u);
  for (const v1::ServerFrame& f : town.helpers[2]->pushed) {
    if (!f.has_incident_changed()) continue;
    EXPECT_EQ(f.incident_changed().incident().state(), 2u) << "as it stands after all of them";
  }
}

TEST(WatchPush, G5_what_somebody_must_act_on_is_told_at_once) {
  PushTown town;
  const IncidentId id = town.talk();
  town.say({.answer = 2});
  town.server.settle();
  town.clear();
  town.now += 10;  // within the second after a push of details
  EXPECT_EQ(town.act_by(town.mentor, *town.helpers[0], id, Act::take).act_answer().outcome(), 1u);
  EXPECT_EQ(town.pushes(town.helpers[2]), 1u);
  EXPECT_EQ(town.pushes(town.phone), 1u);
}

TEST(WatchPush, I5_a_push_of_the_silent_lane_never_goes_to_the_phone) {
  PushTown town;
  for (int k = 0; k < 30; ++k) {
    town.now += 10;
    town.say({.type = RecordType::alarm, .answer = 1});
    town.server.settle();
  }
  town.settle();
  ASSERT_TRUE(town.unresolved(Lane::silent));
  EXPECT_EQ(town.pushes(town.phone), 0u);
  EXPECT_GE(town.pushes(town.helpers[0]), 1u);
}

// ---- the clockwork itself ----

IncidentId id_of(std::uint8_t n) { return IncidentId{ByteArray<16>{n}}; }

TEST(ChangedIncidents, details_wait_for_the_end_of_the_pause_and_no_longer) {
  ChangedIncidents changed;
  EXPECT_FALSE(changed.next());
  changed.add(id_of(1), true, 1000);
  changed.add(id_of(1), true, 1000);
  EXPECT_EQ(changed.next(), 1000) << "the first one does not wait";
  EXPECT_EQ(changed.take(1000), std::vector{id_of(1)});
  EXPECT_FALSE(changed.next());
  changed.add(id_of(1), true, 1300);
  changed.add(id_of(1), true, 1900);
  changed.add(id_of(2), true, 1900);
  EXPECT_EQ(changed.take(1900), std::vector{id_of(2)}) << "another incident never waits for it";
  EXPECT_EQ(changed.next(), 2000);
  EXPECT_TRUE(changed.take(1999).empty());
  EXPECT_EQ(changed.take(2000), std::vector{id_of(1)});
}

TEST(ChangedIncidents, what_must_be_told_waits_for_nothing) {
  ChangedIncidents changed;
  changed.add(id_of(1), true, 1000);
  (void)changed.take(1000);
  changed.add(id_of(1), true, 1100);
  changed.add(id_of(1), false, 1200);
  changed.add(id_of(1), true, 1200);
  EXPECT_EQ(changed.take(1200), std::vector{id_of(1)});
}

TEST(ChangedIncidents, H06_a_clock_that_went_back_makes_nobody_wait) {
  ChangedIncidents changed;
  changed.add(id_of(1), true, hour);
  (void)changed.take(hour);
  changed.add(id_of(1), true, hour + 500);
  EXPECT_EQ(changed.take(1000), std::vector{id_of(1)});
  changed.add(id_of(1), true, 900);
  EXPECT_EQ(changed.take(900), std::vector{id_of(1)});
}

}  // namespace
}  // namespace livlina::testing

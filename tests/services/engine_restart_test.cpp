// A stop of the whole server: what became due while it was off acts at the start, once, and what
// was under way goes on where it was.
#include <gtest/gtest.h>

#include "server/store/incidents.hpp"
#include "tests/services/watched_server.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using policy::Happened;
using policy::IncidentState;
using policy::NoticeCode;
using protocol::RecordType;

constexpr auto loud = static_cast<std::uint8_t>(protocol::AlarmKind::loud);

class EngineRestart : public ::testing::Test {
 protected:
  using Neighbour = WatchedServer::Neighbour;

  // A record of a neighbour's phone, its first one; answered.
  void press(Neighbour& who, RecordType type, std::uint8_t answer) {
    protocol::CheckinRecord r;
    r.type = type;
    r.circle = who.circle.id;
    r.device = who.person.primary().id();
    r.claimed_at = town.now;
    r.answer = answer;
    v1::Request request;
    request.mutable_post_record()->set_record(
        to_string(ByteView(sign_checkin(r, who.person.primary().sig))));
    ASSERT_EQ(server.server->code(server.server->online(who.person.primary()), request), 0);
  }
  void take(Connection& session, const Person& by, const store::IncidentRow& incident) {
    protocol::StaffAct act;
    act.act = protocol::Act::take;
    act.circle = incident.circle;
    act.incident = incident.id;
    act.actor = by.primary().id();
    act.time = town.now;
    v1::Request request;
    request.mutable_post_act()->set_record(to_string(ByteView(sign_act(act, by.primary().sig))));
    ASSERT_EQ(server.server->ask(session, request).act_answer().outcome(), 1U);
  }
  store::IncidentRow open_of(const TestCircle& circle) {
    const auto row = store::Incidents(town.db).unresolved(circle.id, policy::Lane::open);
    EXPECT_TRUE(row);
    return row.value_or(store::IncidentRow());
  }
  // Off for this long; begins anew, and does what it finds.
  void off_for(Duration time) {
    town.now += time;
    server.restart();
    server.server->settle();
  }
  // Pages of an incident that were written at or after `since`, to this person.
  std::int64_t pages(const store::IncidentRow& incident, const Person& to, Instant since) {
    auto q = town.db.query(
        "SELECT count(*) FROM notification WHERE incident = ?1 AND person = ?2 AND at >= ?3"
        " AND kind = 1");
    q.bind(incident.id, to.key().bytes(), since);
    return q.step() ? q.integer(0) : -1;
  }
  std::int64_t events(const store::IncidentRow& incident, Happened kind, Instant since = 0) {
    auto q = town.db.query(
        "SELECT count(*) FROM incident_event WHERE incident = ?1 AND kind = ?2 AND at >= ?3");
    q.bind(incident.id, static_cast<int>(kind), since);
    return q.step() ? q.integer(0) : -1;
  }
  struct Fired {
    Instant at = 0;
    int step = 0;
    int round = 0;
    auto operator<=>(const Fired&) const = default;
  };
  std::vector<Fired> fired(const store::IncidentRow& incident) {
    std::vector<Fired> out;
    auto q = town.db.query(
        "SELECT at, step, round FROM incident_event WHERE incident = ? AND kind = 6 ORDER BY n");
    for (q.bind(incident.id); q.step();)
      out.push_back({q.integer(0), static_cast<int>(q.integer(1)), static_cast<int>(q.integer(2))});
    return out;
  }

  WatchedServer server;
  WatchTown& town = server.town;
};

TEST_F(EngineRestart, H09_what_was_due_while_it_was_off_acts_at_start) {
  Neighbour held = server.neighbour({});
  Neighbour loudly = server.neighbour({});
  Neighbour late = server.neighbour({});
  server.staff_online();
  Connection& mentor = server.server->online(town.mentor.primary());
  const Instant begin = town.now;
  const Instant stop = begin + hour;

  // Its lease ends a minute after the stop, and the holder was reminded before.
  press(held, RecordType::checkin, 2);
  server.advance(minute);
  take(mentor, town.mentor, open_of(held.circle));
  // Its second step is due two minutes after the stop.
  server.advance_to(begin + 52 * minute);
  Connection& phone = server.server->online(town.participant.primary());
  ASSERT_EQ(server.server->code(phone, server.record({.answer = 2})), 0);
  server.advance_to(stop - 2 * second);
  // Its five seconds pass after the stop.
  press(loudly, RecordType::alarm, loud);
  server.advance_to(stop - 10);
  // It was answered, and the judge did not come any more.
  press(late, RecordType::checkin, 3);

  const auto overdue = open_of(town.circle);
  const auto lease = open_of(held.circle);
  const auto alarm = open_of(loudly.circle);
  ASSERT_EQ(overdue.i.step, 1);
  ASSERT_EQ(lease.i.state, IncidentState::taken);
  ASSERT_EQ(events(lease, Happened::lease_reminded), 1);
  ASSERT_FALSE(alarm.i.fired);
  ASSERT_EQ(server.count("SELECT count(*) FROM checkin_record WHERE judged = 0"), 1);
  ASSERT_EQ(server.count("SELECT count(*) FROM incident"), 3);

  town.now = stop;
  off_for(5 * minute);
  const Instant start = town.now;
  for (const auto& row : {overdue, lease, alarm})
    ASSERT_LT(*row.i.next_at, start) << "it was due while the server was off";

  // The step that is its turn, and no other.
  EXPECT_EQ(fired(overdue).back(), (Fired{start, 1, 1}));
  EXPECT_EQ(pages(overdue, town.contact, start), 1);
  EXPECT_EQ(open_of(town.circle).i.next_at, start + 10 * minute);
  // Nobody holds it any more: others are asked, and who held it is told.
  EXPECT_EQ(open_of(held.circle).i.state, IncidentState::notifying);
  EXPECT_EQ(events(lease, Happened::lease_ended, start), 1);
  EXPECT_EQ(pages(lease, town.other_mentor, start), 1);
  // The alarm goes out.
  EXPECT_EQ(fired(alarm), (std::vector<Fired>{{start, 0, 1}}));
  EXPECT_EQ(pages(alarm, town.mentor, start), 1);
  EXPECT_EQ(pages(alarm, town.other_mentor, start), 1);
  // The record is judged, and somebody is asked.
  EXPECT_EQ(server.count("SELECT count(*) FROM checkin_record WHERE judged = 0"), 0);
  const auto judged = open_of(late.circle);
  EXPECT_EQ(judged.i.severity, policy::severity(policy::TriggerKind::not_ok));
  EXPECT_EQ(fired(judged), (std::vector<Fired>{{start, 0, 1}}));
  EXPECT_EQ(pages(judged, town.mentor, start), 1);

  // None of them twice, also when it was a start that ended at once.
  const std::string before = dump(town.db);
  off_for(0);
  EXPECT_EQ(dump(town.db), before);
  off_for(second);
  EXPECT_EQ(dump(town.db), before);
  EXPECT_EQ(server.count("SELECT count(*) FROM trigger_row"), 4);
  EXPECT_EQ(broken_invariants(town.db, town.now, {true, {}}), std::vector<std::string>{});
}

TEST_F(EngineRestart, H10_a_stop_over_the_next_step_skips_none) {
  Connection& phone = server.server->online(town.participant.primary());
  server.staff_online();
  const Instant begin = town.now;
  ASSERT_EQ(server.server->code(phone, server.record({.answer = 2})), 0);
  server.advance(second);
  const auto incident = open_of(town.circle);
  const Instant first = fired(incident).at(0).at;
  ASSERT_LE(first, begin + second);
  // Off over the second step's time, and over what would have been the third's.
  server.advance_to(first + 9 * minute);
  off_for(25 * minute);
  const Instant start = town.now;
  server.staff_online();
  server.advance_to(start + 21 * minute);
  const std::vector<Fired> expected{
      {first, 0, 1}, {start, 1, 1}, {start + 10 * minute, 0, 2}, {start + 20 * minute, 1, 2}};
  EXPECT_EQ(fired(incident), expected) << "each in its turn, and each with its wait";
  EXPECT_EQ(pages(incident, town.contact, start), 2);
  EXPECT_EQ(pages(incident, town.mentor, start), 1);
  EXPECT_GE(pages(incident, town.coordinator, start), 1) << "from round 2 the desk as well";
  EXPECT_EQ(broken_invariants(town.db, town.now, {true, {}}), std::vector<std::string>{});
}

TEST_F(EngineRestart, H10_a_lease_goes_on_over_a_restart) {
  Connection& phone = server.server->online(town.participant.primary());
  server.staff_online();
  Connection& mentor = server.server->online(town.mentor.primary());
  ASSERT_EQ(server.server->code(phone, server.record({.answer = 2})), 0);
  server.advance(minute);
  take(mentor, town.mentor, open_of(town.circle));
  const auto held = open_of(town.circle);
  const Instant end = held.i.lease_until;
  ASSERT_EQ(end, town.now + hour);

  for (const Duration time : {2 * second, 20 * minute}) {
    off_for(time);
    const Instant start = town.now;
    EXPECT_EQ(open_of(town.circle).i, held.i) << "the same holder until the same instant";
    EXPECT_EQ(open_of(town.circle).holder_device, held.holder_device);
    server.staff_online();
    server.advance(10 * minute);
    for (const Person* person : {&town.mentor, &town.other_mentor, &town.contact})
      EXPECT_EQ(pages(held, *person, start), 0) << "nobody is asked for what is held";
  }
  // The reminder is due and over while it is off, and comes at the start.
  server.advance_to(end - 6 * minute);
  off_for(3 * minute);
  EXPECT_EQ(open_of(town.circle).i.state, IncidentState::taken);
  EXPECT_EQ(events(held, Happened::lease_reminded), 1);
  off_for(minute);
  EXPECT_EQ(events(held, Happened::lease_reminded), 1) << "once";
  EXPECT_EQ(open_of(town.circle).i.lease_until, end);
  server.advance_to(end - 1);
  EXPECT_EQ(open_of(town.circle).i.state, IncidentState::taken);
  server.advance_to(end);
  EXPECT_EQ(open_of(town.circle).i.state, IncidentState::notifying);
  EXPECT_EQ(events(held, Happened::lease_ended), 1);
  EXPECT_EQ(pages(held, town.other_mentor, end), 1);
}

}  // namespace
}  // namespace livlina::testing

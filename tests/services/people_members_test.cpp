// Who is a member today, and by which line.
#include <gtest/gtest.h>

#include "server/services/escalation.hpp"
#include "server/services/reach.hpp"
#include "server/store/desks.hpp"
#include "server/store/incidents.hpp"
#include "server/store/policies.hpp"
#include "tests/services/town.hpp"

namespace livlina::server {
namespace {

using testing::Town;

TEST(Members, everybody_once_under_account_desk_or_pool) {
  Town town;
  auto turn = town.turn();
  const auto all = members(turn, town.facts(), 0, Grace::none);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].account, town.contact.key());
  EXPECT_EQ(all[0].role, Role::contact_person);
  EXPECT_EQ(all[1].account, town.coordinator.key());
  EXPECT_TRUE(all[1].by_desk);
  EXPECT_EQ(all[2].role, Role::mentor);
  EXPECT_EQ(all[2].devices, std::vector{town.mentor.primary().id()});
}

TEST(Members, account_line_goes_before_the_pool_and_its_scope_rules) {
  Town town;
  auto lines = town.circle.manifest.lines;
  lines.push_back(testing::make_line(town.random, protocol::LineType::account, town.mentor.key(),
                                     Role::mentor, scope_messages, town.now));
  (void)town.circle.next_manifest(town.participant, lines, false, town.now);
  testing::store_manifest(town.db, town.circle);
  auto turn = town.turn();
  for (const Member& m : members(turn, town.facts(), scope_alarm, Grace::none))
    EXPECT_NE(m.account, town.mentor.key()) << "the pool must not widen an account line";
  EXPECT_EQ(member(turn, town.facts(), town.mentor.key(), Grace::none)->scope, scope_messages);
}

// An unresolved incident of this lane, opened at `at`.
void open_incident(Town& town, policy::Lane lane, Instant at) {
  store::IncidentRow row;
  row.id = testing::random_id<IncidentId>(town.random);
  row.circle = town.circle.id;
  row.i.lane = lane;
  row.i.severity = 2;
  row.i.next_at = at + minute;
  row.policy = store::Policies(town.db).ensure(policy_values(town.settings, 2));
  row.opened_at = at;
  store::Incidents(town.db).insert(row);
}

TEST(Members, line_past_its_time_keeps_the_alarm_scope_for_an_incident_that_opened_before) {
  const Instant end = testing::town_start + 300 * day;  // and 48 h
  for (const Instant opened : {end - 1, end}) {
    Town town;
    open_incident(town, policy::Lane::open, opened);
    const auto contact = [&](Instant at, Grace grace) {
      town.now = at;
      auto turn = town.turn();
      const auto found = member(turn, town.facts(), town.contact.key(), grace);
      return found ? found->scope : scope_none;
    };
    EXPECT_EQ(contact(end - 1, Grace::none), scope_all);
    EXPECT_EQ(contact(end, Grace::none), scope_none);
    EXPECT_EQ(contact(end, Grace::told), opened < end ? scope_alarm : scope_none);
    EXPECT_EQ(contact(end + 48 * hour - 1, Grace::all), opened < end ? scope_alarm : scope_none);
    EXPECT_EQ(contact(end + 48 * hour, Grace::all), scope_none);
  }
}

TEST(Members, I5_a_silent_incident_keeps_a_line_only_for_what_stays_in_its_lane) {
  Town town;
  open_incident(town, policy::Lane::silent, town.now);
  town.now += 300 * day;
  auto turn = town.turn();
  const auto facts = town.facts();
  EXPECT_FALSE(member(turn, facts, town.contact.key(), Grace::told));
  EXPECT_TRUE(member(turn, facts, town.contact.key(), Grace::all));
  const auto& contact = town.contact.key().bytes();
  EXPECT_TRUE(helpers(turn, facts, policy::Lane::silent).may_take(contact));
  EXPECT_FALSE(helpers(turn, facts, policy::Lane::open).may_take(contact));
  EXPECT_FALSE(helpers(turn, facts, policy::Lane::drill).may_take(contact));
}

TEST(Members, H32_a_participants_account_supports_nobody_by_any_line_or_list) {
  Town town;
  const auto other = testing::make_participant(town.random, town.now);
  testing::install_account(town.db, other, 2, false);
  const auto nobody = testing::make_person(town.random, town.now);  // never joined
  auto lines = town.circle.manifest.lines;
  for (const auto* p : {&other, &nobody})
    lines.push_back(testing::make_line(town.random, protocol::LineType::account, p->key(),
                                       Role::mentor, scope_all, town.now));
  (void)town.circle.next_manifest(town.participant, lines, false, town.now);
  testing::store_manifest(town.db, town.circle);
  const auto listed = [&](store::DeskKind kind, const Bytes& record, std::uint32_t serial,
                          Role role) {
    store::Desks(town.db).add_record(town.desk.key().bytes(), kind,
                                     {serial, record, crypto::sha256(record)},
                                     {{other.key().bytes(), role}});
  };
  const auto expect_nobody = [&] {
    auto turn = town.turn();
    for (const auto* p : {&other, &nobody}) {
      EXPECT_FALSE(member(turn, town.facts(), p->key(), Grace::all));
      EXPECT_TRUE(circles_for(turn, p->key()).empty());
      EXPECT_FALSE(may_reach(turn, town.participant.key().bytes(), p->key().bytes()));
    }
    EXPECT_FALSE(may_see_circle(turn, town.facts(), town.as(other)));
  };
  expect_nobody();
  const Bytes directory = town.desk.next_directory({{&other, Role::mentor}}, town.now);
  listed(store::DeskKind::directory, directory, town.desk.directory.serial, Role::mentor);
  expect_nobody();
  const Bytes roster = town.desk.next_roster({&other}, town.now);
  listed(store::DeskKind::roster, roster, town.desk.roster.serial, Role::coordinator);
  expect_nobody();
  auto turn = town.turn();
  EXPECT_TRUE(coordinators(turn, town.desk.key()).empty());
}

TEST(Members, coordinators_and_circles_follow_the_newest_records) {
  Town town;
  auto turn = town.turn();
  EXPECT_TRUE(is_coordinator(turn, town.desk.key(), town.coordinator.key(),
                             town.coordinator.primary().id()));
  EXPECT_FALSE(
      is_coordinator(turn, town.desk.key(), town.coordinator.key(), town.mentor.primary().id()));
  EXPECT_EQ(coordinators(turn, town.desk.key()).size(), 1U);
  for (const auto* p : {&town.participant, &town.contact, &town.coordinator, &town.mentor})
    EXPECT_EQ(circles_for(turn, p->key()), std::vector{town.circle.id});
  const auto stranger = testing::make_person(town.random, town.now);
  EXPECT_TRUE(circles_for(turn, stranger.key()).empty());
  EXPECT_TRUE(known_device(turn, town.participant.shadow().id())->shadow);
  EXPECT_EQ(town.facts().primary, town.participant.primary().id());
}

// By the recovery clause alone: who is told of the incidents can verify them, and nothing more.
TEST(Members, T36_a_coordinator_without_a_line_sees_the_devices_of_who_signs_in_the_circle) {
  Town town;
  const auto aunt = testing::make_person(town.random, town.now);
  const auto stranger = testing::make_person(town.random, town.now);
  for (const auto* p : {&aunt, &stranger}) testing::install_account(town.db, *p, 1, false);
  const auto sees = [&](const testing::Person& who, const testing::Person& of) {
    auto turn = town.turn();
    return may_see_lists(turn, who.key().bytes(), of.key().bytes());
  };
  EXPECT_FALSE(sees(town.coordinator, aunt)) << "nobody's line yet";
  auto lines = town.circle.manifest.lines;
  std::erase_if(lines, [](const auto& l) { return l.type == protocol::LineType::desk; });
  ASSERT_LT(lines.size(), town.circle.manifest.lines.size());
  lines.push_back(testing::make_line(town.random, protocol::LineType::account, aunt.key(),
                                     Role::mentor, scope_all, town.now));
  (void)town.circle.next_manifest(town.participant, lines, false, town.now);
  testing::store_manifest(town.db, town.circle);
  EXPECT_TRUE(sees(town.coordinator, town.participant));
  EXPECT_TRUE(sees(town.coordinator, aunt));
  for (const testing::Person* p :
       std::initializer_list<const testing::Person*>{&aunt, &town.participant}) {
    EXPECT_FALSE(sees(stranger, *p));
    auto turn = town.turn();
    EXPECT_FALSE(may_reach(turn, town.coordinator.key().bytes(), p->key().bytes()));
  }
  // Not on the roster any more.
  store::Desks(town.db).add_record(
      town.desk.key().bytes(), store::DeskKind::roster,
      {2, town.desk.next_roster({&town.mentor}, town.now), crypto::sha256(town.desk.roster_record)},
      {{town.mentor.key().bytes(), Role::coordinator}});
  EXPECT_FALSE(sees(town.coordinator, aunt));
}

}  // namespace
}  // namespace livlina::server

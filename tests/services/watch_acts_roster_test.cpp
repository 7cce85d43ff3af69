// A coordinator acts with the devices that the desk's roster names, and with no other.
#include <gtest/gtest.h>

#include "server/services/handlers.hpp"
#include "server/services/reach.hpp"
#include "server/store/accounts.hpp"
#include "server/store/desks.hpp"
#include "tests/services/watch_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using protocol::Act;
using protocol::Reason;

// The coordinator lists a second device, and the desk's next roster names only that one.
void certify_another(WatchTown& town) {
  Person& p = town.coordinator;
  p.devices.push_back(make_device(town.random));
  const Bytes list = p.next_list(town.now, town.random);
  store::Accounts accounts(town.db);
  accounts.add_list(p.key().bytes(), {p.list.version, list, crypto::sha256(list)});
  EXPECT_TRUE(accounts.add_device(p.devices[1].id(), p.key().bytes(), false));
  protocol::DeskRoster next = town.desk.roster;
  next.serial += 1;
  next.prev = crypto::sha256(town.desk.roster_record);
  next.coordinators = {{p.key(), {p.devices[1].id()}}};
  const Bytes record = protocol::sign_roster(next, town.desk.root);
  store::Desks(town.db).add_record(town.desk.key().bytes(), store::DeskKind::roster,
                                   {next.serial, record, crypto::sha256(record)},
                                   {{p.key().bytes(), Role::coordinator}});
}

TEST(WatchActsRoster, T34_coordinators_device_outside_the_roster_sees_and_moves_nothing) {
  // With a line of the desk and without: by the recovery clause alone.
  for (const bool line : {true, false}) {
    WatchTown town;
    if (!line) {
      auto lines = town.circle.manifest.lines;
      lines.erase(lines.begin() + 1);
      (void)town.circle.next_manifest(town.participant, lines, true, town.now);
      town.commit([&](Turn&) { store_manifest(town.db, town.circle); });
    }
    (void)town.answer({.answer = 2}, 1);
    (void)town.answer({.answer = 2});
    town.round();
    const IncidentId open = town.unresolved()->id;
    const IncidentId silent = town.unresolved(policy::Lane::silent)->id;
    const auto sees = [&](const IncidentId& id) {
      auto t = town.turn();
      v1::GetIncident get;
      get.set_incident_id(to_string(id.view()));
      return get_incident(t, town.as(town.coordinator), get).ok();
    };
    const auto circles = [&] {
      auto t = town.turn();
      return list_circles(t, town.as(town.coordinator))->circles_size();
    };
    const auto listed = [&] {
      auto t = town.turn();
      return list_incidents(t, town.as(town.coordinator), {})->incidents_size();
    };
    const auto occurrences = [&] {
      auto t = town.turn();
      v1::GetOccurrences get;
      get.set_circle_id(to_string(town.circle.id.view()));
      return get_occurrences(t, town.as(town.coordinator), get).ok();
    };
    EXPECT_TRUE(sees(open) && sees(silent));
    EXPECT_EQ(occurrences(), line);
    EXPECT_EQ(circles(), 1);
    EXPECT_EQ(listed(), 2);
    certify_another(town);
    const std::int64_t acts = town.count("SELECT count(*) FROM act");
    for (const IncidentId& id : {open, silent}) {
      EXPECT_FALSE(sees(id));
      EXPECT_EQ(town.act(town.coordinator, id, {.act = Act::take}), 0);
      EXPECT_EQ(town.act(town.coordinator, id, {.act = Act::resolve, .reason = Reason::other}), 0);
    }
    WatchTown::ActSpec category{.act = Act::policy};
    category.target[0] = 1;
    EXPECT_EQ(town.act(town.coordinator, {}, category), 0);
    EXPECT_EQ(town.count("SELECT count(*) FROM act"), acts);
    EXPECT_EQ(listed(), 0);
    EXPECT_EQ(circles(), 0);
    EXPECT_FALSE(occurrences());
    auto t = town.turn();
    EXPECT_FALSE(may_see_circle(t, town.facts(), town.as(town.coordinator)));
  }
}

// What the answers to a message and to a request for prekeys are, the same for both; nothing: done.
std::optional<Code> refusal(WatchTown& town, const Caller& from, const DeviceId& to) {
  v1::PostMessage message;
  message.set_message_id(to_string(ByteView(town.random.array<16>())));
  auto& envelope = *message.add_envelopes();
  envelope.set_device_id(to_string(to.view()));
  envelope.set_frame(note_frame(0));
  v1::GetPrekeys keys;
  keys.add_device_ids(to_string(to.view()));
  std::optional<Code> wrote;
  std::optional<Code> fetched;
  town.commit([&](Turn& t) {
    if (const auto out = post_message(t, from, message); !out.ok()) wrote = out.error().code;
    if (const auto out = get_prekeys(t, from, keys); !out.ok()) fetched = out.error().code;
  });
  EXPECT_EQ(wrote, fetched);
  return wrote;
}

// Whether the coordinator's device number `from` may write to somebody and fetch their keys.
bool writes(WatchTown& town, std::size_t from, const Person& to) {
  return !refusal(town, town.as(town.coordinator, from), to.primary().id());
}

TEST(WatchActsRoster, T34_coordinators_device_outside_the_roster_writes_to_nobody_of_a_circle) {
  WatchTown town;
  const auto relative = make_person(town.random, town.now);  // of no desk
  install_account(town.db, relative, 1, false);
  auto lines = town.circle.manifest.lines;
  lines.push_back(make_line(town.random, protocol::LineType::account, relative.key(),
                            Role::relative, scope_all, town.now));
  (void)town.circle.next_manifest(town.participant, lines, true, town.now);
  town.commit([&](Turn&) { store_manifest(town.db, town.circle); });
  const std::vector<const Person*> everybody = {&town.participant, &town.mentor, &town.contact,
                                                &relative};
  for (const Person* to : everybody) EXPECT_TRUE(writes(town, 0, *to));
  town.commit([&](Turn&) { certify_another(town); });
  for (const Person* to : everybody) {
    EXPECT_FALSE(writes(town, 0, *to));
    EXPECT_TRUE(writes(town, 1, *to));
  }
  EXPECT_TRUE(writes(town, 0, town.coordinator)) << "one's own account";
  // A line of the account itself asks for no roster.
  lines.push_back(make_line(town.random, protocol::LineType::account, town.coordinator.key(),
                            Role::contact_person, scope_all, town.now));
  (void)town.circle.next_manifest(town.participant, lines, true, town.now);
  town.commit([&](Turn&) { store_manifest(town.db, town.circle); });
  EXPECT_TRUE(writes(town, 0, town.participant));
  EXPECT_TRUE(writes(town, 0, relative));
}

TEST(WatchActsRoster, T34_coordinators_device_outside_the_roster_gets_nothing_new) {
  WatchTown town;
  const std::vector<const Person*> everybody = {&town.participant, &town.mentor, &town.contact};
  const DeviceId old = town.coordinator.primary().id();
  const auto mail = [&] {
    auto q = town.db.query("SELECT count(*) FROM mailbox WHERE device = ?");
    return q.bind(old).step() ? q.integer(0) : -1;
  };
  for (const Person* from : everybody) EXPECT_FALSE(refusal(town, town.as(*from), old));
  EXPECT_EQ(mail(), 3);
  town.commit([&](Turn&) { certify_another(town); });
  for (const Person* from : everybody) {
    EXPECT_EQ(refusal(town, town.as(*from), old), Code::unknown_device);
    EXPECT_FALSE(refusal(town, town.as(*from), town.coordinator.devices[1].id()));
  }
  EXPECT_EQ(mail(), 3) << "what was stored before stays until it is fetched";
  EXPECT_FALSE(refusal(town, town.as(town.coordinator, 1), old)) << "one's own account";
  // A line of the account itself asks for no roster.
  auto lines = town.circle.manifest.lines;
  lines.push_back(make_line(town.random, protocol::LineType::account, town.coordinator.key(),
                            Role::contact_person, scope_all, town.now));
  (void)town.circle.next_manifest(town.participant, lines, true, town.now);
  town.commit([&](Turn&) { store_manifest(town.db, town.circle); });
  EXPECT_FALSE(refusal(town, town.as(town.participant), old));
}

}  // namespace
}  // namespace livlina::testing

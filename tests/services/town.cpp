#include "tests/services/town.hpp"

#include "protocol/proto.hpp"
#include "server/store/accounts.hpp"
#include "server/store/circles.hpp"
#include "server/store/desks.hpp"
#include "server/store/schema.hpp"

namespace livlina::testing {

using server::store::Accounts;
using server::store::Circles;
using server::store::Db;
using server::store::Desks;
using server::store::Link;

namespace {

Link link(std::uint32_t version, const Bytes& record) {
  return {version, record, crypto::sha256(record)};
}

Db migrated(const std::string& path) {
  Db db(path);
  server::store::migrate(db);
  return db;
}

constexpr std::uint16_t all = scope_all;

}  // namespace

KeptOutbound::~KeptOutbound() = default;
void KeptOutbound::push(const DeviceId& device, v1::ServerFrame frame) {
  pushed.emplace_back(device, std::make_shared<const v1::ServerFrame>(std::move(frame)));
}
void KeptOutbound::mail(const DeviceId& device, server::store::Rank /*rank*/) {
  mailed.push_back(device);
}
void KeptOutbound::incident_changed(const IncidentId& incident, bool may_wait) {
  changed.emplace_back(incident, may_wait);
}
void KeptOutbound::close(const DeviceId& device, const char* reason) {
  closed.emplace_back(device, reason);
}
void KeptOutbound::clear() {
  pushed.clear();
  mailed.clear();
  changed.clear();
  closed.clear();
}

void install_account(Db& db, const Person& person, int purpose, bool setup) {
  Accounts accounts(db);
  accounts.add(person.key().bytes(), {purpose, setup});
  accounts.add_list(person.key().bytes(), link(person.list.version, person.list_record));
  for (std::size_t i = 0; i < person.devices.size(); ++i)
    (void)accounts.add_device(person.devices[i].id(), person.key().bytes(), purpose == 2 && i == 1);
}

void install_desk(Db& db, const TestDesk& desk, const Person& creator) {
  Desks desks(db);
  const auto& key = desk.key().bytes();
  desks.add(key, creator.key().bytes());
  std::vector<server::store::DeskPerson> people;
  for (const auto& c : desk.roster.coordinators)
    people.push_back({c.account.bytes(), Role::coordinator});
  desks.add_record(key, server::store::DeskKind::roster,
                   link(desk.roster.serial, desk.roster_record), people);
  people.clear();
  for (const auto& s : desk.directory.staff) people.push_back({s.account.bytes(), s.role});
  desks.add_record(key, server::store::DeskKind::directory,
                   link(desk.directory.serial, desk.directory_record), people);
}

void store_manifest(Db& db, const TestCircle& circle) {
  std::vector<server::store::LineRow> lines;
  for (const auto& l : circle.manifest.lines)
    lines.push_back({static_cast<int>(l.type), l.key.bytes(), l.not_before, l.not_after,
                     l.not_after + l.incident_grace_h * hour});
  lines.push_back({0, circle.manifest.recovery.desk.bytes(), 0, 0, 0});
  Circles(db).add_manifest(circle.id, link(circle.manifest.seq, circle.manifest_record), lines);
}

void store_plan(Db& db, const TestCircle& circle) {
  Circles(db).add_plan(circle.id, {link(circle.plan.version, circle.plan_record), {}});
}

void install_circle(Db& db, const TestCircle& circle, server::CircleState state, int category) {
  Circles(db).add(
      {circle.id, circle.manifest.participant.bytes(), static_cast<int>(state), category});
  store_manifest(db, circle);
}

Town::Town(std::uint64_t seed, server::CircleState state, int category, const std::string& database)
    : random(seed),
      db(migrated(database)),
      coordinator(make_person(random, town_start)),
      contact(make_person(random, town_start)),
      mentor(make_person(random, town_start)),
      other_mentor(make_person(random, town_start)),
      participant(make_participant(random, town_start)),
      desk(make_desk(random, {&coordinator},
                     {{&contact, Role::contact_person},
                      {&mentor, Role::mentor},
                      {&other_mentor, Role::mentor}},
                     town_start)),
      circle(make_circle(
          random, participant, desk.key(),
          {make_line(random, protocol::LineType::account, contact.key(), Role::contact_person, all,
                     town_start),
           make_line(random, protocol::LineType::desk, desk.key(), Role::coordinator, all,
                     town_start),
           make_line(random, protocol::LineType::pool, desk.key(), Role::mentor, all, town_start)},
          town_start)) {
  db.begin();
  install_account(db, coordinator, 1, true);
  install_account(db, contact, 1, false);
  install_account(db, mentor, 1, false);
  install_account(db, other_mentor, 1, false);
  install_account(db, participant, 2, false);
  install_desk(db, desk, coordinator);
  install_circle(db, circle, state, category);
  db.commit();
}

server::Turn Town::turn() { return {db, now, sent, presence, settings, *zones, random}; }

server::Caller Town::as(const Person& person, std::size_t device) const {
  const DeviceId& id = person.devices.at(device).id();
  return {id, person.key(), person.key() == participant.key() && device == 1};
}

server::CircleFacts Town::facts() {
  auto t = turn();
  return server::circle_facts(t, circle.id).value();
}

}  // namespace livlina::testing

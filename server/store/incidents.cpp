#include "server/store/incidents.hpp"

#include "server/store/claim.hpp"

namespace livlina::server::store {

namespace {

#define COLUMNS                                                                           \
  "id, circle, lane, state, severity, calm, policy, step, round, holder, holder_device, " \
  "rights_end, lease_until, lease_reminded, offered_to, fired, postponed, reruns, "       \
  "sole_loud_alarm, opened_at, taken_at, ended_at, reason, head, previous, next_at, version"

IncidentRow read(const Query& q) {
  const auto instant = [&](int c) -> std::optional<Instant> {
    return q.null(c) ? std::nullopt : std::optional<Instant>(q.integer(c));
  };
  const auto person = [&](int c) -> std::optional<policy::Person> {
    return q.null(c) ? std::nullopt : std::optional<policy::Person>(q.array<32>(c));
  };
  IncidentRow r;
  r.id = q.id<IncidentId>(0);
  r.circle = q.id<CircleId>(1);
  r.i.lane = static_cast<policy::Lane>(q.integer(2));
  r.i.state = static_cast<policy::IncidentState>(q.integer(3));
  r.i.severity = static_cast<int>(q.integer(4));
  r.i.calm = q.integer(5) != 0;
  r.policy = q.integer(6);
  r.i.step = static_cast<int>(q.integer(7));
  r.i.round = static_cast<int>(q.integer(8));
  r.i.holder = person(9);
  if (!q.null(10)) r.holder_device = q.id<DeviceId>(10);
  r.i.rights_end = instant(11);
  r.i.lease_until = q.integer(12);
  r.i.lease_reminded = q.integer(13) != 0;
  r.i.offered_to = person(14);
  r.i.fired = q.integer(15) != 0;
  r.i.postponed = q.integer(16) != 0;
  r.i.reruns = static_cast<int>(q.integer(17));
  r.i.sole_loud_alarm = q.integer(18) != 0;
  r.opened_at = q.integer(19);
  r.taken_at = instant(20);
  r.ended_at = instant(21);
  r.reason = static_cast<int>(q.integer(22));
  r.head = q.array<32>(23);
  if (!q.null(24)) r.previous = q.id<IncidentId>(24);
  r.i.next_at = instant(25);
  r.version = q.integer(26);
  return r;
}

std::vector<IncidentRow> all(Query& q) {
  std::vector<IncidentRow> rows;
  while (q.step()) rows.push_back(read(q));
  return rows;
}

std::optional<IncidentRow> one(Query& q) {
  if (!q.step()) return std::nullopt;
  return read(q);
}

}  // namespace

void Incidents::insert(const IncidentRow& r) {
  db_.run(
      "INSERT INTO incident (" COLUMNS
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      r.id, r.circle, static_cast<int>(r.i.lane), static_cast<int>(r.i.state), r.i.severity,
      r.i.calm, r.policy, r.i.step, r.i.round, r.i.holder, r.holder_device, r.i.rights_end,
      r.i.lease_until, r.i.lease_reminded, r.i.offered_to, r.i.fired, r.i.postponed, r.i.reruns,
      r.i.sole_loud_alarm, r.opened_at, r.taken_at, r.ended_at, r.reason, r.head, r.previous,
      r.i.next_at, r.version);
}

void Incidents::save(IncidentRow& r) {
  claimed(
      db_.run("UPDATE incident SET state = ?, severity = ?, calm = ?, policy = ?, step = ?, "
              "round = ?, holder = ?, holder_device = ?, rights_end = ?, lease_until = ?, "
              "lease_reminded = ?, offered_to = ?, fired = ?, postponed = ?, reruns = ?, "
              "sole_loud_alarm = ?, taken_at = ?, ended_at = ?, reason = ?, head = ?, next_at = ?, "
              "version = version + 1 WHERE id = ? AND version = ? AND state IN (1, 2)",
              static_cast<int>(r.i.state), r.i.severity, r.i.calm, r.policy, r.i.step, r.i.round,
              r.i.holder, r.holder_device, r.i.rights_end, r.i.lease_until, r.i.lease_reminded,
              r.i.offered_to, r.i.fired, r.i.postponed, r.i.reruns, r.i.sole_loud_alarm, r.taken_at,
              r.ended_at, r.reason, r.head, r.i.next_at, r.id, r.version),
      "incident");
  ++r.version;
}

std::optional<IncidentRow> Incidents::get(const IncidentId& id) {
  Query q = db_.query("SELECT " COLUMNS " FROM incident WHERE id = ?");
  q.bind(id);
  return one(q);
}

std::optional<IncidentRow> Incidents::unresolved(const CircleId& circle, policy::Lane lane) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM incident WHERE circle = ? AND lane = ? AND state IN (1, 2)");
  q.bind(circle, static_cast<int>(lane));
  return one(q);
}

std::vector<IncidentRow> Incidents::unresolved_of(const CircleId& circle) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM incident WHERE circle = ? AND state IN (1, 2) ORDER BY lane");
  q.bind(circle);
  return all(q);
}

std::vector<IncidentRow> Incidents::all_unresolved() {
  Query q = db_.query("SELECT " COLUMNS " FROM incident WHERE next_at IS NOT NULL");
  return all(q);
}

std::optional<IncidentId> Incidents::newest_ended(const CircleId& circle, policy::Lane lane) {
  Query q = db_.query(
      "SELECT id FROM incident WHERE circle = ? AND lane = ? AND state IN (3, 4) "
      "ORDER BY ended_at DESC, rowid DESC LIMIT 1");
  q.bind(circle, static_cast<int>(lane));
  if (!q.step()) return std::nullopt;
  return q.id<IncidentId>(0);
}

std::vector<IncidentRow> Incidents::due(Instant now, std::size_t most) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM incident WHERE next_at IS NOT NULL AND next_at <= ? "
                      "ORDER BY severity DESC, next_at LIMIT ?");
  q.bind(now, static_cast<std::int64_t>(most));
  return all(q);
}

std::vector<IncidentRow> Incidents::of_circle(const CircleId& circle, bool resolved_too,
                                              Instant cancelled_since, std::size_t most) {
  Query q =
      db_.query("SELECT " COLUMNS
                " FROM incident WHERE circle = ? AND (? OR state IN (1, 2) "
                "OR (state = 4 AND ended_at >= ?)) ORDER BY opened_at DESC, rowid DESC LIMIT ?");
  q.bind(circle, resolved_too, cancelled_since, static_cast<std::int64_t>(most));
  return all(q);
}

bool Incidents::drill_taken(const CircleId& circle) {
  Query q = db_.query(
      "SELECT 1 FROM incident WHERE circle = ? AND lane = 3 AND taken_at IS NOT NULL LIMIT 1");
  q.bind(circle);
  return q.step();
}

std::optional<Instant> Incidents::next() {
  Query q = db_.query("SELECT min(next_at) FROM incident WHERE next_at IS NOT NULL");
  if (!q.step() || q.null(0)) return std::nullopt;
  return q.integer(0);
}

#undef COLUMNS

}  // namespace livlina::server::store

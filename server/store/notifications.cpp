#include "server/store/notifications.hpp"

#include "server/store/claim.hpp"

namespace livlina::server::store {

namespace {

#define COLUMNS                                                                                  \
  "id, cause, person, channel, kind, code, circle, incident, occurrence, lane, severity, step, " \
  "round, at, state, attempts, next_at, version, device"

NotificationRow read(const Query& q) {
  NotificationRow r;
  r.id = q.id<NoticeId>(0);
  r.cause = q.id<CauseId>(1);
  r.person = q.array<32>(2);
  r.channel = static_cast<policy::Channel>(q.integer(3));
  r.kind = static_cast<policy::NotificationKind>(q.integer(4));
  r.code = static_cast<policy::NoticeCode>(q.integer(5));
  if (!q.null(6)) r.circle = q.id<CircleId>(6);
  if (!q.null(7)) r.incident = q.id<IncidentId>(7);
  if (!q.null(8)) r.occurrence = q.integer(8);
  r.lane = static_cast<int>(q.integer(9));
  r.severity = static_cast<int>(q.integer(10));
  r.step = static_cast<int>(q.integer(11));
  r.round = static_cast<int>(q.integer(12));
  r.at = q.integer(13);
  r.n.state = static_cast<policy::NotificationState>(q.integer(14));
  r.n.attempts = static_cast<int>(q.integer(15));
  if (!q.null(16)) r.n.next_at = q.integer(16);
  r.version = q.integer(17);
  if (!q.null(18)) r.device = q.id<DeviceId>(18);
  return r;
}

std::vector<NotificationRow> all(Query& q) {
  std::vector<NotificationRow> rows;
  while (q.step()) rows.push_back(read(q));
  return rows;
}

}  // namespace

bool Notifications::insert(const NotificationRow& r) {
  return db_.run("INSERT INTO notification (" COLUMNS
                 ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                 "ON CONFLICT (cause, person, channel) DO NOTHING",
                 r.id, r.cause, r.person, static_cast<int>(r.channel), static_cast<int>(r.kind),
                 static_cast<int>(r.code), r.circle, r.incident, r.occurrence, r.lane, r.severity,
                 r.step, r.round, r.at, static_cast<int>(r.n.state), r.n.attempts, r.n.next_at,
                 r.version, r.device) == 1;
}

void Notifications::save(NotificationRow& r) {
  claimed(db_.run("UPDATE notification SET state = ?, attempts = ?, next_at = ?, "
                  "version = version + 1 WHERE id = ? AND version = ?",
                  static_cast<int>(r.n.state), r.n.attempts, r.n.next_at, r.id, r.version),
          "notification");
  ++r.version;
}

std::optional<NotificationRow> Notifications::get(const NoticeId& id) {
  Query q = db_.query("SELECT " COLUMNS " FROM notification WHERE id = ?");
  q.bind(id);
  if (!q.step()) return std::nullopt;
  return read(q);
}

std::optional<NotificationRow> Notifications::pending(const IncidentId& incident,
                                                      const policy::Person& person,
                                                      policy::Channel channel) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM notification WHERE incident = ? AND incident IS NOT NULL "
                      "AND person = ? AND channel = ? AND state = 1");
  q.bind(incident, person, static_cast<int>(channel));
  if (!q.step()) return std::nullopt;
  return read(q);
}

std::vector<NotificationRow> Notifications::due(Instant now, std::size_t most) {
  Query q =
      db_.query("SELECT " COLUMNS
                " FROM notification WHERE next_at IS NOT NULL AND channel = 1 AND next_at <= ? "
                "ORDER BY severity DESC, at DESC, rowid DESC LIMIT ?");
  q.bind(now, static_cast<std::int64_t>(most));
  return all(q);
}

std::vector<NotificationRow> Notifications::due_at_webhook(const policy::Person& person,
                                                           Instant now, std::size_t most) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM notification WHERE person = ? AND next_at IS NOT NULL AND channel = 2 "
                      "AND next_at <= ? ORDER BY severity DESC, at DESC, rowid DESC LIMIT ?");
  q.bind(person, now, static_cast<std::int64_t>(most));
  return all(q);
}

std::vector<NotificationRow> Notifications::pending_at_webhook(const policy::Person& person) {
  Query q =
      db_.query("SELECT " COLUMNS
                " FROM notification WHERE person = ? AND next_at IS NOT NULL AND channel = 2");
  q.bind(person);
  return all(q);
}

std::vector<policy::Person> Notifications::waited_for() {
  Query q = db_.query(
      "SELECT DISTINCT person FROM notification WHERE next_at IS NOT NULL AND channel = 2 "
      "ORDER BY person");
  std::vector<policy::Person> people;
  while (q.step()) people.push_back(q.array<32>(0));
  return people;
}

bool Notifications::all_failed(const CauseId& cause) {
  return !db_.query("SELECT 1 FROM notification WHERE cause = ? AND state <> 4 LIMIT 1")
              .bind(cause)
              .step();
}

std::vector<NotificationRow> Notifications::all_pending() {
  // Each by its own index.
  Query devices =
      db_.query("SELECT " COLUMNS " FROM notification WHERE next_at IS NOT NULL AND channel = 1");
  std::vector<NotificationRow> out = all(devices);
  Query webhooks =
      db_.query("SELECT " COLUMNS " FROM notification WHERE next_at IS NOT NULL AND channel = 2");
  for (NotificationRow& row : all(webhooks)) out.push_back(row);
  return out;
}

void Notifications::obsolete(const IncidentId& incident) {
  db_.run(
      "UPDATE notification SET state = 5, next_at = NULL, version = version + 1 "
      "WHERE incident = ? AND incident IS NOT NULL AND state = 1 AND code <> ?",
      incident, static_cast<int>(policy::NoticeCode::lease_ended));
}

void Notifications::obsolete_occurrence(std::int64_t occurrence) {
  db_.run(
      "UPDATE notification SET state = 5, next_at = NULL, version = version + 1 "
      "WHERE occurrence = ? AND occurrence IS NOT NULL AND state = 1",
      occurrence);
}

void Notifications::wake(const policy::Person& person, Instant now) {
  db_.run(
      "UPDATE notification SET next_at = ?, version = version + 1 "
      "WHERE person = ? AND state = 1",
      now, person);
}

std::vector<policy::Person> Notifications::paged(const IncidentId& incident) {
  Query q = db_.query(
      "SELECT DISTINCT person FROM notification WHERE incident = ? AND incident IS NOT NULL "
      "AND kind = 1 AND channel = 1 ORDER BY person");
  q.bind(incident);
  std::vector<policy::Person> people;
  while (q.step()) people.push_back(q.array<32>(0));
  return people;
}

std::optional<Instant> Notifications::next() {
  Query q =
      db_.query("SELECT min(next_at) FROM notification WHERE next_at IS NOT NULL AND channel = 1");
  if (!q.step() || q.null(0)) return std::nullopt;
  return q.integer(0);
}

std::optional<Instant> Notifications::next_at_webhook(const policy::Person& person) {
  Query q = db_.query(
      "SELECT min(next_at) FROM notification WHERE person = ? AND next_at IS NOT NULL "
      "AND channel = 2");
  q.bind(person);
  if (!q.step() || q.null(0)) return std::nullopt;
  return q.integer(0);
}

void Notifications::drop_ended(Part& part, Instant before) {
  take(part, db_.query("SELECT rowid FROM notification WHERE rowid > ? ORDER BY rowid "
                       "LIMIT 1 OFFSET ?"));
  db_.run(
      "DELETE FROM notification WHERE rowid > ? AND rowid <= ? AND at < ? AND state <> 1 "
      "AND (incident IS NULL OR kind <> 1)",
      part.from, part.to, before);
}

#undef COLUMNS

}  // namespace livlina::server::store

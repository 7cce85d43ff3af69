#include "server/store/operator_notices.hpp"

#include "server/store/claim.hpp"

namespace livlina::server::store {

void OperatorNotices::insert(const OperatorNoticeRow& r) {
  db_.run(
      "INSERT INTO operator_notice (id, cause, incident, code, severity, at, state, attempts, "
      "next_at, version) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, 1) ON CONFLICT (cause) DO NOTHING",
      r.id, r.cause, r.incident, r.code, r.severity, r.at, r.attempts, r.next_at);
}

bool OperatorNotices::pending(const std::optional<IncidentId>& incident, int code) {
  if (!incident)
    return db_
        .query(
            "SELECT 1 FROM operator_notice WHERE state = 1 AND code = ? AND incident IS NULL "
            "LIMIT 1")
        .bind(code)
        .step();
  return db_
      .query(
          "SELECT 1 FROM operator_notice WHERE incident = ? AND incident IS NOT NULL "
          "AND code = ? AND state = 1 LIMIT 1")
      .bind(*incident, code)
      .step();
}

std::vector<OperatorNoticeRow> OperatorNotices::due(Instant now, std::size_t most) {
  Query q = db_.query(
      "SELECT id, cause, incident, code, severity, at, attempts, next_at, version "
      "FROM operator_notice WHERE next_at IS NOT NULL AND next_at <= ? "
      "ORDER BY severity DESC, at DESC LIMIT ?");
  q.bind(now, static_cast<std::int64_t>(most));
  std::vector<OperatorNoticeRow> rows;
  while (q.step()) {
    OperatorNoticeRow r;
    r.id = q.id<NoticeId>(0);
    r.cause = q.id<CauseId>(1);
    if (!q.null(2)) r.incident = q.id<IncidentId>(2);
    r.code = static_cast<int>(q.integer(3));
    r.severity = static_cast<int>(q.integer(4));
    r.at = q.integer(5);
    r.attempts = static_cast<int>(q.integer(6));
    r.next_at = q.integer(7);
    r.version = q.integer(8);
    rows.push_back(r);
  }
  return rows;
}

void OperatorNotices::save(OperatorNoticeRow& r) {
  claimed(db_.run("UPDATE operator_notice SET attempts = ?, next_at = ?, version = version + 1 "
                  "WHERE id = ? AND version = ? AND state = 1",
                  r.attempts, r.next_at, r.id, r.version),
          "operator_notice");
  ++r.version;
}

void OperatorNotices::delivered(const NoticeId& id) {
  db_.run(
      "UPDATE operator_notice SET state = 2, next_at = NULL, version = version + 1 "
      "WHERE id = ? AND state = 1",
      id);
}

void OperatorNotices::obsolete(const IncidentId& incident) {
  db_.run(
      "UPDATE operator_notice SET state = 3, next_at = NULL, version = version + 1 "
      "WHERE incident = ? AND incident IS NOT NULL AND state = 1",
      incident);
}

void OperatorNotices::clamp(Instant latest) {
  db_.run(
      "UPDATE operator_notice SET next_at = ?1, version = version + 1 "
      "WHERE next_at IS NOT NULL AND next_at > ?1",
      latest);
}

std::optional<Instant> OperatorNotices::next() {
  Query q = db_.query("SELECT min(next_at) FROM operator_notice WHERE next_at IS NOT NULL");
  if (!q.step() || q.null(0)) return std::nullopt;
  return q.integer(0);
}

void OperatorNotices::drop_ended(Part& part, Instant before) {
  take(part, db_.query("SELECT rowid FROM operator_notice WHERE rowid > ? ORDER BY rowid "
                       "LIMIT 1 OFFSET ?"));
  db_.run("DELETE FROM operator_notice WHERE rowid > ? AND rowid <= ? AND at < ? AND state <> 1",
          part.from, part.to, before);
}

}  // namespace livlina::server::store

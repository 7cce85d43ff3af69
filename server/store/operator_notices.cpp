#include "server/store/operator_notices.hpp"

#include "server/store/claim.hpp"

namespace livlina::server::store {

namespace {

#define COLUMNS "id, cause, incident, code, severity, at, attempts, next_at, version, channel"

OperatorNoticeRow read(const Query& q) {
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
  r.channel = static_cast<OperatorChannel>(q.integer(9));
  return r;
}

}  // namespace

void OperatorNotices::insert(const OperatorNoticeRow& r) {
  db_.run(
      "INSERT INTO operator_notice (" COLUMNS
      ", state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, 1) ON CONFLICT (cause, channel) DO NOTHING",
      r.id, r.cause, r.incident, r.code, r.severity, r.at, r.attempts, r.next_at,
      static_cast<int>(r.channel));
}

bool OperatorNotices::pending(OperatorChannel channel, const std::optional<IncidentId>& incident,
                              int code) {
  if (!incident)
    return db_
        .query(
            "SELECT 1 FROM operator_notice WHERE state = 1 AND code = ? AND incident IS NULL "
            "AND channel = ? LIMIT 1")
        .bind(code, static_cast<int>(channel))
        .step();
  return db_
      .query(
          "SELECT 1 FROM operator_notice WHERE incident = ? AND incident IS NOT NULL "
          "AND code = ? AND state = 1 AND channel = ? LIMIT 1")
      .bind(*incident, code, static_cast<int>(channel))
      .step();
}

std::vector<OperatorNoticeRow> OperatorNotices::due(OperatorChannel channel, Instant now,
                                                    std::size_t most) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM operator_notice WHERE channel = ? AND next_at IS NOT NULL "
                      "AND next_at <= ? ORDER BY severity DESC, at DESC LIMIT ?");
  q.bind(static_cast<int>(channel), now, static_cast<std::int64_t>(most));
  std::vector<OperatorNoticeRow> rows;
  while (q.step()) rows.push_back(read(q));
  return rows;
}

bool OperatorNotices::any_pending(OperatorChannel channel) { return next(channel).has_value(); }

std::optional<OperatorNoticeRow> OperatorNotices::get_pending(const NoticeId& id) {
  Query q = db_.query("SELECT " COLUMNS " FROM operator_notice WHERE id = ? AND state = 1");
  q.bind(id);
  if (!q.step()) return std::nullopt;
  return read(q);
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

void OperatorNotices::move(OperatorChannel from, OperatorChannel to, Instant now) {
  db_.run(
      "UPDATE OR IGNORE operator_notice SET channel = ?2, next_at = ?3, version = version + 1 "
      "WHERE channel = ?1 AND next_at IS NOT NULL",
      static_cast<int>(from), static_cast<int>(to), now);
  // Left are those that the other has of the same cause.
  db_.run(
      "UPDATE operator_notice SET state = 3, next_at = NULL, version = version + 1 "
      "WHERE channel = ? AND next_at IS NOT NULL",
      static_cast<int>(from));
}

void OperatorNotices::wake(OperatorChannel channel, Instant now) {
  db_.run(
      "UPDATE operator_notice SET next_at = ?, version = version + 1 "
      "WHERE channel = ? AND next_at IS NOT NULL",
      now, static_cast<int>(channel));
}

void OperatorNotices::clamp(Instant latest) {
  db_.run(
      "UPDATE operator_notice SET next_at = ?1, version = version + 1 "
      "WHERE next_at IS NOT NULL AND next_at > ?1",
      latest);
}

std::optional<Instant> OperatorNotices::next(OperatorChannel channel) {
  Query q = db_.query(
      "SELECT min(next_at) FROM operator_notice WHERE channel = ? AND next_at IS NOT NULL");
  q.bind(static_cast<int>(channel));
  if (!q.step() || q.null(0)) return std::nullopt;
  return q.integer(0);
}

void OperatorNotices::drop_ended(Part& part, Instant before) {
  take(part, db_.query("SELECT rowid FROM operator_notice WHERE rowid > ? ORDER BY rowid "
                       "LIMIT 1 OFFSET ?"));
  db_.run("DELETE FROM operator_notice WHERE rowid > ? AND rowid <= ? AND at < ? AND state <> 1",
          part.from, part.to, before);
}

#undef COLUMNS

}  // namespace livlina::server::store

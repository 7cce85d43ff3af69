// How an incident leaves the database long after its end: from the outside in, so that after every
// commit each row that is left has what the invariants ask of it.
#include "server/store/incidents.hpp"

namespace livlina::server::store {

namespace {

constexpr int resolved = static_cast<int>(policy::Happened::resolved);
constexpr int cancelled = static_cast<int>(policy::Happened::cancelled);
constexpr std::size_t last_rows = 8;  // the end itself: event, act, incident, and the link to it

class Dropping {
 public:
  Dropping(Db& db, const IncidentId& id, std::size_t most) : db_(db), id_(id), left_(most) {}

  // True: everything is gone.
  bool run() {
    rows(
        "DELETE FROM notification WHERE rowid IN "
        "(SELECT rowid FROM notification WHERE incident = ? AND incident IS NOT NULL LIMIT ?)");
    rows(
        "DELETE FROM operator_notice WHERE rowid IN "
        "(SELECT rowid FROM operator_notice WHERE incident = ? AND incident IS NOT NULL LIMIT ?)");
    triggers();
    left_ -= static_cast<std::size_t>(
        db_.run("DELETE FROM incident_event WHERE n IN (SELECT n FROM incident_event "
                "WHERE incident = ? AND kind NOT IN (?, ?) LIMIT ?)",
                id_, resolved, cancelled, limit()));
    rows(
        "DELETE FROM act WHERE id IN (SELECT id FROM act a WHERE incident = ? "
        "AND incident IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM incident_event e WHERE e.act IS NOT NULL AND e.act = a.id) LIMIT ?)");
    // The act that reopened it belongs to the incident that it began.
    left_ -= static_cast<std::size_t>(
        db_.run("UPDATE act SET incident = (SELECT e.incident FROM incident_event e "
                "WHERE e.act IS NOT NULL AND e.act = act.id) WHERE id IN (SELECT a.id FROM act a "
                "JOIN incident_event e ON e.act = a.id WHERE a.incident = ?1 "
                "AND a.incident IS NOT NULL AND e.incident <> ?1 LIMIT ?2)",
                id_, limit()));
    if (left_ < last_rows) return false;
    db_.run("DELETE FROM incident_event WHERE incident = ?", id_);
    db_.run("DELETE FROM act WHERE incident = ? AND incident IS NOT NULL", id_);
    db_.run("UPDATE incident SET previous = NULL WHERE previous = ? AND previous IS NOT NULL", id_);
    db_.run("DELETE FROM incident WHERE id = ?", id_);
    left_ -= last_rows;
    return true;
  }
  [[nodiscard]] std::size_t left() const { return left_; }

 private:
  [[nodiscard]] std::int64_t limit() const { return static_cast<std::int64_t>(left_); }
  void rows(const char* sql) { left_ -= static_cast<std::size_t>(db_.run(sql, id_, limit())); }

  // I1: a missed occurrence has its trigger, so they go together.
  void triggers() {
    while (left_ >= last_rows) {
      std::int64_t trigger = 0;
      std::optional<std::int64_t> occurrence;
      {
        Query q = db_.query("SELECT id, occurrence FROM trigger_row WHERE incident = ? LIMIT 1");
        if (!q.bind(id_).step()) return;
        trigger = q.integer(0);
        if (!q.null(1)) occurrence = q.integer(1);
      }
      left_ -= static_cast<std::size_t>(db_.run("DELETE FROM trigger_row WHERE id = ?", trigger));
      if (!occurrence) continue;
      db_.run("DELETE FROM notification WHERE occurrence = ? AND occurrence IS NOT NULL",
              *occurrence);
      left_ -=
          static_cast<std::size_t>(db_.run("DELETE FROM occurrence WHERE id = ?", *occurrence));
    }
  }

  Db& db_;
  const IncidentId& id_;
  std::size_t left_;
};

}  // namespace

std::vector<Incidents::Ended> Incidents::ended(Part& part, Instant before) {
  take(part, db_.query("SELECT rowid FROM incident WHERE rowid > ? ORDER BY rowid "
                       "LIMIT 1 OFFSET ?"));
  Query q = db_.query(
      "SELECT rowid, id FROM incident i WHERE rowid > ? AND rowid <= ? AND state IN (3, 4) "
      "AND ended_at < ? AND NOT EXISTS (SELECT 1 FROM incident n WHERE n.previous IS NOT NULL "
      "AND n.previous = i.id AND n.state IN (1, 2)) ORDER BY rowid");
  q.bind(part.from, part.to, before);
  std::vector<Ended> out;
  while (q.step()) out.push_back({q.integer(0), q.id<IncidentId>(1)});
  return out;
}

std::size_t Incidents::drop(const IncidentId& id, std::size_t most) {
  Dropping dropping(db_, id, most);
  return dropping.run() ? most - dropping.left() : most;
}

}  // namespace livlina::server::store

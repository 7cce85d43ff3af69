#include "server/store/incident_log.hpp"

#include <algorithm>

namespace livlina::server::store {

void IncidentLog::add(const TriggerRow& r) {
  db_.run(
      "INSERT INTO trigger_row (incident, kind, severity, at, occurrence, record, login_device) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)",
      r.incident, static_cast<int>(r.kind), policy::severity(r.kind), r.at, r.occurrence, r.record,
      r.login_device);
}

std::optional<IncidentId> IncidentLog::drop_trigger(std::int64_t occurrence) {
  Query q = db_.query("DELETE FROM trigger_row WHERE occurrence = ? RETURNING incident");
  q.bind(occurrence);
  if (!q.step()) return std::nullopt;
  const auto incident = q.id<IncidentId>(0);
  q.run();
  return incident;
}

bool IncidentLog::login_triggered(const IncidentId& incident, const DeviceId& device) {
  Query q = db_.query("SELECT 1 FROM trigger_row WHERE incident = ? AND login_device = ?");
  q.bind(incident, device);
  return q.step();
}

std::optional<IncidentId> IncidentLog::incident_of_record(std::int64_t record) {
  Query q = db_.query("SELECT incident FROM trigger_row WHERE record = ?");
  q.bind(record);
  if (!q.step()) return std::nullopt;
  return q.id<IncidentId>(0);
}

std::vector<TriggerView> IncidentLog::triggers(const IncidentId& incident, std::size_t most) {
  Query q = db_.query(
      "SELECT t.kind, t.severity, t.at, r.record, o.schedule_id, o.due FROM trigger_row t "
      "LEFT JOIN checkin_record r ON r.id = t.record "
      "LEFT JOIN occurrence o ON o.id = t.occurrence "
      "WHERE t.incident = ? ORDER BY t.id DESC LIMIT ?");
  q.bind(incident, static_cast<std::int64_t>(most));
  std::vector<TriggerView> rows;
  while (q.step()) {
    TriggerView v;
    v.kind = static_cast<policy::TriggerKind>(q.integer(0));
    v.severity = static_cast<int>(q.integer(1));
    v.at = q.integer(2);
    v.record = q.bytes(3);
    if (!q.null(4)) v.schedule = q.id<ScheduleId>(4);
    v.due = q.integer(5);
    rows.push_back(std::move(v));
  }
  std::reverse(rows.begin(), rows.end());
  return rows;
}

void IncidentLog::add(const EventRow& r) {
  db_.run(
      "INSERT INTO incident_event (id, incident, kind, at, step, round, act, record) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      r.id, r.incident, static_cast<int>(r.kind), r.at, r.step, r.round, r.act, r.record);
}

std::vector<EventView> IncidentLog::events(const IncidentId& incident, std::size_t most,
                                           bool signed_too) {
  Query q = db_.query(
      "SELECT e.kind, e.at, e.step, e.round, coalesce(a.record, r.record) FROM incident_event e "
      "LEFT JOIN act a ON a.id = e.act LEFT JOIN checkin_record r ON r.id = e.record "
      "WHERE e.incident = ?1 AND ((?3 AND (e.act IS NOT NULL OR e.record IS NOT NULL)) OR e.n IN "
      "(SELECT n FROM incident_event WHERE incident = ?1 ORDER BY n DESC LIMIT ?2)) "
      "ORDER BY e.n DESC LIMIT 2 * ?2");
  q.bind(incident, static_cast<std::int64_t>(most), signed_too);
  std::vector<EventView> rows;
  while (q.step()) {
    EventView v;
    v.kind = static_cast<policy::Happened>(q.integer(0));
    v.at = q.integer(1);
    v.step = static_cast<int>(q.integer(2));
    v.round = static_cast<int>(q.integer(3));
    v.record = q.bytes(4);
    rows.push_back(std::move(v));
  }
  std::reverse(rows.begin(), rows.end());
  return rows;
}

std::vector<int> IncidentLog::steps_of(const IncidentId& incident, policy::Happened kind) {
  Query q = db_.query("SELECT DISTINCT step FROM incident_event WHERE incident = ? AND kind = ?");
  q.bind(incident, static_cast<int>(kind));
  std::vector<int> steps;
  while (q.step()) steps.push_back(static_cast<int>(q.integer(0)));
  return steps;
}

std::int64_t IncidentLog::add(const ActRow& r) {
  Query q = db_.query(
      "INSERT INTO act (hash, circle, incident, actor, device, act, outcome, record, received_at) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id");
  q.bind(r.hash, r.circle, r.incident, r.actor, r.device, r.act, r.outcome, r.record,
         r.received_at);
  if (!q.step()) throw Failure(Fault::other, "act", "no row was made");
  const std::int64_t id = q.integer(0);
  q.run();
  return id;
}

std::optional<StoredAct> IncidentLog::find_act(const crypto::Hash& hash) {
  Query q = db_.query("SELECT outcome, incident FROM act WHERE hash = ?");
  q.bind(hash);
  if (!q.step()) return std::nullopt;
  StoredAct found;
  found.outcome = static_cast<int>(q.integer(0));
  if (!q.null(1)) found.incident = q.id<IncidentId>(1);
  return found;
}

bool IncidentLog::seen_by(const IncidentId& incident, const policy::Person& actor) {
  Query q = db_.query(
      "SELECT 1 FROM act WHERE incident = ? AND incident IS NOT NULL AND actor = ? AND act = 1 "
      "LIMIT 1");
  q.bind(incident, actor);
  return q.step();
}

}  // namespace livlina::server::store

#include "tests/sim/tables.hpp"

#include <algorithm>

namespace livlina::testing::sim {

Tables::Tables(server::store::Db& db) {
  // A plan's schedules have rising ids in their order.
  auto o = db.query(
      "SELECT o.id, o.circle, o.schedule_id, o.opens_at, o.due, o.deadline, o.state, o.answer, "
      "ifnull(o.answered_at, 0), o.outage, (SELECT count(*) FROM schedule s JOIN schedule mine ON "
      "mine.id = o.schedule WHERE s.circle = o.circle AND s.plan_version = mine.plan_version "
      "AND s.id < mine.id) FROM occurrence o ORDER BY o.circle, o.due, o.id");
  while (o.step())
    occurrences.push_back({o.integer(0), to_string(o.blob(1)), to_string(o.blob(2)),
                           static_cast<int>(o.integer(10)), o.integer(3), o.integer(4),
                           o.integer(5), static_cast<int>(o.integer(6)),
                           static_cast<int>(o.integer(7)), o.integer(8), o.integer(9) != 0});

  auto s = db.query(
      "SELECT s.circle, (SELECT count(*) FROM schedule o WHERE o.circle = s.circle "
      "AND o.plan_version = s.plan_version AND o.id < s.id), s.next_at FROM schedule s "
      "WHERE s.state = 1");
  while (s.step())
    running.push_back({to_string(s.blob(0)), static_cast<int>(s.integer(1)), s.integer(2)});

  auto t = db.query(
      "SELECT t.incident, t.kind, t.severity, t.at, ifnull(t.occurrence, 0), "
      "ifnull(r.hash, zeroblob(32)), t.login_device IS NOT NULL "
      "FROM trigger_row t LEFT JOIN checkin_record r ON r.id = t.record ORDER BY t.id");
  while (t.step())
    triggers.push_back({to_string(t.blob(0)), static_cast<int>(t.integer(1)),
                        static_cast<int>(t.integer(2)), t.integer(3), t.integer(4), t.array<32>(5),
                        t.integer(6) != 0});

  auto i = db.query(
      "SELECT id, circle, lane, state, severity, opened_at, ended_at FROM incident "
      "ORDER BY opened_at");
  while (i.step())
    incidents.push_back({to_string(i.blob(0)), to_string(i.blob(1)), static_cast<int>(i.integer(2)),
                         static_cast<int>(i.integer(3)), static_cast<int>(i.integer(4)),
                         i.integer(5),
                         i.null(6) ? std::nullopt : std::optional<Instant>(i.integer(6))});

  auto n = db.query(
      "SELECT id, incident, person, kind, state, at FROM notification WHERE incident IS NOT NULL "
      "UNION ALL SELECT id, incident, zeroblob(0), 1, state, at FROM operator_notice "
      "WHERE incident IS NOT NULL");
  while (n.step())
    notices.push_back({to_string(n.blob(0)), to_string(n.blob(1)), to_string(n.blob(2)),
                       static_cast<int>(n.integer(3)), static_cast<int>(n.integer(4)),
                       n.integer(5)});

  auto r = db.query("SELECT hash FROM checkin_record WHERE kind <> 6");
  while (r.step()) records.push_back(r.array<32>(0));
  auto a = db.query("SELECT hash FROM act");
  while (a.step()) acts.push_back(a.array<32>(0));
}

const IncidentFound* Tables::incident(const std::string& id) const {
  const auto it = std::find_if(incidents.begin(), incidents.end(),
                               [&](const IncidentFound& i) { return i.id == id; });
  return it == incidents.end() ? nullptr : &*it;
}

}  // namespace livlina::testing::sim

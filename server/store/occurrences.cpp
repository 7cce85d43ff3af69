#include "server/store/occurrences.hpp"

#include <algorithm>

#include "server/store/claim.hpp"

namespace livlina::server::store {

namespace {

#define COLUMNS                                                                                  \
  "o.id, o.circle, o.schedule, o.schedule_id, o.day, o.slot, o.opens_at, o.due, o.deadline, "    \
  "o.state, o.excuse, o.answer, o.answered_by, o.answered_at, o.outage, o.reminded, o.next_at, " \
  "o.made_at, o.version"

OccurrenceRow read(const Query& q) {
  OccurrenceRow r;
  r.id = q.integer(0);
  r.circle = q.id<CircleId>(1);
  r.schedule = q.integer(2);
  r.schedule_id = q.id<ScheduleId>(3);
  r.day = static_cast<std::int32_t>(q.integer(4));
  r.slot = static_cast<int>(q.integer(5));
  r.o.opens_at = q.integer(6);
  r.o.due = q.integer(7);
  r.o.deadline = q.integer(8);
  r.o.state = static_cast<policy::OccurrenceState>(q.integer(9));
  r.o.excuse = static_cast<policy::Excuse>(q.integer(10));
  r.o.answer = static_cast<std::uint8_t>(q.integer(11));
  if (!q.null(12)) r.answered_by = q.integer(12);
  if (!q.null(13)) r.answered_at = q.integer(13);
  r.o.outage = q.integer(14) != 0;
  r.o.reminded = static_cast<int>(q.integer(15));
  if (!q.null(16)) r.o.next_at = q.integer(16);
  r.made_at = q.integer(17);
  r.version = q.integer(18);
  return r;
}

std::vector<OccurrenceRow> all(Query& q) {
  std::vector<OccurrenceRow> rows;
  while (q.step()) rows.push_back(read(q));
  return rows;
}

}  // namespace

bool Occurrences::insert(OccurrenceRow& r) {
  Query q = db_.query(
      "INSERT INTO occurrence (circle, schedule, schedule_id, day, slot, opens_at, due, deadline, "
      "state, excuse, answer, outage, reminded, next_at, made_at, version) "
      "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 1 "
      "WHERE NOT EXISTS (SELECT 1 FROM occurrence WHERE circle = ?1 AND schedule_id = ?3 "
      "AND due = ?7 AND schedule <> ?2) "
      "ON CONFLICT (schedule, day, slot) DO NOTHING RETURNING id");
  q.bind(r.circle, r.schedule, r.schedule_id, std::int64_t{r.day}, r.slot, r.o.opens_at, r.o.due,
         r.o.deadline, static_cast<int>(r.o.state), static_cast<int>(r.o.excuse), int{r.o.answer},
         r.o.outage, r.o.reminded, r.o.next_at, r.made_at);
  if (!q.step()) return false;
  r.id = q.integer(0);
  r.version = 1;
  q.run();
  return true;
}

void Occurrences::save(OccurrenceRow& r) {
  claimed(db_.run("UPDATE occurrence SET deadline = ?, state = ?, excuse = ?, answer = ?, "
                  "answered_by = ?, answered_at = ?, outage = ?, reminded = ?, next_at = ?, "
                  "version = version + 1 WHERE id = ? AND version = ?",
                  r.o.deadline, static_cast<int>(r.o.state), static_cast<int>(r.o.excuse),
                  int{r.o.answer}, r.answered_by, r.answered_at, r.o.outage, r.o.reminded,
                  r.o.next_at, r.id, r.version),
          "occurrence");
  ++r.version;
}

void Occurrences::remove(std::int64_t id) {
  db_.run("DELETE FROM notification WHERE occurrence = ? AND occurrence IS NOT NULL", id);
  claimed(db_.run("DELETE FROM occurrence WHERE id = ?", id), "occurrence");
}

std::vector<OccurrenceRow> Occurrences::answerable(const CircleId& circle, Instant now) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM occurrence o WHERE o.circle = ?1 AND o.state = 1 "
                      "UNION ALL "
                      "SELECT " COLUMNS
                      " FROM occurrence o WHERE o.circle = ?1 AND o.deadline >= ?2 "
                      "AND o.opens_at <= ?2 AND o.state IN (2, 4) "
                      "UNION ALL "
                      "SELECT " COLUMNS
                      " FROM incident i JOIN trigger_row t ON t.incident = i.id "
                      "JOIN occurrence o ON o.id = t.occurrence "
                      "WHERE i.circle = ?1 AND i.lane = 1 AND i.state IN (1, 2)");
  q.bind(circle, now);
  std::vector<OccurrenceRow> rows = all(q);
  std::sort(rows.begin(), rows.end(), [](const OccurrenceRow& a, const OccurrenceRow& b) {
    return a.o.due != b.o.due ? a.o.due < b.o.due : a.id < b.id;
  });
  return rows;
}

std::optional<OccurrenceRow> Occurrences::of_slot(const CircleId& circle,
                                                  const ScheduleId& schedule, Instant due) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM occurrence o WHERE o.circle = ? AND o.schedule_id = ? AND o.due = ? "
                      "ORDER BY o.id DESC LIMIT 1");
  q.bind(circle, schedule, due);
  if (!q.step()) return std::nullopt;
  return read(q);
}

std::vector<OccurrenceRow> Occurrences::overdue(Instant now, std::size_t most) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM occurrence o WHERE o.state = 1 AND o.deadline < ? "
                      "ORDER BY o.deadline LIMIT ?");
  q.bind(now, static_cast<std::int64_t>(most));
  return all(q);
}

std::vector<OccurrenceRow> Occurrences::to_remind(Instant now, std::size_t most) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM occurrence o WHERE o.next_at IS NOT NULL AND o.next_at <= ?1 "
                      "AND o.deadline >= ?1 ORDER BY o.next_at LIMIT ?2");
  q.bind(now, static_cast<std::int64_t>(most));
  return all(q);
}

std::vector<OccurrenceRow> Occurrences::to_extend(Instant from, Instant to, std::size_t most) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM occurrence o WHERE o.state = 1 AND o.outage = 0 AND o.deadline >= ? "
                      "AND o.opens_at <= ? ORDER BY o.id LIMIT ?");
  q.bind(from, to, static_cast<std::int64_t>(most));
  return all(q);
}

std::vector<OccurrenceRow> Occurrences::made_after(Instant at, const Place& place,
                                                   std::size_t most) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM occurrence o WHERE o.made_at > ? AND (o.made_at, o.id) > (?, ?) "
                      "AND (o.state IN (1, 3) OR o.excuse = 2 OR o.opens_at > ?) "
                      "ORDER BY o.made_at, o.id LIMIT ?");
  q.bind(at, place.made_at, place.id, at, static_cast<std::int64_t>(most));
  return all(q);
}

std::vector<OccurrenceRow> Occurrences::open_beyond(Instant at, std::size_t most) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM occurrence o JOIN schedule s ON s.id = o.schedule WHERE o.state = 1 "
                      "AND o.deadline > ? AND o.deadline > o.due + s.grace * 1000 LIMIT ?");
  q.bind(at, static_cast<std::int64_t>(most));
  return all(q);
}

std::vector<OccurrenceRow> Occurrences::missed_before_their_time(Instant at, std::size_t most) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM occurrence o WHERE o.state = 3 AND o.deadline > ? "
                      "ORDER BY o.deadline LIMIT ?");
  q.bind(at, static_cast<std::int64_t>(most));
  return all(q);
}

std::vector<OccurrenceRow> Occurrences::of_circle(const CircleId& circle, Instant since,
                                                  std::size_t most) {
  Query q =
      db_.query("SELECT " COLUMNS
                " FROM occurrence o WHERE o.circle = ? AND o.due >= ? ORDER BY o.due LIMIT ?");
  q.bind(circle, since, static_cast<std::int64_t>(most));
  return all(q);
}

std::vector<OccurrenceRow> Occurrences::answered_by(std::int64_t record) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM occurrence o WHERE o.answered_by IS NOT NULL AND o.answered_by = ? "
                      "ORDER BY o.due");
  q.bind(record);
  return all(q);
}

std::optional<OccurrenceRow> Occurrences::get(std::int64_t id) {
  Query q = db_.query("SELECT " COLUMNS " FROM occurrence o WHERE o.id = ?");
  q.bind(id);
  if (!q.step()) return std::nullopt;
  return read(q);
}

std::optional<Instant> Occurrences::next_due(const CircleId& circle,
                                             const std::vector<std::int64_t>& but) {
  Query q = db_.query("SELECT id, due FROM occurrence WHERE circle = ? AND state = 1 ORDER BY due");
  q.bind(circle);
  while (q.step())
    if (std::find(but.begin(), but.end(), q.integer(0)) == but.end()) return q.integer(1);
  return std::nullopt;
}

std::optional<Instant> Occurrences::next() {
  Query q = db_.query("SELECT min(next_at) FROM occurrence WHERE next_at IS NOT NULL");
  if (!q.step() || q.null(0)) return std::nullopt;
  return q.integer(0);
}

void Occurrences::drop_ended(Part& part, Instant before) {
  take(part, db_.query("SELECT id FROM occurrence WHERE id > ? ORDER BY id "
                       "LIMIT 1 OFFSET ?"));
  db_.run(
      "DELETE FROM occurrence WHERE id > ? AND id <= ? AND deadline < ? AND state <> 1 "
      "AND NOT EXISTS (SELECT 1 FROM trigger_row t WHERE t.occurrence = occurrence.id) "
      "AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.occurrence = occurrence.id)",
      part.from, part.to, before);
}

#undef COLUMNS

}  // namespace livlina::server::store

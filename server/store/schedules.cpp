#include "server/store/schedules.hpp"

#include "server/store/claim.hpp"

namespace livlina::server::store {

namespace {

#define COLUMNS                                                                              \
  "id, circle, schedule_id, plan_version, zone, valid_from, valid_to, opens_before, grace, " \
  "reminders, times, state, next_at, owed_from"

Bytes pack_reminders(const protocol::Schedule& s) {
  ByteWriter w;
  for (const std::uint32_t r : s.reminders_s) w.u32(r);
  return w.take();
}
// Before the three entries of an interval, where weekly times have theirs. No clock shows this
// minute: a build that knows weekly times only finds a zone that it cannot read and says so,
// instead of watching nothing.
constexpr std::uint8_t interval_days = 0x7f;
constexpr std::uint16_t interval_minute = 0xffff;

// In entries of a weekday set and a minute.
Bytes pack_times(const protocol::Schedule& s) {
  ByteWriter w;
  if (s.rule == protocol::ScheduleRule::interval) {
    const protocol::IntervalWindow& i = s.interval;
    w.u8(interval_days).u16(interval_minute).u8(i.weekdays).u16(i.from);
    w.u8(0).u16(i.length).u8(0).u16(i.every);
  }
  for (const protocol::WeeklyTime& t : s.times) w.u8(t.weekdays).u16(t.minute);
  return w.take();
}

void unpack_times(ByteView bytes, protocol::Schedule& out) {
  std::vector<protocol::WeeklyTime> entries;
  for (ByteReader r(bytes); r.left() > 0;) {
    protocol::WeeklyTime t;
    t.weekdays = r.u8();
    t.minute = r.u16();
    entries.push_back(t);
  }
  if (entries.size() == 4 && entries[0].minute == interval_minute) {
    out.rule = protocol::ScheduleRule::interval;
    out.interval = {entries[1].weekdays, entries[1].minute, entries[2].minute, entries[3].minute};
  } else {
    out.times = std::move(entries);
  }
}

ScheduleRow read(const Query& q) {
  ScheduleRow row;
  row.id = q.integer(0);
  row.circle = q.id<CircleId>(1);
  row.schedule.id = q.id<ScheduleId>(2);
  row.plan_version = static_cast<std::uint32_t>(q.integer(3));
  row.schedule.zone = q.text(4);
  row.schedule.valid_from = q.integer(5);
  row.schedule.valid_to = q.integer(6);
  row.schedule.opens_before_s = static_cast<std::uint32_t>(q.integer(7));
  row.schedule.grace_s = static_cast<std::uint32_t>(q.integer(8));
  for (ByteReader r(q.blob(9)); r.left() > 0;) row.schedule.reminders_s.push_back(r.u32());
  unpack_times(q.blob(10), row.schedule);
  row.state = static_cast<ScheduleState>(q.integer(11));
  if (!q.null(12)) row.next_at = q.integer(12);
  if (!q.null(13)) row.owed_from = q.integer(13);
  return row;
}

std::vector<ScheduleRow> all(Query& q) {
  std::vector<ScheduleRow> rows;
  while (q.step()) rows.push_back(read(q));
  return rows;
}

}  // namespace

void Schedules::insert(const ScheduleRow& r) {
  db_.run(
      "INSERT INTO schedule (circle, schedule_id, plan_version, zone, valid_from, valid_to, "
      "opens_before, grace, reminders, times, state, next_at, owed_from) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      r.circle, r.schedule.id, r.plan_version, r.schedule.zone, r.schedule.valid_from,
      r.schedule.valid_to, r.schedule.opens_before_s, r.schedule.grace_s,
      pack_reminders(r.schedule), pack_times(r.schedule), static_cast<int>(r.state), r.next_at,
      r.owed_from);
}

std::vector<ScheduleRow> Schedules::live(const CircleId& circle) {
  Query q =
      db_.query("SELECT " COLUMNS " FROM schedule WHERE circle = ? AND state <> 3 ORDER BY id");
  q.bind(circle);
  return all(q);
}

std::vector<ScheduleRow> Schedules::due(Instant now, std::size_t most) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM schedule WHERE next_at IS NOT NULL AND next_at <= ? "
                      "ORDER BY next_at LIMIT ?");
  q.bind(now, static_cast<std::int64_t>(most));
  return all(q);
}

std::vector<ScheduleRow> Schedules::due_of(const CircleId& circle, Instant now) {
  Query q = db_.query("SELECT " COLUMNS
                      " FROM schedule WHERE circle = ? AND state <> 3 AND next_at <= ? "
                      "ORDER BY next_at, id");
  q.bind(circle, now);
  return all(q);
}

ScheduleRow Schedules::get(std::int64_t id) {
  Query q = db_.query("SELECT " COLUMNS " FROM schedule WHERE id = ?");
  q.bind(id);
  if (!q.step()) throw Failure(Fault::other, "schedule", "a row is gone");
  return read(q);
}

#define NEWEST                                                                               \
  " EXISTS (SELECT 1 FROM circle c WHERE c.id = schedule.circle AND c.state IN (2, 3)) AND " \
  "plan_version = (SELECT max(version) FROM plan WHERE circle = schedule.circle) "

std::vector<ScheduleRow> Schedules::of_newest_plans(std::int64_t after, std::size_t most) {
  Query q =
      db_.query("SELECT " COLUMNS " FROM schedule WHERE id > ? AND" NEWEST "ORDER BY id LIMIT ?");
  q.bind(after, static_cast<std::int64_t>(most));
  return all(q);
}

bool Schedules::of_newest_plan(std::int64_t id) {
  return db_.query("SELECT 1 FROM schedule WHERE id = ? AND" NEWEST).bind(id).step();
}

void Schedules::set(const ScheduleRow& r) {
  claimed(db_.run("UPDATE schedule SET state = ?, next_at = ?, owed_from = ? "
                  "WHERE id = ? AND state <> 3",
                  static_cast<int>(r.state), r.next_at, r.owed_from, r.id),
          "schedule");
}

void Schedules::revive(const ScheduleRow& r) {
  claimed(db_.run("UPDATE schedule SET state = ?, next_at = ?, owed_from = ? WHERE id = ?",
                  static_cast<int>(r.state), r.next_at, r.owed_from, r.id),
          "schedule");
}

void Schedules::end_all(const CircleId& circle) {
  db_.run(
      "UPDATE schedule SET state = 3, next_at = NULL, owed_from = NULL "
      "WHERE circle = ? AND state <> 3",
      circle);
}

bool Schedules::any_live(const CircleId& circle) {
  return db_.query("SELECT 1 FROM schedule WHERE circle = ? AND state <> 3 LIMIT 1")
      .bind(circle)
      .step();
}

std::vector<std::string> Schedules::zones() {
  Query q = db_.query("SELECT DISTINCT zone FROM schedule WHERE next_at IS NOT NULL ORDER BY zone");
  std::vector<std::string> out;
  while (q.step()) out.push_back(q.text(0));
  return out;
}

std::optional<Instant> Schedules::next() {
  Query q = db_.query("SELECT min(next_at) FROM schedule WHERE next_at IS NOT NULL");
  if (!q.step() || q.null(0)) return std::nullopt;
  return q.integer(0);
}

#undef NEWEST
#undef COLUMNS

}  // namespace livlina::server::store

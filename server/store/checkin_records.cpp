#include "server/store/checkin_records.hpp"

#include "server/store/claim.hpp"

namespace livlina::server::store {

std::optional<Bytes> CheckinRecords::stored_reply(const DeviceId& device,
                                                  const crypto::Hash& hash) {
  Query q = db_.query("SELECT reply FROM checkin_record WHERE device = ? AND hash = ?");
  q.bind(device, hash);
  if (!q.step()) return std::nullopt;
  return q.bytes(0);
}

std::optional<CheckinRecords::Last> CheckinRecords::last(const DeviceId& device) {
  Query q = db_.query(
      "SELECT seq, hash FROM checkin_record WHERE device = ? AND kind <> 6 "
      "ORDER BY seq DESC, id DESC LIMIT 1");
  q.bind(device);
  if (!q.step()) return std::nullopt;
  return Last{static_cast<std::uint64_t>(q.integer(0)), q.array<32>(1)};
}

bool CheckinRecords::seq_used(const DeviceId& device, std::uint64_t seq) {
  Query q =
      db_.query("SELECT 1 FROM checkin_record WHERE device = ? AND seq = ? AND kind <> 6 LIMIT 1");
  q.bind(device, seq);
  return q.step();
}

void CheckinRecords::insert(RecordRow& r) {
  const bool login = r.kind == policy::RecordKind::login;
  Query q = db_.query(
      "INSERT INTO checkin_record (circle, device, shadow, kind, answer, seq, hash, named_seq, "
      "record, reply, received_at, flags, late, judged) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) RETURNING id");
  q.bind(r.circle, r.device, r.shadow, static_cast<int>(r.kind), int{r.answer}, r.seq, r.hash,
         r.named_seq, login ? std::optional<Bytes>() : r.record,
         login ? std::optional<Bytes>() : r.reply, r.received_at, r.flags, r.late);
  if (!q.step()) throw Failure(Fault::other, "checkin_record", "no row was made");
  r.id = q.integer(0);
  q.run();
}

std::vector<RecordRow> CheckinRecords::unjudged(std::size_t most) {
  Query q = db_.query(
      "SELECT id, circle, device, shadow, kind, answer, seq, hash, named_seq, received_at, flags, "
      "late FROM checkin_record WHERE judged = 0 ORDER BY id LIMIT ?");
  q.bind(static_cast<std::int64_t>(most));
  std::vector<RecordRow> rows;
  while (q.step()) {
    RecordRow r;
    r.id = q.integer(0);
    r.circle = q.id<CircleId>(1);
    r.device = q.id<DeviceId>(2);
    r.shadow = q.integer(3) != 0;
    r.kind = static_cast<policy::RecordKind>(q.integer(4));
    r.answer = static_cast<std::uint8_t>(q.integer(5));
    r.seq = static_cast<std::uint64_t>(q.integer(6));
    r.hash = q.array<32>(7);
    r.named_seq = static_cast<std::uint64_t>(q.integer(8));
    r.received_at = q.integer(9);
    r.flags = static_cast<int>(q.integer(10));
    r.late = q.integer(11) != 0;
    rows.push_back(std::move(r));
  }
  return rows;
}

bool CheckinRecords::any_unjudged() {
  return db_.query("SELECT 1 FROM checkin_record WHERE judged = 0 LIMIT 1").step();
}

bool CheckinRecords::login_unjudged(const DeviceId& device) {
  Query q = db_.query(
      "SELECT 1 FROM checkin_record WHERE judged = 0 AND device = ? AND kind = 6 LIMIT 1");
  q.bind(device);
  return q.step();
}

void CheckinRecords::set_judged(std::int64_t id) {
  claimed(db_.run("UPDATE checkin_record SET judged = 1 WHERE id = ? AND judged = 0", id),
          "checkin_record");
}

std::vector<Bytes> CheckinRecords::check_ins(const DeviceId& device, Instant from) {
  Query q = db_.query(
      "SELECT record FROM checkin_record WHERE device = ? AND kind = 1 AND received_at >= ? "
      "ORDER BY seq");
  std::vector<Bytes> out;
  for (q.bind(device, from); q.step();) out.push_back(q.bytes(0));
  return out;
}

std::optional<std::int64_t> CheckinRecords::named(const DeviceId& device, std::uint64_t seq) {
  Query q = db_.query(
      "SELECT id FROM checkin_record WHERE device = ? AND seq = ? AND kind IN (1, 2) "
      "ORDER BY id LIMIT 1");
  q.bind(device, seq);
  if (!q.step()) return std::nullopt;
  return q.integer(0);
}

void CheckinRecords::drop_old(Part& part, Instant before) {
  take(part, db_.query("SELECT id FROM checkin_record WHERE id > ? ORDER BY id "
                       "LIMIT 1 OFFSET ?"));
  db_.run(
      "DELETE FROM checkin_record AS r WHERE id > ? AND id <= ? AND received_at < ? AND judged = 1 "
      "AND NOT EXISTS (SELECT 1 FROM occurrence o WHERE o.answered_by = r.id) "
      "AND NOT EXISTS (SELECT 1 FROM trigger_row t WHERE t.record = r.id) "
      "AND NOT EXISTS (SELECT 1 FROM incident_event e WHERE e.record = r.id) "
      "AND (kind = 6 OR EXISTS (SELECT 1 FROM checkin_record n WHERE n.device = r.device "
      "AND n.kind <> 6 AND (n.seq > r.seq OR (n.seq = r.seq AND n.id > r.id))))",
      part.from, part.to, before);
}

}  // namespace livlina::server::store

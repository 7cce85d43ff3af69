// PostRecord: one path and one reply layout for every answer and for the shadow (I10). Judging
// comes after the reply.
#include <algorithm>

#include "protocol/proto.hpp"
#include "protocol/records/checkin_record.hpp"
#include "server/services/envelopes.hpp"
#include "server/services/occurrences.hpp"
#include "server/services/openings.hpp"
#include "server/services/watch.hpp"
#include "server/store/checkin_records.hpp"

namespace livlina::server {

namespace {

using protocol::CheckinRecord;
using protocol::RecordType;

struct Signed {
  CircleFacts circle;
  bool shadow = false;
  protocol::Verified<CheckinRecord> record;
};

// Known device of the caller's account, its signature, its circle: one refusal for whatever is not
// so.
Answer<Signed> open(Turn& turn, const Caller& caller, ByteView bytes) {
  const auto id = protocol::peek_device(bytes);
  if (!id.ok()) return refuse(Code::malformed);
  const auto device = known_device(turn, *id);
  if (!device || device->account != caller.account) return refuse(Code::forbidden);
  auto record = protocol::verify_checkin(bytes, device->device.sig);
  if (!record.ok()) return refuse(Code::bad_record);
  auto circle = circle_facts(turn, (**record).circle);
  if (!circle || circle->participant != caller.account) return refuse(Code::forbidden);
  return Signed{std::move(*circle), device->shadow, std::move(record).value()};
}

// A gap, a prev that does not match or a fork is stored and flagged, never refused.
int flags_of(store::CheckinRecords& records, const CheckinRecord& r) {
  const auto last = records.last(r.device);
  if (!last)
    return (r.seq == 1 ? 0 : store::flag_gap) | (r.prev == crypto::Hash{} ? 0 : store::flag_prev);
  if (records.seq_used(r.device, r.seq)) return store::flag_fork;
  if (r.seq < last->seq) return store::flag_late_seq;
  if (r.seq > last->seq + 1) return store::flag_gap;
  return r.prev == last->hash ? 0 : store::flag_prev;
}

struct Covered {
  store::OccurrenceRow row;
  policy::OccurrenceStep step;
};

// What a check-in meets, stepped by its answer; nothing for the other types.
std::vector<Covered> covered_by(Turn& turn, const CircleFacts& circle, const CheckinRecord& r) {
  std::vector<Covered> out;
  if (r.type != RecordType::checkin) return out;
  store::Occurrences occurrences(turn.db);
  std::vector<store::OccurrenceRow> rows;
  if (r.schedule == ByteArray<16>{}) {
    rows = occurrences.answerable(circle.id, turn.now);
  } else if (auto row = occurrences.of_slot(circle.id, ScheduleId{r.schedule}, r.slot_utc)) {
    rows.push_back(*row);
  }
  for (const store::OccurrenceRow& row : rows) {
    // Yesterday's word is no answer to today's question, even if it arrives while that is open.
    if (!protocol::pressed_for(r, row.schedule_id, row.o.opens_at, row.o.due)) continue;
    auto step = policy::step(row.o, policy::occurrence_event::Answered{r.answer}, {}, turn.now);
    out.push_back({row, step});
  }
  return out;
}

// The earliest due that still waits for an answer, or of the next slots; 0: none known.
Instant next_due(Turn& turn, const CircleFacts& circle, const std::vector<Covered>& covered) {
  std::vector<std::int64_t> answered;
  answered.reserve(covered.size());
  for (const Covered& c : covered) answered.push_back(c.row.id);
  std::optional<Instant> due = store::Occurrences(turn.db).next_due(circle.id, answered);
  for (const store::ScheduleRow& s : store::Schedules(turn.db).live(circle.id)) {
    if (!s.next_at) continue;
    const Instant next = *s.next_at + s.schedule.opens_before_s * second;
    due = due ? std::min(*due, next) : next;
  }
  return due.value_or(0);
}

// The signed record of a check-in and its note go only to lines with the check-in and the alarm
// scope: a line without the alarm scope must not be able to tell the shadow from the primary.
std::vector<DeviceId> recipients(Turn& turn, const CircleFacts& circle, RecordType type) {
  const std::uint16_t need = type == RecordType::checkin
                                 ? static_cast<std::uint16_t>(scope_checkin | scope_alarm)
                                 : scope_alarm;
  std::vector<DeviceId> out;
  for (const Member& m : members(turn, circle, scope_alarm, Grace::all))
    if ((m.scope & need) == need) out.insert(out.end(), m.devices.begin(), m.devices.end());
  return out;
}

// A check-in's note is of kind 6, every other record's of kind 4.
void forward(Turn& turn, const std::vector<DeviceId>& to, RecordType type, const Bytes& record,
             const v1::PostRecord& request) {
  v1::ForwardedRecord forwarded;
  forwarded.set_record(to_string(record));
  forwarded.set_received_at(turn.now);
  const std::string content = forwarded.SerializeAsString();
  // Rule 16: never refused for a full mailbox or an unknown recipient; those are dropped.
  for (const DeviceId& id : to) (void)post_mail(turn, id, MailKind::record, view(content), true);
  // Nor for its notes: what is none is dropped.
  const auto queue = type == RecordType::checkin ? store::Rank::normal : store::Rank::urgent;
  post_notes(turn, notes_of(request.notes(), queue, to));
}

}  // namespace

Answer<v1::RecordAnswer> post_record(Turn& turn, const Caller& caller,
                                     const v1::PostRecord& request) {
  auto opened = open(turn, caller, view(request.record()));
  if (!opened.ok()) return opened.error();
  const CircleFacts& circle = opened->circle;
  const auto& record = opened->record;
  store::CheckinRecords records(turn.db);
  v1::RecordAnswer answer;
  if (const auto stored = records.stored_reply(record->device, record.hash())) {
    answer.set_reply(to_string(*stored));
    return answer;
  }

  // An opening that is due in this very round comes first.
  if (record->type == RecordType::checkin) ensure_open(turn, circle);
  // Decided before the first write of its own.
  std::vector<Covered> covered = covered_by(turn, circle, *record);
  protocol::RecordReply reply;
  // H05: an answer that meets no occurrence does not count for one, and says so.
  reply.status = record->type == RecordType::checkin && covered.empty()
                     ? protocol::RecordStatus::not_open
                     : protocol::RecordStatus::received;
  reply.seq = record->seq;
  reply.received_at = turn.now;
  reply.next_due = next_due(turn, circle, covered);
  const auto to = recipients(turn, circle, record->type);

  store::RecordRow row;
  row.circle = circle.id;
  row.device = record->device;
  row.shadow = opened->shadow;
  row.kind = static_cast<policy::RecordKind>(record->type);
  row.answer = record->answer;
  row.seq = record->seq;
  row.hash = record.hash();
  if (record->type == RecordType::cancel || record->type == RecordType::mistake)
    row.named_seq = ByteReader(record->schedule).u64();
  row.record = record.record();
  row.reply = protocol::encode(reply);
  row.received_at = turn.now;
  row.flags = flags_of(records, *record);
  row.late = std::any_of(covered.begin(), covered.end(),
                         [](const Covered& c) { return c.step.credit == policy::Credit::late; });
  records.insert(row);
  for (Covered& c : covered) {
    if (c.step.credit == policy::Credit::counts) {
      c.row.answered_by = row.id;
      c.row.answered_at = turn.now;
    }
    apply(turn, circle, c.row, c.step);
  }
  forward(turn, to, record->type, record.record(), request);
  answer.set_reply(to_string(row.reply));
  return answer;
}

}  // namespace livlina::server

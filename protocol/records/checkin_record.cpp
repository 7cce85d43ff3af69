#include "protocol/records/checkin_record.hpp"

#include "protocol/records/verifier.hpp"

namespace livlina::protocol {

namespace {

constexpr std::string_view purpose = "checkin";
constexpr std::size_t device_offset = 1 + 1 + 16;

// The answers of each type; slot and schedule say what the type needs and nothing else.
bool consistent(const CheckinRecord& r) {
  ByteReader schedule(r.schedule);
  const std::uint64_t first = schedule.u64();
  const std::uint64_t rest = schedule.u64();
  switch (r.type) {
    case RecordType::checkin:
      return r.answer >= 1 && r.answer <= 3 && (r.slot_utc == 0 || sane_date(r.slot_utc));
    case RecordType::alarm:
      return r.answer >= 1 && r.answer <= 3 && r.slot_utc == 0 && first == 0 && rest == 0;
    case RecordType::cancel:
    case RecordType::mistake:
      // Names an earlier record of the same device.
      return r.answer == 0 && r.slot_utc == 0 && first >= 1 && first < r.seq && rest == 0;
  }
  return false;
}

bool is_of(const CheckinRecord& record, const ScheduleId& schedule) {
  return record.schedule == ByteArray<16>{} || record.schedule == schedule.bytes;
}

Result<CheckinRecord> parse(ByteReader& in) {
  CheckinRecord r;
  r.type = static_cast<RecordType>(in.u8());
  r.circle = read_id<CircleId>(in);
  r.device = read_id<DeviceId>(in);
  r.plan_hash = in.array<32>();
  r.schedule = in.array<16>();
  r.slot_utc = in.i64();
  r.seq = in.u64();
  r.prev = in.array<32>();
  r.claimed_at = in.i64();
  r.answer = in.u8();
  r.heads.manifest_seq = in.u32();
  r.heads.manifest_hash = in.array<32>();
  r.heads.plan_version = in.u32();
  r.heads.devlist_version = in.u32();
  r.heads.devlist_hash = in.array<32>();
  r.heads.envelopes = in.array<32>();
  r.note_ref = in.array<32>();
  if (!in.ok() || r.seq == 0 || !consistent(r)) return Error::bad_format;
  if (!exact_time(r.claimed_at)) return Error::bad_dates;
  return r;
}

}  // namespace

Bytes sign_checkin(const CheckinRecord& r, const crypto::SignKeyPair& device) {
  ByteWriter w(checkin_record_size);
  w.u8(record_version).u8(static_cast<std::uint8_t>(r.type)).bytes(r.circle.view());
  w.bytes(r.device.view()).bytes(r.plan_hash).bytes(r.schedule).i64(r.slot_utc).u64(r.seq);
  w.bytes(r.prev).i64(r.claimed_at).u8(r.answer);
  w.u32(r.heads.manifest_seq).bytes(r.heads.manifest_hash).u32(r.heads.plan_version);
  w.u32(r.heads.devlist_version).bytes(r.heads.devlist_hash).bytes(r.heads.envelopes);
  w.bytes(r.note_ref);
  return Verifier::sign(std::move(w), purpose, device);
}

Result<Verified<CheckinRecord>> verify_checkin(ByteView record, const crypto::SignPublic& device) {
  return Verifier::open<CheckinRecord>(record, checkin_record_size, purpose, device, parse);
}

Result<CheckinRecord> read_checkin(ByteView stored) {
  LIVLINA_CHECK(Verifier::check_frame(stored, checkin_record_size));
  if (stored.size() != checkin_record_size) return Error::bad_format;
  ByteReader in(stored.subspan(1, checkin_record_size - 1 - signature_size));
  return parse(in);
}

Result<DeviceId> peek_device(ByteView record) {
  LIVLINA_CHECK(Verifier::check_frame(record, checkin_record_size));
  if (record.size() != checkin_record_size) return Error::bad_format;
  return *DeviceId::from(record.subspan(device_offset, 16));
}

crypto::Hash note_ref(ByteView salt32, ByteView note) {
  return crypto::sha256({view(std::string_view("livlina/1/note")), salt32, note});
}

bool pressed_for(const CheckinRecord& record, const ScheduleId& schedule, Instant opens_at,
                 Instant due) {
  if (!is_of(record, schedule)) return false;
  return record.slot_utc == due || record.claimed_at >= opens_at - press_slack;
}

bool pressed_within(const CheckinRecord& record, const ScheduleId& schedule, Instant opens_at,
                    Instant deadline) {
  return is_of(record, schedule) && record.claimed_at >= opens_at - press_slack &&
         record.claimed_at <= deadline + press_slack;
}

Bytes encode(const RecordReply& reply) {
  ByteWriter w(record_reply_size);
  w.u8(static_cast<std::uint8_t>(reply.status)).u64(reply.seq).i64(reply.received_at);
  w.i64(reply.next_due);
  return w.zeros(record_reply_size - w.size()).take();
}

Result<RecordReply> parse_record_reply(ByteView bytes) {
  if (bytes.size() != record_reply_size) return Error::bad_format;
  ByteReader r(bytes);
  RecordReply out;
  const std::uint8_t status = r.u8();
  out.seq = r.u64();
  out.received_at = r.i64();
  out.next_due = r.i64();
  if (status != static_cast<std::uint8_t>(RecordStatus::received) &&
      status != static_cast<std::uint8_t>(RecordStatus::not_open))
    return Error::bad_format;
  while (r.left() > 0)
    if (r.u8() != 0) return Error::bad_format;
  out.status = static_cast<RecordStatus>(status);
  return out;
}

}  // namespace livlina::protocol

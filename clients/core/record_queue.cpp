#include "clients/core/record_queue.hpp"

#include <algorithm>

namespace livlina::client {

namespace {

constexpr std::uint8_t queue_version = 1;
constexpr std::size_t max_frame_size = 8192;  // a note's frame with its init part is below 4 KiB
constexpr const char* chain_key = "checkin/chain";
constexpr const char* queue_prefix = "checkin/queue/";

// Sixteen hex digits, so that the store's order is the order of seq.
std::string queue_key(std::uint64_t seq) {
  ByteArray<8> big{};
  for (std::size_t i = 0; i < 8; ++i) big[i] = static_cast<std::uint8_t>(seq >> (56 - 8 * i));
  return queue_prefix + hex(big);
}

Bytes encode(const QueuedRecord& q) {
  ByteWriter w;
  w.u8(queue_version).u64(q.seq).sized(q.record).u8(static_cast<std::uint8_t>(q.kind));
  w.bytes(q.circle.view()).i64(q.pressed_at).sized(client::encode(q.note));
  w.u8(static_cast<std::uint8_t>(q.way)).u8(q.answered ? 1 : 0).bytes(q.message.view());
  w.u32(static_cast<std::uint32_t>(q.notes.size()));
  for (const SealedNote& n : q.notes) w.bytes(n.device.view()).sized(n.frame);
  return w.take();
}

std::optional<QueuedRecord> parse(ByteView bytes) {
  ByteReader r(bytes);
  QueuedRecord q;
  const bool known = r.u8() == queue_version;
  q.seq = r.u64();
  q.record = to_bytes(r.sized(protocol::checkin_record_size));
  q.kind = static_cast<crypto::Kind>(r.u8());
  q.circle = CircleId{r.array<16>()};
  q.pressed_at = r.i64();
  const auto note = parse_note(r.sized(max_note + 64));
  q.way = static_cast<NoteWay>(r.u8());
  q.answered = r.u8() == 1;
  q.message = MessageId{r.array<16>()};
  const std::uint32_t count = r.u32();
  for (std::uint32_t i = 0; i < count && r.ok(); ++i) {
    const DeviceId device{r.array<16>()};
    q.notes.push_back({device, to_bytes(r.sized(max_frame_size))});
  }
  const bool possible = q.record.size() == protocol::checkin_record_size &&
                        (q.kind == crypto::Kind::checkin_note || q.kind == crypto::Kind::alarm) &&
                        q.way >= NoteWay::waiting && q.way <= NoteWay::handed;
  if (!known || !note || !r.done() || !possible) return std::nullopt;
  q.note = *note;
  return q;
}

}  // namespace

crypto::Status RecordQueue::load() {
  queue_.clear();
  seq_ = 0;
  prev_ = {};
  last_alarm_ = 0;
  answered_due_ = 0;
  if (store_.has(chain_key)) {
    ByteReader r(store_.get(chain_key));
    const bool known = r.u8() == queue_version;
    seq_ = r.u64();
    prev_ = r.array<32>();
    last_alarm_ = r.u64();
    answered_due_ = r.i64();
    if (!known || !r.done()) return crypto::Error::bad_format;
  }
  for (const std::string& key : store_.keys(queue_prefix)) {
    auto queued = parse(store_.get(key));
    if (!queued) return crypto::Error::bad_format;
    queue_.push_back(std::move(*queued));
  }
  return crypto::done();
}

const QueuedRecord& RecordQueue::add(protocol::CheckinRecord record,
                                     const crypto::SignKeyPair& device, Note note,
                                     crypto::Kind kind, Instant now) {
  record.seq = ++seq_;
  record.prev = prev_;
  record.note_ref = note.ref();
  QueuedRecord q;
  q.seq = record.seq;
  q.record = protocol::sign_checkin(record, device);
  q.kind = kind;
  q.circle = record.circle;
  q.pressed_at = now;
  q.note = std::move(note);
  prev_ = crypto::sha256(q.record);
  if (record.type == protocol::RecordType::alarm) last_alarm_ = record.seq;
  save_chain();
  save(q);
  queue_.push_back(std::move(q));
  return queue_.back();
}

QueuedRecord* RecordQueue::find(std::uint64_t seq) {
  const auto it = std::find_if(queue_.begin(), queue_.end(),
                               [&](const QueuedRecord& q) { return q.seq == seq; });
  return it == queue_.end() ? nullptr : &*it;
}

void RecordQueue::save(const QueuedRecord& record) {
  store_.put(queue_key(record.seq), encode(record));
}

void RecordQueue::erase(std::uint64_t seq) {
  store_.erase(queue_key(seq));
  queue_.erase(std::remove_if(queue_.begin(), queue_.end(),
                              [&](const QueuedRecord& q) { return q.seq == seq; }),
               queue_.end());
}

void RecordQueue::set_answered_due(Instant due) {
  if (due <= answered_due_) return;
  answered_due_ = due;
  save_chain();
}

void RecordQueue::save_chain() {
  ByteWriter w;
  w.u8(queue_version).u64(seq_).bytes(prev_).u64(last_alarm_).i64(answered_due_);
  store_.put(chain_key, w.get());
}

}  // namespace livlina::client

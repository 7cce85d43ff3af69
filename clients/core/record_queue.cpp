#include "clients/core/record_queue.hpp"

#include <algorithm>
#include <iterator>

namespace livlina::client {

namespace {

constexpr std::uint8_t queue_version = 1;
constexpr std::size_t max_frame_size = 8192;  // a note's frame with its init part is below 4 KiB
constexpr const char* chain_key = "checkin/chain";
constexpr std::uint8_t flag_answered = 1, flag_posted = 2, flag_hidden = 4;
constexpr const char* queue_prefix = "checkin/queue/";
constexpr const char* hidden_key = "checkin/hidden";  // u8 version | seq u64 each, rising
constexpr std::size_t answer_at = 1 + 1 + 16 + 16 + 32 + 16 + 8 + 8 + 32 + 8;  // in the record

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
  const auto flags =
      static_cast<std::uint8_t>((q.answered ? flag_answered : 0) | (q.posted ? flag_posted : 0) |
                                (q.hidden ? flag_hidden : 0));
  w.u8(static_cast<std::uint8_t>(q.way)).u8(flags).bytes(q.message.view());
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
  const std::uint8_t flags = r.u8();
  q.answered = (flags & flag_answered) != 0;
  q.posted = (flags & flag_posted) != 0;
  q.hidden = (flags & flag_hidden) != 0;
  q.message = MessageId{r.array<16>()};
  const std::uint32_t count = r.u32();
  for (std::uint32_t i = 0; i < count && r.ok(); ++i) {
    const DeviceId device{r.array<16>()};
    q.notes.push_back({device, to_bytes(r.sized(max_frame_size))});
  }
  const bool possible = flags < 2 * flag_hidden &&
                        q.record.size() == protocol::checkin_record_size &&
                        (q.kind == crypto::Kind::checkin_note || q.kind == crypto::Kind::alarm) &&
                        q.way >= NoteWay::waiting && q.way <= NoteWay::handed;
  if (!known || !note || !r.done() || !possible) return std::nullopt;
  q.note = *note;
  return q;
}

// The second byte of the layout; the record is our own.
protocol::RecordType type_of(const QueuedRecord& q) {
  return static_cast<protocol::RecordType>(q.record.at(1));
}

// An alarm that a cancel may take back or speak of. Whoever holds the phone must neither end a
// silent one nor learn of it.
bool cancellable(const QueuedRecord& q) {
  return type_of(q) == protocol::RecordType::alarm && !q.hidden &&
         q.record.at(answer_at) != static_cast<std::uint8_t>(protocol::AlarmKind::silent);
}

bool unsent_alarm(const QueuedRecord& q) { return !q.posted && cancellable(q); }

}  // namespace

crypto::Status RecordQueue::load() {
  queue_.clear();
  seq_ = 0;
  prev_ = {};
  last_alarm_ = 0;
  answered_due_ = 0;
  hidden_.clear();
  if (store_.has(hidden_key)) {
    ByteReader r(store_.get(hidden_key));
    if (r.u8() != queue_version) return crypto::Error::bad_format;
    while (r.ok() && r.left() > 0) hidden_.push_back(r.u64());
    if (!r.done()) return crypto::Error::bad_format;
  }
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
  if (record.posted && cancellable(record) && record.seq > last_alarm_) {
    last_alarm_ = record.seq;
    save_chain();
  }
  store_.put(queue_key(record.seq), encode(record));
}

std::uint64_t RecordQueue::last_alarm() const {
  std::uint64_t out = last_alarm_;
  for (const QueuedRecord& q : queue_)
    if (cancellable(q)) out = std::max(out, q.seq);
  return out;
}

QueuedRecord* RecordQueue::find_by_note(const crypto::Hash& note_ref) {
  const auto it = std::find_if(queue_.begin(), queue_.end(),
                               [&](const QueuedRecord& q) { return q.note.ref() == note_ref; });
  return it == queue_.end() ? nullptr : &*it;
}

std::optional<std::uint64_t> RecordQueue::first_unsent_alarm() const {
  const auto first = std::find_if(queue_.begin(), queue_.end(), unsent_alarm);
  if (first == queue_.end()) return std::nullopt;
  const bool bound = std::any_of(first, queue_.end(), [](const QueuedRecord& q) {
    const auto type = type_of(q);
    return !q.hidden && (q.posted || type == protocol::RecordType::cancel ||
                         type == protocol::RecordType::mistake);
  });
  return bound ? std::nullopt : std::optional(first->seq);
}

std::vector<std::uint64_t> RecordQueue::hide_unsent_alarms() {
  std::vector<std::uint64_t> out;
  if (!first_unsent_alarm()) return out;
  for (QueuedRecord& q : queue_) {
    if (!unsent_alarm(q)) continue;
    q.hidden = true;
    out.push_back(q.seq);
    save(q);
  }
  hidden_.insert(hidden_.end(), out.begin(), out.end());
  std::sort(hidden_.begin(), hidden_.end());
  ByteWriter w;
  w.u8(queue_version);
  for (const std::uint64_t seq : hidden_) w.u64(seq);
  store_.put(hidden_key, w.get());
  return out;
}

std::uint64_t RecordQueue::shown_seq(std::uint64_t seq) const {
  const auto before = std::lower_bound(hidden_.begin(), hidden_.end(), seq) - hidden_.begin();
  return seq - static_cast<std::uint64_t>(before);
}

std::optional<std::uint64_t> RecordQueue::drop_unsent_alarms(const crypto::SignKeyPair& device) {
  const auto taken_from = first_unsent_alarm();
  if (!taken_from) return std::nullopt;
  const std::uint64_t from = *taken_from;
  const auto first = std::find_if(queue_.begin(), queue_.end(), unsent_alarm);
  std::vector<protocol::CheckinRecord> parsed;  // of those from the first on
  for (auto q = first; q != queue_.end(); ++q) {
    const auto record = protocol::verify_checkin(q->record, device.public_key());
    if (!record.ok()) return std::nullopt;
    parsed.push_back(**record);
  }
  std::vector<QueuedRecord> later(std::make_move_iterator(first),
                                  std::make_move_iterator(queue_.end()));
  queue_.erase(first, queue_.end());
  for (const QueuedRecord& q : later) store_.erase(queue_key(q.seq));
  seq_ = from - 1;
  prev_ = parsed.front().prev;
  for (std::size_t i = 0; i < later.size(); ++i) {
    if (unsent_alarm(later[i])) continue;
    protocol::CheckinRecord record = parsed[i];
    record.seq = ++seq_;
    record.prev = prev_;
    QueuedRecord& q = later[i];
    q.seq = record.seq;
    q.record = protocol::sign_checkin(record, device);
    prev_ = crypto::sha256(q.record);
    save(q);
    queue_.push_back(std::move(q));
  }
  save_chain();
  return from;
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

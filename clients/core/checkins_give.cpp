// Checkins' side towards the server: notes first where that costs no time, then the record, again
// and again until the reply comes.
#include <algorithm>
#include <limits>
#include <utility>

#include "clients/core/checkins.hpp"
#include "clients/core/given.hpp"
#include "clients/core/plan_zones.hpp"
#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

constexpr Instant never = std::numeric_limits<Instant>::max();

Bytes subject_of(std::uint64_t seq) { return ByteWriter().u64(seq).take(); }

// Without notes nothing is stored under a message id: any will do.
v1::PostRecord request_of(const QueuedRecord& q) {
  v1::PostRecord out;
  out.set_record(livlina::to_string(q.record));
  if (q.way == NoteWay::with) out.set_message_id(livlina::to_string(q.message.view()));
  for (const SealedNote& n : q.notes) {
    auto& envelope = *out.add_notes();
    envelope.set_device_id(livlina::to_string(n.device.view()));
    envelope.set_frame(livlina::to_string(n.frame));
  }
  return out;
}

}  // namespace

// Until when each record that was not answered waits for what is not ready: its own notes, and
// those ahead of it, because records go in the order in which they were pressed. An alarm hurries
// all before it.
std::map<std::uint64_t, Instant> Checkins::times() const {
  std::map<std::uint64_t, Instant> out;
  Instant latest = never;
  for (auto q = queue_.all().rbegin(); q != queue_.all().rend(); ++q) {
    if (q->answered) continue;
    const bool alarm = q->kind == crypto::Kind::alarm;
    const auto attempt = attempts_.find(q->seq);
    if (attempt != attempts_.end()) {
      const Duration wait = alarm ? alarm_seal_wait : checkin_seal_wait;
      if (q->way == NoteWay::waiting)
        latest = std::min(latest, attempt->second.since + wait);
      else if (alarm && !attempt->second.under_way)
        latest = std::min(latest, std::max(attempt->second.since, attempt->second.retry_at));
    }
    out[q->seq] = latest;
  }
  return out;
}

// Callbacks may come while this runs: what they ask for is done in one more round.
void Checkins::give() {
  if (std::exchange(giving_, true)) {
    give_again_ = true;
    return;
  }
  do {
    give_again_ = false;
    give_all();
  } while (give_again_);
  giving_ = false;
}

void Checkins::give_all() {
  if (!context_.requests.logged_in()) return;
  expire();
  std::vector<std::uint64_t> seqs;
  for (const QueuedRecord& q : queue_.all()) seqs.push_back(q.seq);
  for (const std::uint64_t seq : seqs) {
    const QueuedRecord* q = queue_.find(seq);
    if (q == nullptr) continue;
    const auto [it, fresh] = attempts_.try_emplace(seq);
    if (fresh) it->second.since = context_.now;
    const bool unsealed = q->way == NoteWay::waiting || q->way == NoteWay::after;
    if (unsealed && !std::exchange(it->second.sealing, true)) seal(seq);
  }
  const auto until = times();
  for (const auto& [seq, latest] : until) {
    QueuedRecord* q = queue_.find(seq);
    const auto attempt = attempts_.find(seq);
    if (q == nullptr || q->answered || attempt == attempts_.end()) continue;
    if (attempt->second.under_way || context_.now < attempt->second.retry_at) continue;
    if (q->way == NoteWay::waiting && context_.now < latest) return;
    const auto record = protocol::read_checkin(q->record);
    if (record.ok() && record->type == protocol::RecordType::cancel) {
      // An alarm that the server had lost has called people already.
      const Instant at =
          late_cancel_at(context_.store, ByteReader(record->schedule).u64(), context_.now);
      if (at > context_.now) {
        attempt->second.retry_at = at;
        continue;
      }
    }
    post(*q, attempt->second);
  }
}

void Checkins::seal(std::uint64_t seq) {
  const QueuedRecord& q = *queue_.find(seq);
  const std::uint16_t scope =
      q.kind == crypto::Kind::alarm ? scope_alarm : std::uint16_t{scope_checkin | scope_alarm};
  const CircleId circle = q.circle;
  // For as long as it takes: times() says how long the record itself waits.
  messenger_.seal_notes(
      q.kind, circle, scope, encode(q.note), std::nullopt,
      [this, note = q.note.ref()](MessageId id, const std::vector<v1::Envelope>& envelopes) {
        sealed(note, id, envelopes);
      });
}

// In the step that stores the advanced sessions.
void Checkins::sealed(const crypto::Hash& note, const MessageId& id,
                      const std::vector<v1::Envelope>& envelopes) {
  if (dropped_.erase(note) != 0) return;  // nobody is told what was taken back
  QueuedRecord* q = queue_.find_by_note(note);
  if (q == nullptr || q->way == NoteWay::after) {
    // Too late: the record has gone, and its repetition must be the same request.
    messenger_.send_apart(id, envelopes);
    if (q == nullptr) return;
    q->way = NoteWay::handed;
    return keep(*q);
  }
  if (q->way != NoteWay::waiting) return;
  q->way = NoteWay::with;
  q->message = id;
  for (const v1::Envelope& e : envelopes)
    q->notes.push_back(
        {DeviceId::from(e.device_id()).value_or(DeviceId{}), to_bytes(view(e.frame()))});
  queue_.save(*q);
  give();
}

void Checkins::post(QueuedRecord& q, Attempt& attempt) {
  if (q.way == NoteWay::waiting) q.way = NoteWay::after;
  if (!q.posted) {
    q.posted = true;
    queue_.save(q);
  }
  attempt.under_way = true;
  v1::Request request;
  v1::PostRecord& post = *request.mutable_post_record();
  post = request_of(q);
  if (post.message_id().empty())
    post.set_message_id(livlina::to_string(context_.random.array<16>()));
  context_.requests.send(std::move(request), [this, seq = q.seq](const v1::ServerFrame* reply) {
    replied(seq, reply);
  });
}

void Checkins::replied(std::uint64_t seq, const v1::ServerFrame* reply) {
  const auto attempt = attempts_.find(seq);
  QueuedRecord* q = queue_.find(seq);
  if (attempt == attempts_.end() || q == nullptr) return;
  attempt->second.under_way = false;
  if (reply == nullptr) return;  // offline() tells the commands, and the next log-in begins anew
  if (reply->has_error()) {
    refused(seq, *reply);
    return give();
  }
  const auto parsed = protocol::parse_record_reply(view(reply->record_answer().reply()));
  if (reply->has_record_answer() && parsed.ok() && parsed->seq == seq) {
    accepted(*q, *parsed);
  } else {  // G2: only what says so is a receipt
    if (!q->hidden) context_.warn("bad_reply", {}, subject_of(seq));
    attempt->second.retry_at = context_.now + refused_retry;
  }
  give();
}

void Checkins::accepted(QueuedRecord& q, const protocol::RecordReply& reply) {
  keep_given_post(context_.store, q.seq, context_.now, reply.received_at, request_of(q));
  if (q.hidden) {  // in the real realm it is not there
    q.answered = true;
    return keep(q);
  }
  const auto command = waiting_.find(q.seq);
  v1::Event event;
  event.set_command_id(command == waiting_.end() ? 0 : command->second);
  auto& told = *event.mutable_checkin_accepted();
  told.set_seq(queue_.shown_seq(q.seq));
  told.set_status(static_cast<std::uint32_t>(reply.status));
  told.set_received_at(reply.received_at);
  told.set_next_due(reply.next_due);
  const AlarmTold alarm = heard(q, reply.received_at);
  told.set_own_alarm(static_cast<std::uint32_t>(alarm.word));
  told.set_alarm_at(alarm.alarm_at);
  context_.emit(std::move(event));
  if (command != waiting_.end()) {
    context_.finish(command->second, Unit{});
    waiting_.erase(command);
  }
  note_answered(q, reply);
  q.answered = true;
  keep(q);
}

// It holds up nothing behind it, and stays: a server that refuses it today (it was restored, or has
// a fault) may know better tomorrow.
void Checkins::refused(std::uint64_t seq, const v1::ServerFrame& reply) {
  Attempt& attempt = attempts_[seq];
  if (no_answer(&reply)) {  // the same bytes again, soon
    attempt.retry_at =
        context_.now + std::max<Duration>(record_retry, Duration{reply.error().retry_after_ms()});
    return;
  }
  attempt.retry_at = context_.now + refused_retry;
  const Outcome why = outcome(&reply);
  const QueuedRecord* q = queue_.find(seq);
  if (q != nullptr && q->hidden) return;
  context_.warn("record_refused", {}, subject_of(seq), why.detail);
  if (const auto command = waiting_.find(seq); command != waiting_.end()) {
    context_.finish(command->second, why.status, why.detail);
    waiting_.erase(command);
  }
}

void Checkins::keep(const QueuedRecord& q) {
  if (q.done())
    drop(q.seq);
  else
    queue_.save(q);
}

void Checkins::drop(std::uint64_t seq) {
  context_.forget_warning("record_refused", {}, subject_of(seq));
  context_.forget_warning("bad_reply", {}, subject_of(seq));
  queue_.erase(seq);
  attempts_.erase(seq);
}

// Only what was tried on this connection and refused: a record of a phone that was away for long
// is given first.
void Checkins::expire() {
  std::vector<std::uint64_t> over;
  for (const QueuedRecord& q : queue_.all()) {
    const auto attempt = attempts_.find(q.seq);
    const bool refused = attempt != attempts_.end() && attempt->second.retry_at != 0 &&
                         !attempt->second.under_way && !q.answered;
    if (refused && context_.now - q.pressed_at >= record_life) over.push_back(q.seq);
  }
  for (const std::uint64_t seq : over) {
    const bool hidden = queue_.find(seq)->hidden;
    drop(seq);
    if (hidden) continue;
    context_.warn("record_given_up", {}, subject_of(seq));
    if (const auto command = waiting_.find(seq); command != waiting_.end()) {
      context_.finish(command->second, Error::refused);
      waiting_.erase(command);
    }
  }
}

void Checkins::online() {
  const Circle* circle = trust_.circle_of(self_->account);
  if (self_->participant && circle != nullptr) check_zones(context_, *circle);
  give();
}

void Checkins::offline() {
  attempts_.clear();
  for (const auto& [seq, command] : std::exchange(waiting_, {}))
    context_.finish(command, Error::offline);
}

void Checkins::tick() { give(); }

std::optional<Instant> Checkins::wake_at() const {
  if (!context_.requests.logged_in()) return std::nullopt;
  std::optional<Instant> out;
  Instant held = 0;  // by those ahead
  for (const auto& [seq, latest] : times()) {
    const auto attempt = attempts_.find(seq);
    if (attempt == attempts_.end() || attempt->second.under_way) continue;
    const auto q = std::find_if(queue_.all().begin(), queue_.all().end(),
                                [n = seq](const QueuedRecord& each) { return each.seq == n; });
    if (q->way == NoteWay::waiting) held = std::max(held, latest);
    const Instant at = std::max(held, attempt->second.retry_at);
    if (at != 0) out = std::min(out.value_or(at), at);
  }
  return out;
}

bool Checkins::idle() const {
  return std::all_of(queue_.all().begin(), queue_.all().end(), [this](const QueuedRecord& q) {
    if (q.answered) return true;  // its note is the messenger's
    const auto attempt = attempts_.find(q.seq);
    return attempt != attempts_.end() && !attempt->second.under_way &&
           attempt->second.retry_at > context_.now;
  });
}

}  // namespace livlina::client

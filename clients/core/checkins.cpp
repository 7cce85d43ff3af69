#include "clients/core/checkins.hpp"

#include <algorithm>

#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

using protocol::RecordType;

namespace {

// Every slot of the plan that an answer at `now` would be for.
std::vector<protocol::Slot> open_slots(const protocol::Plan& plan, const protocol::Zones& zones,
                                       Instant now) {
  std::vector<protocol::Slot> out;
  for (const protocol::Schedule& s : plan.schedules) {
    const Duration length = (Duration{s.opens_before_s} + s.grace_s) * second;
    for (const protocol::Slot& slot : protocol::slots_between(s, now - length - 1, now, 8, zones))
      if (slot.opens_at <= now && now <= slot.deadline) out.push_back(slot);
  }
  return out;
}

bool may_pass(const v1::ServerFrame& reply) {
  switch (reply.error().code()) {
    case v1::BUSY:
    case v1::QUEUE_FULL:
    case v1::DISK_FULL:
    case v1::INTERNAL:
    case v1::SHUTTING_DOWN:
      return true;
    default:
      return false;
  }
}

}  // namespace

Checkins::Checkins(Context& context, Trust& trust, Messenger& messenger)
    : context_(context), trust_(trust), messenger_(messenger), queue_(context.store) {}

crypto::Status Checkins::load(const Identity& identity) {
  self_ = &identity;
  return queue_.load();
}

bool Checkins::command(const v1::Command& command) {
  switch (command.command_case()) {
    case v1::Command::kCheckIn:
      say(command.id(), RecordType::checkin,
          static_cast<std::uint8_t>(std::min(command.check_in().answer(), 255u)),
          command.check_in().note(), crypto::Kind::checkin_note);
      return true;
    case v1::Command::kRaiseAlarm:
      say(command.id(), RecordType::alarm,
          static_cast<std::uint8_t>(std::min(command.raise_alarm().kind(), 255u)),
          command.raise_alarm().note(), crypto::Kind::alarm);
      return true;
    case v1::Command::kCancelAlarm:
      if (queue_.last_alarm() == 0)
        context_.finish(command.id(), Error::wrong_state, "no_alarm");
      else
        say(command.id(),
            command.cancel_alarm().mistake() ? RecordType::mistake : RecordType::cancel, 0, {},
            crypto::Kind::alarm);
      return true;
    default:
      return false;
  }
}

void Checkins::say(std::uint64_t command, RecordType type, std::uint8_t answer,
                   const std::string& text, crypto::Kind kind) {
  if (!self_->participant) return context_.finish(command, Error::not_yours);
  if (text.size() > max_note) return context_.finish(command, Error::too_large, "note");
  const bool has_answer = type == RecordType::checkin || type == RecordType::alarm;
  if (has_answer && (answer < 1 || answer > 3))
    return context_.finish(command, Error::bad_argument, "answer");
  const Circle* circle = trust_.circle_of(self_->account);
  if (circle == nullptr) return context_.finish(command, Error::unknown_circle);

  protocol::CheckinRecord record = record_for(*circle);
  record.type = type;
  record.answer = answer;
  if (!has_answer)
    for (std::size_t i = 0; i < 8; ++i)
      record.schedule[i] = static_cast<std::uint8_t>(queue_.last_alarm() >> (8 * i));
  if (type == RecordType::checkin && circle->plan) {
    Instant newest = 0;
    for (const protocol::Slot& slot : open_slots(**circle->plan, context_.zones, context_.now)) {
      if (record.slot_utc == 0 || slot.due < record.slot_utc) record.slot_utc = slot.due;
      newest = std::max(newest, slot.due);
    }
    queue_.set_answered_due(newest);
  }
  const std::uint64_t seq =
      queue_.add(record, self_->device_key, make_note(text, context_.random), kind).seq;
  if (!context_.requests.connected()) return context_.finish(command, Error::offline);
  waiting_[seq] = command;
  give();
}

protocol::CheckinRecord Checkins::record_for(const Circle& circle) const {
  protocol::CheckinRecord record;
  record.circle = circle.id;
  record.device = self_->device;
  record.claimed_at = context_.now;
  if (const auto* manifest = circle.newest()) {
    record.heads.manifest_seq = (*manifest)->seq;
    record.heads.manifest_hash = manifest->hash();
  }
  if (circle.plan) {
    record.plan_hash = circle.plan->hash();
    record.heads.plan_version = (*circle.plan)->version;
  }
  if (const auto* list = trust_.device_list(self_->account)) {
    record.heads.devlist_version = (*list)->version;
    record.heads.devlist_hash = list->hash();
  }
  return record;
}

// Records go in the order in which they were pressed: the next one when the one before was
// answered. Notes of answered ones do not hold up anything.
void Checkins::give() {
  if (!context_.requests.logged_in()) return;
  std::vector<std::uint64_t> seqs;
  for (const QueuedRecord& q : queue_.all()) seqs.push_back(q.seq);
  bool first = true;
  for (const std::uint64_t seq : seqs) {
    const QueuedRecord* q = queue_.find(seq);
    if (q == nullptr) continue;
    if (!q->answered && !std::exchange(first, false)) continue;
    auto [it, fresh] = attempts_.try_emplace(seq);
    Attempt& attempt = it->second;
    if (fresh) attempt = {seq, context_.now, false, false, 0};
    if (attempt.under_way || context_.now < attempt.retry_at) continue;
    if (!q->message && !attempt.sealing) {
      attempt.sealing = true;
      seal(seq);  // perhaps at once: the callback then has given it
    } else if (q->answered) {
      if (q->message) post_late_notes(seq);
    } else if (q->message || context_.now >= attempt.since + seal_wait) {
      post(seq);
    }
  }
}

void Checkins::seal(std::uint64_t seq) {
  const QueuedRecord& q = *queue_.find(seq);
  const std::uint16_t scope =
      q.kind == crypto::Kind::alarm ? scope_alarm : std::uint16_t{scope_checkin | scope_alarm};
  messenger_.seal_notes(
      q.kind, q.circle, scope, encode(q.note),
      [this, seq](MessageId id, const std::vector<v1::Envelope>& envelopes) {
        QueuedRecord* sealed = queue_.find(seq);
        if (sealed == nullptr || sealed->message) return;
        sealed->message = id;
        for (const v1::Envelope& e : envelopes)
          sealed->notes.push_back(
              {DeviceId::from(e.device_id()).value_or(DeviceId{}), to_bytes(view(e.frame()))});
        queue_.save(*sealed);
        give();
      });
}

void Checkins::post(std::uint64_t seq) {
  const QueuedRecord& q = *queue_.find(seq);
  attempts_[seq].under_way = true;
  v1::Request request;
  auto& record = *request.mutable_post_record();
  record.set_record(livlina::to_string(q.record));
  // Without sealed notes the id only makes the request repeatable; nothing is stored under it.
  const MessageId id = q.message ? *q.message : MessageId{context_.random.array<16>()};
  record.set_message_id(livlina::to_string(id.view()));
  const bool with_notes = q.message.has_value();
  for (const SealedNote& n : q.notes) {
    auto& envelope = *record.add_notes();
    envelope.set_device_id(livlina::to_string(n.device.view()));
    envelope.set_frame(livlina::to_string(n.frame));
  }
  context_.requests.send(std::move(request), [this, seq, with_notes](const v1::ServerFrame* reply) {
    const auto attempt = attempts_.find(seq);
    if (attempt != attempts_.end()) attempt->second.under_way = false;
    if (QueuedRecord* given = queue_.find(seq);
        given != nullptr && reply != nullptr && reply->has_record_answer() && !with_notes) {
      given->answered = true;
      queue_.save(*given);
    }
    answered(seq, reply);
  });
}

void Checkins::answered(std::uint64_t seq, const v1::ServerFrame* reply) {
  if (reply == nullptr) return;  // offline() tells the waiting commands
  if (!reply->has_record_answer()) return refused(seq, *reply);
  const auto parsed = protocol::parse_record_reply(view(reply->record_answer().reply()));
  const auto command = waiting_.find(seq);
  v1::Event event;
  event.set_command_id(command == waiting_.end() ? 0 : command->second);
  auto& accepted = *event.mutable_checkin_accepted();
  accepted.set_seq(seq);
  if (parsed.ok()) {
    accepted.set_status(static_cast<std::uint32_t>(parsed->status));
    accepted.set_received_at(parsed->received_at);
    accepted.set_next_due(parsed->next_due);
  }
  context_.emit(std::move(event));
  if (command != waiting_.end()) {
    context_.finish(command->second, Unit{});
    waiting_.erase(command);
  }
  if (const QueuedRecord* q = queue_.find(seq); q != nullptr && !q->answered) {
    queue_.erase(seq);
    attempts_.erase(seq);
  }
  give();
}

// A record that the server can never take is shown and dropped, so that it does not hold up those
// behind it; the gap in the chain is visible to the members.
void Checkins::refused(std::uint64_t seq, const v1::ServerFrame& reply) {
  const Outcome why = outcome(&reply);
  if (may_pass(reply)) {
    const Duration wait =
        std::max<Duration>(record_retry, Duration{reply.error().retry_after_ms()});
    attempts_[seq].retry_at = context_.now + wait;
    return;
  }
  const std::string subject = livlina::to_string(ByteWriter().u64(seq).get());
  context_.warn("record_refused", {}, view(subject), why.detail);
  if (const auto command = waiting_.find(seq); command != waiting_.end()) {
    context_.finish(command->second, why.status, why.detail);
    waiting_.erase(command);
  }
  queue_.erase(seq);
  attempts_.erase(seq);
  give();
}

void Checkins::post_late_notes(std::uint64_t seq) {
  const QueuedRecord& q = *queue_.find(seq);
  if (q.notes.empty()) {
    queue_.erase(seq);
    attempts_.erase(seq);
    return;
  }
  attempts_[seq].under_way = true;
  v1::Request request;
  auto& message = *request.mutable_post_message();
  message.set_message_id(livlina::to_string(q.message->view()));
  for (const SealedNote& n : q.notes) {
    auto& envelope = *message.add_envelopes();
    envelope.set_device_id(livlina::to_string(n.device.view()));
    envelope.set_frame(livlina::to_string(n.frame));
  }
  context_.requests.send(std::move(request), [this, seq](const v1::ServerFrame* reply) {
    const auto attempt = attempts_.find(seq);
    if (attempt == attempts_.end()) return;
    attempt->second.under_way = false;
    if (reply == nullptr) return;
    if (reply->has_error() && may_pass(*reply)) {
      attempt->second.retry_at = context_.now + record_retry;
      return;
    }
    queue_.erase(seq);
    attempts_.erase(attempt);
  });
}

bool Checkins::pushed(const v1::ServerFrame& frame) {
  if (!frame.has_reminder()) return false;
  v1::Event event;
  event.mutable_reminder()->set_due(frame.reminder().due());
  event.mutable_reminder()->set_deadline(frame.reminder().deadline());
  context_.emit(std::move(event));
  v1::Request receipt;
  receipt.mutable_receipt_notices()->add_notice_ids(frame.reminder().notice_id());
  context_.requests.send(std::move(receipt), [](const v1::ServerFrame*) {});
  return true;
}

void Checkins::online() { give(); }

void Checkins::offline() {
  attempts_.clear();
  for (const auto& [seq, command] : std::exchange(waiting_, {}))
    context_.finish(command, Error::offline);
}

void Checkins::tick() { give(); }

std::optional<Instant> Checkins::wake_at() const {
  if (!context_.requests.logged_in()) return std::nullopt;
  std::optional<Instant> out;
  for (const auto& [seq, attempt] : attempts_) {
    if (attempt.under_way) continue;
    const Instant at =
        attempt.retry_at > context_.now ? attempt.retry_at : attempt.since + seal_wait;
    if (at > context_.now && (!out || at < *out)) out = at;
  }
  return out;
}

bool Checkins::idle() const { return queue_.all().empty(); }

std::optional<protocol::Slot> Checkins::next_slot() const {
  const Circle* circle = trust_.circle_of(self_->account);
  if (circle == nullptr || !circle->plan) return std::nullopt;
  const Instant now = context_.now;
  std::optional<protocol::Slot> out;
  for (const protocol::Schedule& s : (*circle->plan)->schedules) {
    Instant after = now - (Duration{s.opens_before_s} + s.grace_s) * second - 1;
    while (const auto slot = protocol::next_slot(s, after, context_.zones)) {
      after = slot->opens_at;
      if (slot->deadline < now || slot->due <= queue_.answered_due()) continue;
      if (!out || slot->due < out->due) out = slot;
      break;
    }
  }
  return out;
}

void Checkins::describe(v1::Status& status) const {
  if (self_ == nullptr || !self_->participant) return;
  std::uint32_t waiting = 0;
  for (const QueuedRecord& q : queue_.all()) waiting += q.answered ? 0 : 1;
  status.set_queued_here(status.queued_here() + waiting);
  if (const auto slot = next_slot()) {
    status.set_next_due(slot->due);
    status.set_next_deadline(slot->deadline);
  }
}

}  // namespace livlina::client

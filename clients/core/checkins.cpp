// Pressing, and what the participant sees of it. Giving to the server is in checkins_give.cpp.
#include "clients/core/checkins.hpp"

#include <algorithm>

#include "clients/core/pretence.hpp"
#include "clients/core/pretended_incidents.hpp"
#include "clients/core/watched_slot.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

using protocol::RecordType;

namespace {

constexpr std::size_t most_slots = 8;  // of one schedule that are open at once
const std::string reminder_prefix = "reminder/";
// "stand_in/<number>": u8 version | u64 number | u8 what was said instead.
constexpr std::string_view stand_in_prefix = "stand_in/";
constexpr std::uint8_t stand_in_version = 1;

std::string stand_in_key(std::uint64_t seq) {
  return std::string(stand_in_prefix) + hex(ByteWriter().u64(seq).get());
}

// Every slot of the plan that an answer at `now` would be for.
std::vector<protocol::Slot> open_slots(const protocol::Plan& plan, const protocol::Zones& zones,
                                       Instant now) {
  std::vector<protocol::Slot> out;
  for (const protocol::Schedule& s : plan.schedules) {
    const Duration length = (Duration{s.opens_before_s} + s.grace_s) * second;
    for (const protocol::Slot& slot :
         protocol::slots_between(s, now - length - 1, now, most_slots, zones))
      if (now <= slot.deadline) out.push_back(slot);
  }
  return out;
}

std::uint8_t byte_of(std::uint32_t number) {
  return static_cast<std::uint8_t>(std::min(number, 255u));
}

}  // namespace

Checkins::Checkins(Context& context, Trust& trust, Messenger& messenger)
    : context_(context), trust_(trust), messenger_(messenger), queue_(context.store) {}

crypto::Status Checkins::load(const Identity& identity) {
  self_ = &identity;
  stand_ins_.clear();
  for (const std::string& key : context_.store.keys(stand_in_prefix)) {
    ByteReader r(context_.store.get(key));
    const std::uint8_t v = r.u8();
    const std::uint64_t seq = r.u64();
    const auto told = static_cast<RecordType>(r.u8());
    if (!r.done() || v != stand_in_version) return crypto::Error::bad_format;
    stand_ins_.insert_or_assign(seq, told);
  }
  return queue_.load();
}

bool Checkins::command(const v1::Command& command) {
  switch (command.command_case()) {
    case v1::Command::kCheckIn:
      say(command.id(), RecordType::checkin, byte_of(command.check_in().answer()),
          command.check_in().note(), crypto::Kind::checkin_note,
          {.stands_in = false, .wait = command.check_in().wait()});
      return true;
    case v1::Command::kRaiseAlarm:
      say(command.id(), RecordType::alarm, byte_of(command.raise_alarm().kind()),
          command.raise_alarm().note(), crypto::Kind::alarm,
          {.stands_in = false, .wait = command.raise_alarm().wait()});
      return true;
    case v1::Command::kCancelAlarm:
      cancel(command.id(), command.cancel_alarm().mistake());
      return true;
    default:
      return false;
  }
}

// A loud alarm or a drill that never left this device is taken back here: nobody was called, and
// nobody will be. Silent ones are as if they were not there. The decoy realm says the same; whoever
// makes a person do that calls for help all the same. An alarm of the real realm is not of this
// device's chain, so nothing there can name it: something stands in for what would take it back.
void Checkins::cancel(std::uint64_t command, bool mistake) {
  if (!self_->participant) return context_.finish(command, Error::not_yours);
  const RecordType type = mistake ? RecordType::mistake : RecordType::cancel;
  const std::uint64_t named = queue_.last_alarm();
  const bool stands_in = named == 0 && self_->decoy && alarm_memory().has_alarm();
  if (named == 0 && !stands_in) return context_.finish(command, Error::wrong_state, "no_alarm");
  const QueuedRecord* alarm = stands_in ? nullptr : queue_.find(named);
  const bool unsent = alarm != nullptr && !alarm->posted;
  if (!unsent || !(self_->decoy ? hide_unsent_alarms() : drop_unsent_alarms()))
    return say(command, type, 0, {}, crypto::Kind::alarm, {.stands_in = stands_in, .wait = false});
  context_.finish(command, Unit{}, "never_sent");
  give();
}

AlarmMemory Checkins::alarm_memory() const { return {context_.store, !self_->decoy}; }

AlarmTold Checkins::heard(const QueuedRecord& queued, Instant at) {
  const auto record = protocol::verify_checkin(queued.record, self_->device_key.public_key());
  if (!record.ok()) return {};
  Press press{(*record)->type, (*record)->answer, (*record)->claimed_at, at, record->hash()};
  const auto stand_in = stand_ins_.find(queued.seq);
  if (stand_in != stand_ins_.end()) {
    press.type = stand_in->second;
    press.answer = 0;
    stand_ins_.erase(stand_in);
    context_.store.erase(stand_in_key(queued.seq));
  }
  remember_press(context_.store, !self_->decoy, queued.seq, press);
  return alarm_memory().heard(press.type, press.answer, at);
}

bool Checkins::hide_unsent_alarms() {
  const auto hidden = queue_.hide_unsent_alarms();
  for (const std::uint64_t seq : hidden) {
    const auto command = waiting_.find(seq);
    if (command == waiting_.end()) continue;
    context_.finish(command->second, Error::cancelled);
    waiting_.erase(command);
  }
  return !hidden.empty();
}

bool Checkins::drop_unsent_alarms() {
  std::map<std::uint64_t, crypto::Hash> notes;
  for (const QueuedRecord& q : queue_.all()) notes[q.seq] = q.note.ref();
  const auto from = queue_.drop_unsent_alarms(self_->device_key);
  if (!from) return false;
  attempts_.erase(attempts_.lower_bound(*from), attempts_.end());
  const std::map<std::uint64_t, std::uint64_t> waited(waiting_.lower_bound(*from), waiting_.end());
  waiting_.erase(waiting_.lower_bound(*from), waiting_.end());
  for (const auto& [seq, command] : waited) {
    if (const QueuedRecord* q = queue_.find_by_note(notes[seq]))
      waiting_[q->seq] = command;
    else
      context_.finish(command, Error::cancelled);
  }
  for (const auto& [seq, note] : notes)
    if (queue_.find_by_note(note) == nullptr) dropped_.insert(note);
  return true;
}

void Checkins::say(std::uint64_t command, RecordType type, std::uint8_t answer,
                   const std::string& text, crypto::Kind kind, How how) {
  if (!self_->participant) return context_.finish(command, Error::not_yours);
  if (text.size() > max_note) return context_.finish(command, Error::too_large, "note");
  const RecordType told = type;
  if (how.stands_in) {  // what is sent calls for help, and looks the same on its way
    type = RecordType::alarm;
    answer = static_cast<std::uint8_t>(protocol::AlarmKind::silent);
  }
  const bool has_answer = type == RecordType::checkin || type == RecordType::alarm;
  if (has_answer && (answer < 1 || answer > 3))
    return context_.finish(command, Error::bad_argument, "answer");
  const Circle* circle = trust_.circle_of(self_->account);
  if (circle == nullptr) return context_.finish(command, Error::unknown_circle);
  // Before the lines are signed nobody may be told anything: what the server has to refuse now
  // must not go off later, when nobody thinks of it any more.
  if (circle->newest() == nullptr)
    return context_.finish(command, Error::wrong_state, "nobody_yet");

  protocol::CheckinRecord record = record_for(*circle);
  record.type = type;
  record.answer = answer;
  if (!has_answer)
    for (std::size_t i = 0; i < 8; ++i)
      record.schedule[i] = static_cast<std::uint8_t>(queue_.last_alarm() >> (8 * i));
  if (type == RecordType::checkin) record.slot_utc = slot_of_a_press(*circle);
  const std::uint64_t seq =
      queue_.add(record, self_->device_key, make_note(text, context_.random), kind, context_.now)
          .seq;
  if (how.stands_in) {
    stand_ins_[seq] = told;
    ByteWriter w;
    w.u8(stand_in_version).u64(seq).u8(static_cast<std::uint8_t>(told));
    context_.store.put(stand_in_key(seq), w.get());
  }
  if (!context_.requests.connected() && !how.wait) return context_.finish(command, Error::offline);
  waiting_[seq] = command;
  give();
}

// The earliest slot that is open now. By this phone's clock; while that and the server's differ one
// of them is wrong: then the slot is the one that the server asks for, so that nobody is called
// missing whose phone shows the wrong time. Members do not go by this name but by the signed time
// of the press, so that a server which moves its clock gets no answer for a slot to come.
Instant Checkins::slot_of_a_press(const Circle& circle) const {
  if (!circle.plan) return 0;
  const bool differs = context_.clock.differs();
  if (differs) context_.warn("clock_differs");
  const Instant now = differs ? context_.clock.server_time(context_.now) : context_.now;
  Instant out = 0;
  for (const protocol::Slot& slot : open_slots(**circle.plan, context_.zones, now))
    if (out == 0 || slot.due < out) out = slot.due;
  return out;
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

// What was open when the record arrived counts as answered for the person when the record was
// pressed for it: one that was pressed long before and came late leaves the next check-in asked
// for, whatever the server makes of it.
void Checkins::note_answered(const QueuedRecord& queued, const protocol::RecordReply& reply) {
  const Circle* circle = trust_.circle_of(self_->account);
  const auto record = protocol::verify_checkin(queued.record, self_->device_key.public_key());
  if (!record.ok() || (*record)->type != RecordType::checkin || circle == nullptr ||
      reply.status != protocol::RecordStatus::received)
    return;
  const auto pretended = pretended_circle(context_.store, *self_, *circle);
  if (pretended) circle = &*pretended;
  if (!circle->plan) return;
  const Instant now = context_.now;
  const Instant arrived =
      std::clamp(reply.received_at, now - clock_tolerance, now + clock_tolerance);
  Instant newest = 0;
  for (const protocol::Slot& slot : open_slots(**circle->plan, context_.zones, arrived))
    if (pressed_for(**record, slot.schedule, slot.opens_at, slot.due))
      newest = std::max(newest, slot.due);
  queue_.set_answered_due(newest);
}

// Receipted when a person has seen it; the server repeats it until then.
bool Checkins::pushed(const v1::ServerFrame& frame) {
  if (!frame.has_reminder()) return false;
  const auto id = NoticeId::from(frame.reminder().notice_id());
  if (!id) return true;
  const std::string name = reminder_prefix + id->hex();
  if (context_.unshown(name)) return true;
  v1::Event event;
  event.mutable_reminder()->set_due(frame.reminder().due());
  event.mutable_reminder()->set_deadline(frame.reminder().deadline());
  event.mutable_reminder()->set_at(context_.now);
  context_.show(name, std::move(event));
  return true;
}

void Checkins::shown(const std::string& name) {
  if (name.rfind(reminder_prefix, 0) != 0) return;
  const Bytes id = unhex(std::string_view(name).substr(reminder_prefix.size()));
  v1::Request receipt;
  receipt.mutable_receipt_notices()->add_notice_ids(livlina::to_string(id));
  context_.requests.send(std::move(receipt), [](const v1::ServerFrame*) {});
}

std::optional<protocol::Slot> Checkins::next_slot() const {
  const Circle* circle = trust_.circle_of(self_->account);
  if (circle == nullptr) return std::nullopt;
  const auto pretended = pretended_circle(context_.store, *self_, *circle);
  if (pretended) circle = &*pretended;
  if (!circle->plan) return std::nullopt;
  const Instant now = context_.now;
  const Instant from = watched_from(*circle);
  std::optional<protocol::Slot> out;
  for (const protocol::Schedule& s : (*circle->plan)->schedules) {
    Instant after = now - (Duration{s.opens_before_s} + s.grace_s) * second - 1;
    while (const auto slot = protocol::next_slot(s, after, context_.zones)) {
      after = slot->opens_at;
      if (slot->deadline < now || slot->due <= queue_.answered_due()) continue;
      if (slot->opens_at <= from) continue;
      if (!out || slot->due < out->due) out = slot.slot;
      break;
    }
  }
  return out;
}

void Checkins::describe(v1::Status& status) const {
  if (self_ == nullptr || !self_->participant) return;
  std::uint32_t waiting = 0;
  for (const QueuedRecord& q : queue_.all()) waiting += q.answered || q.hidden ? 0 : 1;
  status.set_queued_here(status.queued_here() + waiting);
  if (const auto slot = next_slot()) {
    status.set_next_due(slot->due);
    status.set_next_deadline(slot->deadline);
  }
}

}  // namespace livlina::client

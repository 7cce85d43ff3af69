// Expecting, warning and showing. What comes in is in guard_records.cpp.
#include "clients/core/guard.hpp"

#include <algorithm>

#include "clients/core/note.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

constexpr std::uint8_t layout_version = 1;
constexpr std::size_t most_slots = 500;  // looked for at once, after a long absence

std::string circle_key(const CircleId& circle, const char* what) {
  return "guard/" + circle.hex() + "/" + what;
}

// Due instants as sixteen hex digits: the order of the store is the order of time.
std::string slot_key(const CircleId& circle, const WatchedSlot& slot) {
  ByteArray<8> big{};
  for (std::size_t i = 0; i < 8; ++i)
    big[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(slot.due) >> (56 - 8 * i));
  return circle_key(circle, "slot/") + hex(big) + slot.schedule.hex();
}

}  // namespace

Guard::Guard(Context& context, Trust& trust, Messenger& messenger)
    : context_(context), trust_(trust), messenger_(messenger) {}

crypto::Status Guard::load(const Identity& identity) {
  self_ = &identity;
  watched_.clear();
  for (const crypto::Kind kind : {crypto::Kind::checkin_note, crypto::Kind::alarm})
    messenger_.subscribe(kind, [this](const Incoming& in) { note_came(in); });
  for (const std::string& key : context_.store.keys("guard/")) {
    const Bytes id_bytes = unhex(std::string_view(key).substr(6, 32));
    const auto id = CircleId::from(id_bytes);
    if (!id || key.size() < 39) return crypto::Error::bad_format;
    Watched& watched = watched_[*id];
    const std::string_view rest = std::string_view(key).substr(39);
    ByteReader r(context_.store.get(key));
    if (rest == "cursor") {
      const bool known = r.u8() == layout_version;
      watched.cursor = r.i64();
      if (!known || !r.done()) return crypto::Error::bad_format;
    } else if (rest.rfind("chain/", 0) == 0) {
      const auto device = DeviceId::from(unhex(rest.substr(6)));
      const bool known = r.u8() == layout_version;
      const Chain chain{r.u64(), r.array<32>()};
      if (!known || !device || !r.done()) return crypto::Error::bad_format;
      watched.chains[*device] = chain;
    } else {
      const auto slot = parse_watched_slot(context_.store.get(key));
      if (!slot) return crypto::Error::bad_format;
      watched.slots[{slot->due, slot->schedule}] = *slot;
    }
  }
  return crypto::done();
}

std::optional<Standing> Guard::standing(const Circle& circle) const {
  if (self_ == nullptr || self_->participant) return std::nullopt;
  auto out = trust_.standing(circle, self_->account, context_.now);
  if (!out || (out->scope & scope_checkin) == 0) return std::nullopt;
  return out;
}

void Guard::online() { tick(); }

void Guard::tick() {
  if (self_ == nullptr || self_->participant) return;
  for (const Circle* circle : trust_.circles()) {
    expect(*circle);
    warn_of_silence(*circle);
  }
}

// Slots of the signed plan that have opened since the last look become rows. The signed manifest
// says whether the circle is armed: the server's word on that is not asked.
void Guard::expect(const Circle& circle) {
  const auto* manifest = circle.newest();
  if (manifest == nullptr || !(*manifest)->armed || !circle.plan || !standing(circle)) return;
  const Instant until = now();
  Watched& watched = watched_[circle.id];
  if (watched.cursor == 0) {
    watched.cursor = until;  // what opened before we knew of it is not ours to expect
    return save_cursor(circle.id);
  }
  if (until <= watched.cursor) return;
  const Instant from = std::max(watched.cursor, until - slot_memory);
  bool any = false;
  for (const protocol::Schedule& schedule : (*circle.plan)->schedules) {
    for (const protocol::Slot& s :
         protocol::slots_between(schedule, from, until, most_slots, context_.zones)) {
      WatchedSlot slot;
      slot.schedule = s.schedule;
      slot.opens_at = s.opens_at;
      slot.due = s.due;
      slot.deadline = s.deadline;
      const auto [it, fresh] = watched.slots.try_emplace({s.due, s.schedule}, slot);
      if (!fresh) continue;
      save(circle.id, it->second);
      any = true;
    }
  }
  watched.cursor = until;
  if (any) save_cursor(circle.id);
  const Instant oldest = until - slot_memory;
  while (!watched.slots.empty() && watched.slots.begin()->first.first < oldest) {
    context_.store.erase(slot_key(circle.id, watched.slots.begin()->second));
    watched.slots.erase(watched.slots.begin());
  }
}

// From when on this member would have the slot's record if there were one: member_wait after the
// deadline, counted only while connected with the queue drained. Nothing while that is not so.
std::optional<Instant> Guard::record_due_at(const Circle& circle, const WatchedSlot& slot) const {
  if (drained_at_ == 0 || !circle.plan) return std::nullopt;
  return std::max(slot.deadline, drained_at_) + Duration{(*circle.plan)->member_wait_s} * second;
}

void Guard::warn_of_silence(const Circle& circle) {
  const auto watched = watched_.find(circle.id);
  if (watched == watched_.end() || !standing(circle)) return;
  for (auto& [key, slot] : watched->second.slots) {
    if (slot.warned || slot.answer != 0 || slot.word == ServerWord::excused || !slot.expected)
      continue;
    const auto due = record_due_at(circle, slot);
    if (!due || now() < *due) continue;
    // Without the alarm scope no record is sent to us: then the server's word must do.
    const bool gets_records = (standing(circle)->scope & scope_alarm) != 0;
    if (slot.word == ServerWord::answered && !gets_records) continue;
    slot.warned = true;
    save(circle.id, slot);
    show(circle, slot);
    const std::string subject = livlina::to_string(ByteWriter().i64(slot.due).get());
    context_.warn(slot.word == ServerWord::answered ? "server_contradicts" : "nothing_came",
                  circle.id.view(), livlina::view(subject));
  }
}

std::optional<Instant> Guard::wake_at() const {
  if (self_ == nullptr || self_->participant) return std::nullopt;
  std::optional<Instant> out;
  const auto earliest = [&](std::optional<Instant> at) {
    if (at && *at > context_.now && (!out || *at < *out)) out = at;
  };
  // `now()` and the phone's clock may differ; what is due by the one is asked by the other.
  const Duration ahead = context_.now - now();
  for (const Circle* circle : trust_.circles()) {
    if (!standing(*circle)) continue;
    const auto* manifest = circle->newest();
    if (manifest != nullptr && (*manifest)->armed && circle->plan)
      for (const protocol::Schedule& schedule : (*circle->plan)->schedules)
        if (const auto next = protocol::next_slot(schedule, now(), context_.zones))
          earliest(next->opens_at + ahead);
    const auto watched = watched_.find(circle->id);
    if (watched == watched_.end()) continue;
    for (const auto& [key, slot] : watched->second.slots) {
      if (slot.warned || slot.answer != 0 || !slot.expected) continue;
      if (const auto due = record_due_at(*circle, slot)) earliest(*due + ahead);
    }
  }
  return out;
}

void Guard::save(const CircleId& circle, const WatchedSlot& slot) {
  context_.store.put(slot_key(circle, slot), encode(slot));
}

void Guard::save_cursor(const CircleId& circle) {
  context_.store.put(circle_key(circle, "cursor"),
                     ByteWriter().u8(layout_version).i64(watched_[circle].cursor).get());
}

v1::CheckinView Guard::view(const Circle& circle, const WatchedSlot& slot) const {
  const auto due = record_due_at(circle, slot);
  const auto mine = standing(circle);
  const bool due_record =
      slot.warned || (mine && (mine->scope & scope_alarm) != 0 && due && now() >= *due);
  v1::CheckinView out;
  out.set_circle_id(livlina::to_string(circle.id.view()));
  out.set_schedule_id(livlina::to_string(slot.schedule.view()));
  out.set_due(slot.due);
  out.set_deadline(slot.deadline);
  out.set_state(static_cast<std::uint32_t>(view_of(slot, due_record)));
  out.set_note(stored_note(context_.store, slot.note_ref).value_or(std::string{}));
  out.set_answered_at(slot.answered_at);
  out.set_moved(slot.moved);
  out.set_participant_name(trust_.person_name(circle.participant));
  out.set_under_duress(slot.by_shadow);
  return out;
}

void Guard::show(const Circle& circle, const WatchedSlot& slot) {
  v1::Event event;
  *event.mutable_checkin() = view(circle, slot);
  context_.emit(std::move(event));
}

void Guard::describe(v1::Status& status) const {
  for (const auto& [id, watched] : watched_) {
    const Circle* circle = trust_.circle(id);
    if (circle == nullptr || !standing(*circle)) continue;
    for (const auto& [key, slot] : watched.slots)
      if (slot.due > now() - 2 * day) *status.add_checkins() = view(*circle, slot);
  }
}

}  // namespace livlina::client

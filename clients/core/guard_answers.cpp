// Which slots a record answers and how far, and what the server says of them.
#include <algorithm>
#include <utility>

#include "clients/core/given.hpp"
#include "clients/core/guard.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

// Slots that only the server spoke of are kept up to this number in a circle.
constexpr std::ptrdiff_t most_unexpected = 100;
constexpr std::uint32_t word_open = 1;  // takes back what was said before
constexpr std::size_t most_open = 8;    // slots of one schedule that are open at once

}  // namespace

// Pressed for this slot, but arrived after the deadline: the server's commit time decides. Pressed
// when no slot was open any more: for the last one, until the next opens.
bool Guard::is_late(const Watched& watched, const WatchedSlot& slot,
                    const protocol::CheckinRecord& record, Instant received_at) const {
  if (received_at <= slot.deadline) return false;
  if (record.slot_utc == slot.due || record.claimed_at <= slot.deadline) return true;
  return record.slot_utc == 0 &&
         std::none_of(watched.slots.begin(), watched.slots.end(), [&](const auto& entry) {
           const WatchedSlot& other = entry.second;
           return other.schedule == slot.schedule && other.due > slot.due &&
                  other.opens_at <= received_at;
         });
}

// A record names a due time. Where two schedules are due at once, one may open before the other:
// then the name was right when it was pressed, and speaks of both.
bool Guard::names_another(const Watched& watched, const WatchedSlot& slot,
                          const protocol::CheckinRecord& record) {
  return std::any_of(watched.slots.begin(), watched.slots.end(), [&](const auto& entry) {
    const WatchedSlot& other = entry.second;
    return other.due == slot.due && other.expected &&
           covers(record, other.schedule, other.opens_at);
  });
}

Credit Guard::credit(const Watched& watched, const WatchedSlot& slot,
                     const protocol::CheckinRecord& record, Instant received_at) const {
  const bool early = names_early(record, slot.schedule, slot.opens_at, slot.due);
  if (early && !names_another(watched, slot, record)) return Credit::other_time;
  if (!early && !covers(record, slot.schedule, slot.opens_at)) return Credit::none;
  const bool said_in_time = slot.opens_at <= received_at && received_at <= slot.deadline;
  if (said_in_time && arrival_possible(record, received_at, slot.warned_at)) return Credit::in_time;
  if (said_in_time || is_late(watched, slot, record, received_at)) return Credit::late;
  return Credit::none;
}

void Guard::answer_slots(const Circle& circle, const Verified<protocol::CheckinRecord>& record,
                         Instant received_at) {
  add_answered(circle, *record, received_at);
  Watched& watched = watched_[circle.id];
  for (auto& [key, slot] : watched.slots) {
    const Credit how = credit(watched, slot, *record, received_at);
    if (how != Credit::none) count_for(circle, slot, record, received_at, how);
  }
}

// A slot that opened before we knew the plan is not ours to expect, but an answer shows. So it does
// for one that has opened by the server's clock, and has not by ours yet.
void Guard::add_answered(const Circle& circle, const protocol::CheckinRecord& record,
                         Instant received_at) {
  if (received_at > now() + clock_tolerance || received_at <= now() - slot_memory) return;
  Watched& watched = watched_[circle.id];
  for (const protocol::Schedule& s : (*circle.plan)->schedules) {
    const Duration window = (Duration{s.opens_before_s} + s.grace_s) * second;
    for (const protocol::Slot& open : protocol::slots_between(
             s, received_at - window - 1, received_at, most_open, context_.zones)) {
      if (received_at > open.deadline || !covers(record, s.id, open.opens_at)) continue;
      WatchedSlot slot;
      slot.schedule = open.schedule;
      slot.opens_at = open.opens_at;
      slot.due = open.due;
      slot.deadline = open.deadline;
      slot.expected = false;
      (void)watched.slots.try_emplace({open.due, open.schedule}, slot);
    }
  }
}

void Guard::count_for(const Circle& circle, WatchedSlot& slot,
                      const Verified<protocol::CheckinRecord>& record, Instant received_at,
                      Credit how) {
  // The higher credit goes first; of two with the same the more severe.
  const bool counts = how > slot.credit || (how == slot.credit && record->answer > slot.answer);
  if (counts) {
    if (slot.device != record->device) slot.other_device = slot.device;
    slot.device = record->device;
    slot.answer = record->answer;
    slot.credit = how;
    slot.pressed_at = record->claimed_at;
    slot.answered_at = received_at;
    slot.note_ref = record->note_ref;
  }
  // Whatever it counts for: should its device be the shadow, the slot shows it, then or later.
  const bool new_device = !slot.spoken_by(record->device) && slot.other_device.zero();
  if (new_device) slot.other_device = record->device;
  if (!counts && !new_device) return;
  save(circle.id, slot);
  if (counts || circle.shadow == record->device) show(circle, slot);
  const ByteView id = circle.id.view();
  if (how == Credit::other_time) context_.warn("pressed_other_time", id, warning_subject(slot));
  if (how == Credit::late && received_at <= slot.deadline)
    context_.warn("received_at_contradicts", id, warning_subject(slot));
  if (view(circle, slot).state() == static_cast<std::uint32_t>(SlotView::server_contradicts))
    context_.warn("server_contradicts", id, warning_subject(slot));
}

// The plan's slot of that name that has not opened yet.
std::optional<protocol::Slot> Guard::coming(const Watched& watched, const SlotKey& key) const {
  if (!watched.plan) return std::nullopt;
  const auto& [due, id] = key;
  for (const protocol::Schedule& s : (*watched.plan)->schedules) {
    if (s.id != id) continue;
    const Instant from = std::max(watched.cursor, due - Duration{s.opens_before_s} * second - 1);
    for (const protocol::Slot& slot :
         protocol::slots_between(s, from, due, most_open, context_.zones))
      if (slot.due == due) return slot;
  }
  return std::nullopt;
}

// The slot that the server speaks of; one that we do not expect when it can be one at all. nullptr:
// it speaks of nothing.
WatchedSlot* Guard::slot_of(const CircleId& circle, const v1::OccurrenceWord& word) {
  const auto schedule = ScheduleId::from(word.schedule_id());
  if (!schedule) return nullptr;
  const SlotKey key{word.due(), *schedule};
  Watched& watched = watched_[circle];
  auto& slots = watched.slots;
  const auto it = slots.find(key);
  if (it != slots.end()) return &it->second;
  const bool possible = word.due() > now() - slot_memory && word.due() < now() + 2 * day &&
                        word.deadline() >= word.due() && word.deadline() <= word.due() + day;
  const auto unexpected = std::count_if(slots.begin(), slots.end(),
                                        [](const auto& entry) { return !entry.second.expected; });
  if (!possible || unexpected >= most_unexpected) return nullptr;
  // Perhaps it opened before we knew the plan: then the server's word is all. Perhaps it has not
  // opened yet by our clock: then it is expected when it does, whatever was said of it.
  const auto planned = coming(watched, key);
  WatchedSlot slot;
  slot.schedule = *schedule;
  slot.opens_at = planned ? planned->opens_at : word.due();
  slot.due = word.due();
  slot.deadline = word.deadline();
  slot.expected = false;
  return &slots.emplace(key, slot).first->second;
}

// The server's clock was wrong when it spoke: the check-in is open again, and its word was none.
void Guard::word_taken_back(const Circle& circle, const v1::OccurrenceWord& word) {
  const auto schedule = ScheduleId::from(word.schedule_id());
  if (!schedule) return;
  auto& slots = watched_[circle.id].slots;
  const auto it = slots.find({word.due(), *schedule});
  if (it == slots.end() || it->second.word == ServerWord::none) return;
  WatchedSlot& slot = it->second;
  slot.word = ServerWord::none;
  // A silence that this client has found stays said.
  if (slot.credit == Credit::in_time)
    context_.forget_warning("server_contradicts", circle.id.view(), warning_subject(slot));
  save(circle.id, slot);
  show(circle, slot);
}

// Answered before a copy of the server's data was put back, and with it the answer may be gone.
bool Guard::lost_by_restore(const WatchedSlot& slot) const {
  const auto restored = restored_at(context_);
  return restored && slot.answered() && slot.answered_at <= *restored;
}

void Guard::word_came(const v1::OccurrenceWord& word) {
  const auto id = CircleId::from(word.circle_id());
  const Circle* circle = id ? trust_.circle(*id) : nullptr;
  if (circle == nullptr || !standing(*circle, scope_checkin)) return;
  if (word.state() < word_open || word.state() > 4) return;
  expect(*circle);
  if (word.state() == word_open) return word_taken_back(*circle, word);
  WatchedSlot* slot = slot_of(*id, word);
  if (slot == nullptr) return;
  if (slot->expected && word.deadline() != slot->deadline && !slot->moved) {
    slot->moved = true;
    context_.warn("deadline_moved", id->view(), warning_subject(*slot));
  }
  const ServerWord before = std::exchange(slot->word, static_cast<ServerWord>(word.state()));
  const bool contradicts =
      view(*circle, *slot).state() == static_cast<std::uint32_t>(SlotView::server_contradicts);
  if (contradicts && lost_by_restore(*slot)) {  // it stays shown as answered: so it was
    slot->word = before;
    return context_.warn("server_behind", id->view());
  }
  save(*id, *slot);
  show(*circle, *slot);
  if (contradicts) context_.warn("server_contradicts", id->view(), warning_subject(*slot));
}

}  // namespace livlina::client

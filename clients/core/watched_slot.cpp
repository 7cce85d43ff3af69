#include "clients/core/watched_slot.hpp"

namespace livlina::client {

namespace {

constexpr std::uint8_t slot_version = 3;
constexpr std::uint8_t flag_moved = 1, flag_blind = 2, flag_expected = 4;

bool of_schedule(const protocol::CheckinRecord& record, const ScheduleId& schedule) {
  return record.schedule == ByteArray<16>{} || record.schedule == schedule.bytes;
}

SlotView in_time(const WatchedSlot& slot, const Sight& sight) {
  // A signed record in time is a fact; a server that denies it is wrong, whatever else it says.
  if (slot.word == ServerWord::missed) return SlotView::server_contradicts;
  if (slot.answer == 2) return SlotView::verified_talk;
  if (slot.answer == 3) return SlotView::verified_not_ok;
  if (sight.unwatched && slot.word == ServerWord::none) return SlotView::not_watched;
  return sight.unmarked ? SlotView::verified_ok_unmarked : SlotView::verified_ok;
}

}  // namespace

SlotView view_of(const WatchedSlot& slot, const Sight& sight) {
  if (slot.credit == Credit::in_time) return in_time(slot, sight);
  if (slot.credit == Credit::late)
    // In time by a deadline that the server moved is shown as late and moved, once.
    return slot.word == ServerWord::answered && !slot.moved ? SlotView::server_contradicts
                                                            : SlotView::verified_late;
  if (slot.credit == Credit::other_time) return SlotView::pressed_other_time;
  const bool says_ok = slot.word == ServerWord::answered;
  if (says_ok && sight.due_record) return SlotView::server_contradicts;
  if (slot.warned() && !says_ok) return SlotView::nothing_came;
  if (slot.word == ServerWord::missed) return SlotView::server_reports_miss;
  // Who could not know takes no unsigned word for it that all is well.
  if (sight.blind) return SlotView::not_connected;
  if (says_ok) return SlotView::server_says_ok;
  return slot.word == ServerWord::excused ? SlotView::excused : SlotView::waiting;
}

bool covers(const protocol::CheckinRecord& record, const ScheduleId& schedule, Instant opens_at) {
  return of_schedule(record, schedule) && record.claimed_at >= opens_at - protocol::press_slack;
}

bool names_early(const protocol::CheckinRecord& record, const ScheduleId& schedule,
                 Instant opens_at, Instant due) {
  return of_schedule(record, schedule) && record.slot_utc == due &&
         record.claimed_at < opens_at - protocol::press_slack;
}

bool arrival_possible(const protocol::CheckinRecord& record, Instant received_at,
                      Instant warned_at) {
  return record.claimed_at <= received_at + protocol::press_slack &&
         (warned_at == 0 || received_at >= warned_at);
}

Bytes warning_subject(const WatchedSlot& slot) {
  return ByteWriter().bytes(slot.schedule.view()).i64(slot.due).take();
}

Bytes encode(const WatchedSlot& s) {
  std::uint8_t flags = 0;
  if (s.moved) flags |= flag_moved;
  if (s.blind) flags |= flag_blind;
  if (s.expected) flags |= flag_expected;
  ByteWriter w;
  w.u8(slot_version).bytes(s.schedule.view()).i64(s.opens_at).i64(s.due).i64(s.deadline);
  w.u8(s.answer).u8(static_cast<std::uint8_t>(s.credit)).i64(s.pressed_at).i64(s.answered_at);
  w.bytes(s.note_ref).bytes(s.device.view()).bytes(s.other_device.view());
  w.u8(static_cast<std::uint8_t>(s.word)).i64(s.waited).i64(s.warned_at).u8(flags);
  return w.take();
}

std::optional<WatchedSlot> parse_watched_slot(ByteView bytes) {
  ByteReader r(bytes);
  const bool known = r.u8() == slot_version;
  WatchedSlot s;
  s.schedule = ScheduleId{r.array<16>()};
  s.opens_at = r.i64();
  s.due = r.i64();
  s.deadline = r.i64();
  s.answer = r.u8();
  s.credit = static_cast<Credit>(r.u8());
  s.pressed_at = r.i64();
  s.answered_at = r.i64();
  s.note_ref = r.array<32>();
  s.device = DeviceId{r.array<16>()};
  s.other_device = DeviceId{r.array<16>()};
  s.word = static_cast<ServerWord>(r.u8());
  s.waited = r.i64();
  s.warned_at = r.i64();
  const std::uint8_t flags = r.u8();
  s.moved = (flags & flag_moved) != 0;
  s.blind = (flags & flag_blind) != 0;
  s.expected = (flags & flag_expected) != 0;
  const bool possible = s.answer <= 3 && s.credit <= Credit::in_time &&
                        (s.answer == 0) == (s.credit == Credit::none) &&
                        s.word != static_cast<ServerWord>(1) && s.word <= ServerWord::excused &&
                        flags < 2 * flag_expected;
  if (!known || !r.done() || !possible) return std::nullopt;
  return s;
}

}  // namespace livlina::client

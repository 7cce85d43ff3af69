#include "clients/core/watched_slot.hpp"

namespace livlina::client {

namespace {
constexpr std::uint8_t slot_version = 1;
constexpr std::uint8_t flag_late = 1, flag_shadow = 2, flag_moved = 4, flag_warned = 8,
                       flag_expected = 16;
}  // namespace

SlotView view_of(const WatchedSlot& slot, bool due_record) {
  // A signed record in time is a fact; a server that denies it is wrong, whatever else it says.
  if (slot.in_time()) {
    if (slot.word == ServerWord::missed) return SlotView::server_contradicts;
    return slot.answer == 1   ? SlotView::verified_ok
           : slot.answer == 2 ? SlotView::verified_talk
                              : SlotView::verified_not_ok;
  }
  if (slot.answer != 0)
    // In time by a deadline that the server moved is shown as late and moved, once.
    return slot.word == ServerWord::answered && !slot.moved ? SlotView::server_contradicts
                                                            : SlotView::verified_late;
  if (slot.word == ServerWord::answered)
    return due_record ? SlotView::server_contradicts : SlotView::server_says_ok;
  if (slot.warned) return SlotView::nothing_came;
  if (slot.word == ServerWord::excused) return SlotView::excused;
  return slot.word == ServerWord::missed ? SlotView::server_reports_miss : SlotView::waiting;
}

Bytes warning_subject(const WatchedSlot& slot) {
  return ByteWriter().bytes(slot.schedule.view()).i64(slot.due).take();
}

Bytes encode(const WatchedSlot& s) {
  std::uint8_t flags = 0;
  if (s.late) flags |= flag_late;
  if (s.by_shadow) flags |= flag_shadow;
  if (s.moved) flags |= flag_moved;
  if (s.warned) flags |= flag_warned;
  if (s.expected) flags |= flag_expected;
  ByteWriter w;
  w.u8(slot_version).bytes(s.schedule.view()).i64(s.opens_at).i64(s.due).i64(s.deadline);
  w.u8(s.answer).i64(s.answered_at).bytes(s.note_ref).i64(s.waited);
  w.u8(static_cast<std::uint8_t>(s.word)).u8(flags);
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
  s.answered_at = r.i64();
  s.note_ref = r.array<32>();
  s.waited = r.i64();
  s.word = static_cast<ServerWord>(r.u8());
  const std::uint8_t flags = r.u8();
  s.late = (flags & flag_late) != 0;
  s.by_shadow = (flags & flag_shadow) != 0;
  s.moved = (flags & flag_moved) != 0;
  s.warned = (flags & flag_warned) != 0;
  s.expected = (flags & flag_expected) != 0;
  const bool possible = s.answer <= 3 && s.word != static_cast<ServerWord>(1) &&
                        s.word <= ServerWord::excused && flags < 2 * flag_expected;
  if (!known || !r.done() || !possible) return std::nullopt;
  return s;
}

}  // namespace livlina::client

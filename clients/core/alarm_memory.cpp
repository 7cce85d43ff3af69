#include "clients/core/alarm_memory.hpp"

namespace livlina::client {

namespace {

using protocol::AlarmKind;
using protocol::RecordType;

// Each: u8 version | received_at i64 | flags u8 | received_at i64 of the newest loud one.
constexpr std::uint8_t version = 1;
constexpr std::string_view own_key = "checkin/alarm";
constexpr std::string_view mirrored_key = "shown/alarm";  // in the decoy realm, by the real one
constexpr std::uint8_t flag_loud = 1, flag_at_once = 2, flag_taken_back = 4;

}  // namespace

std::optional<AlarmMemory::Alarm> AlarmMemory::read(std::string_view key) const {
  ByteReader r(store_.get(key));
  const bool known = r.u8() == version;
  Alarm out;
  out.at = r.i64();
  const std::uint8_t flags = r.u8();
  out.loud = (flags & flag_loud) != 0;
  out.at_once = (flags & flag_at_once) != 0;
  out.taken_back = (flags & flag_taken_back) != 0;
  out.loud_at = r.i64();
  return known && r.done() ? std::optional(out) : std::nullopt;
}

// What was done here to an alarm of the other realm counts here.
std::optional<AlarmMemory::Alarm> AlarmMemory::newest() const {
  const auto own = read(own_key);
  const auto mirrored = read(mirrored_key);
  if (!own || !mirrored) return own ? own : mirrored;
  return own->at >= mirrored->at ? own : mirrored;
}

void AlarmMemory::write(const Alarm& alarm) {
  const auto flags =
      static_cast<std::uint8_t>((alarm.loud ? flag_loud : 0) | (alarm.at_once ? flag_at_once : 0) |
                                (alarm.taken_back ? flag_taken_back : 0));
  const Bytes bytes = ByteWriter().u8(version).i64(alarm.at).u8(flags).i64(alarm.loud_at).take();
  store_.put(own_key, bytes);
  if (mirror_) store_.put_decoy(mirrored_key, bytes);
}

AlarmTold AlarmMemory::heard(RecordType type, std::uint8_t answer, Instant at) {
  switch (type) {
    case RecordType::alarm:
      if (answer == static_cast<std::uint8_t>(AlarmKind::silent)) return {};
      return raised(answer == static_cast<std::uint8_t>(AlarmKind::loud), at);
    case RecordType::cancel:
      return taken_back(false, at);
    case RecordType::mistake:
      return taken_back(true, at);
    case RecordType::checkin:
      break;
  }
  return {};
}

AlarmTold AlarmMemory::raised(bool loud, Instant at) {
  const auto before = newest();
  Alarm alarm{at, loud, false, false, before ? before->loud_at : 0};
  alarm.at_once = loud && alarm.loud_at != 0 && at - alarm.loud_at < alarm_is_open;
  if (loud) alarm.loud_at = at;
  write(alarm);
  if (!loud) return {AlarmWord::none, at};
  return {alarm.at_once ? AlarmWord::at_once : AlarmWord::waits, at};
}

AlarmTold AlarmMemory::taken_back(bool mistake, Instant at) {
  auto alarm = newest();
  if (!alarm || alarm->taken_back || at - alarm->at >= alarm_is_open)
    return {AlarmWord::nothing, alarm ? alarm->at : 0};
  if (mistake) return {AlarmWord::noted, alarm->at};
  if (!alarm->loud || alarm->at_once || at - alarm->at >= take_back_time)
    return {AlarmWord::too_late, alarm->at};
  alarm->taken_back = true;
  alarm->loud_at = 0;
  write(*alarm);
  return {AlarmWord::taken_back, alarm->at};
}

}  // namespace livlina::client

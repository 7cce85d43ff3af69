#include "clients/core/spoken_record.hpp"

namespace livlina::client {

using protocol::RecordType;

namespace {
constexpr std::uint8_t spoken_version = 2;
}

bool worth_showing(const SpokenRecord& record, bool by_shadow) {
  return by_shadow || record.type != RecordType::checkin || record.answer >= 2;
}

bool needs_incident(const SpokenRecord& record, bool by_shadow) {
  return by_shadow || record.type == RecordType::alarm ||
         (record.type == RecordType::checkin && record.answer >= 2);
}

Bytes encode(const SpokenRecord& s) {
  ByteWriter w;
  w.u8(spoken_version).bytes(s.hash).bytes(s.device.view());
  w.u8(static_cast<std::uint8_t>(s.type)).u8(s.answer);
  w.i64(s.pressed_at).i64(s.arrived_at).i64(s.came_at).bytes(s.note_ref);
  return w.u8(static_cast<std::uint8_t>(s.incident)).bytes(s.incident_id.view()).take();
}

std::optional<SpokenRecord> parse_spoken_record(ByteView bytes) {
  ByteReader r(bytes);
  const std::uint8_t version = r.u8();
  const bool known = version == 1 || version == spoken_version;
  SpokenRecord s;
  s.hash = r.array<32>();
  s.device = DeviceId{r.array<16>()};
  const std::uint8_t type = r.u8();
  s.type = static_cast<RecordType>(type);
  s.answer = r.u8();
  s.pressed_at = r.i64();
  s.arrived_at = r.i64();
  s.came_at = r.i64();
  s.note_ref = r.array<32>();
  const std::uint8_t incident = r.u8();
  s.incident = static_cast<Named>(incident);
  if (version != 1) s.incident_id = IncidentId{r.array<16>()};
  const bool possible = type >= 1 && type <= 4 && s.answer <= 3 && incident <= 4 && incident != 1;
  if (!known || !r.done() || !possible) return std::nullopt;
  return s;
}

}  // namespace livlina::client

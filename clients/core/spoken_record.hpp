// A signed record that people must see whatever the slots say: an alarm, its cancel, a wish to
// talk, anything by the shadow. And whether the server has made of it the incident that it must.
// Pure.
#pragma once

#include <optional>

#include "crypto/core/hash.hpp"
#include "crypto/core/ids.hpp"
#include "crypto/core/time.hpp"
#include "protocol/records/checkin_record.hpp"

namespace livlina::client {

// What is known of its incident; the numbers of RecordView.incident, but for `unknown`.
enum class Named : std::uint8_t {
  unknown = 0,
  named = 2,    // an incident names exactly this record
  missing = 3,  // the server was asked, and none does
  before = 4,   // one did, before a copy of the server's data was put back
};

struct SpokenRecord {
  crypto::Hash hash{};
  DeviceId device;
  protocol::RecordType type = protocol::RecordType::checkin;
  std::uint8_t answer = 0;
  Instant pressed_at = 0;  // by the participant's phone, signed
  Instant arrived_at = 0;  // the server's word
  Instant came_at = 0;     // here, by this phone
  crypto::Hash note_ref{};
  Named incident = Named::unknown;
  IncidentId incident_id;  // that named it last; zeros: none did
};

// Alarms, cancels and mistakes; an answer that is not ok; and everything by the shadow.
[[nodiscard]] bool worth_showing(const SpokenRecord& record, bool by_shadow);
// What the server must make a trigger of, whenever it comes (watch.md, JUDGE).
[[nodiscard]] bool needs_incident(const SpokenRecord& record, bool by_shadow);

// ver u8 | the fields in order; strict. Version 1 had no incident id.
[[nodiscard]] Bytes encode(const SpokenRecord& record);
[[nodiscard]] std::optional<SpokenRecord> parse_spoken_record(ByteView bytes);

}  // namespace livlina::client

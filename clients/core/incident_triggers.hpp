// What the signed records behind an incident say of it, against the server's word for its kind,
// lane and severity: a real alarm must not pass for a drill.
#pragma once

#include <optional>
#include <vector>

#include "clients/core/incident_numbers.hpp"
#include "clients/core/trust.hpp"
#include "protocol/records/checkin_record.hpp"

namespace livlina::v1 {
class Incident;
}

namespace livlina::client {

// Numbers of v1::Trigger and v1::Incident.
struct Meaning {
  std::uint32_t kind = 0;
  std::uint32_t severity = 0;
  std::uint32_t lane = 0;
};

// What a record of the primary triggers that says this; nothing: it is no trigger.
[[nodiscard]] std::optional<Meaning> meaning(protocol::RecordType type, std::uint8_t answer);
// What a verified record of the circle's participant triggers; nothing: it is no trigger. A record
// by the shadow is duress, whatever it says.
[[nodiscard]] std::optional<Meaning> meaning(const protocol::CheckinRecord& record,
                                             const Circle& circle);

// A record of the incident's participant, verified with the device's key of the newest list.
[[nodiscard]] std::optional<Verified<protocol::CheckinRecord>> participant_record(
    ByteView record, const Circle& circle, const Trust& trust);

struct TriggerProof {
  // By trigger, in order: what the verified record behind it says; nothing: there is none.
  std::vector<std::optional<Meaning>> said;
  // The evidence when kind, severity or lane are not what the record says: its hash. The incident's
  // id when the server's own words do not go together.
  Bytes contradicting;
  bool signed_trigger = false;
  // A drill is one only by a signed practice alarm; nobody has a reason to forge the other lanes.
  bool lane_proved = false;
};
[[nodiscard]] TriggerProof prove_triggers(const v1::Incident& incident, const Circle& circle,
                                          const Trust& trust);

}  // namespace livlina::client

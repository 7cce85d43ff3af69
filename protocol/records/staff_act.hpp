// The signed act of a member of staff: seen, take, resolve and the like. Only a named human's
// signed act moves an incident to taken or resolved.
#pragma once

#include "crypto/core/ids.hpp"
#include "crypto/core/sign.hpp"
#include "crypto/core/time.hpp"
#include "protocol/records/device_list.hpp"
#include "protocol/records/verified.hpp"

namespace livlina::protocol {

enum class Act : std::uint8_t {
  seen = 1,
  take = 2,
  renew = 3,
  offer = 4,
  accept = 5,
  decline = 6,
  take_over = 7,
  assign = 8,
  resolve = 9,
  reopen = 10,
  excuse = 11,
  approve = 12,
  override_ = 13,  // 13 to 16, 18: reserved, no operation takes them yet
  absence = 14,
  seeking = 15,
  swap = 16,
  policy = 17,
  pause = 18,
};

enum class Reason : std::uint8_t {
  none = 0,
  reached_and_well = 1,  // spoken with, is well
  help_on_site = 2,      // somebody is with the person
  handed_to_authority = 3,
  mistake = 4,
  drill_done = 5,
  other = 6,  // explained in the encrypted note
};

struct StaffAct {
  Act act = Act::seen;
  CircleId circle;
  IncidentId incident;      // zeros for acts that concern no incident (approve, policy)
  ByteArray<32> target{};   // an account, a plan's hash, or policy: category in the first byte
  crypto::Hash seen_act{};  // hash of the last signed act or record of the incident that it saw
  DeviceId actor;
  Reason reason = Reason::none;
  crypto::Hash note_ref{};
  Instant time = 0;
};

// Signed by the staff device, purpose "act".
[[nodiscard]] Bytes sign_act(const StaffAct& act, const crypto::SignKeyPair& device);
[[nodiscard]] Result<Verified<StaffAct>> verify_act(ByteView record,
                                                    const crypto::SignPublic& device);
[[nodiscard]] Result<DeviceId> peek_actor(ByteView record);

}  // namespace livlina::protocol

// What of an incident is proved by signatures, and what is only the server's word (T36).
#pragma once

#include <optional>

#include "clients/core/trust.hpp"

namespace livlina::v1 {
class Incident;
}

namespace livlina::client {

struct IncidentProof {
  // True when the state needs no human's signature (notifying), or has one: the newest act that
  // makes a holder names the holder the server names; the newest resolve is signed; the
  // participant's cancel is.
  bool state_proved = false;
  std::optional<SignPublic> resolver;
  // Of verified acts and of the triggers' records, in order, each once.
  std::vector<crypto::Hash> note_refs;
};

// No lease is longer (watch.md, INCIDENT), so that an act of long ago, shown again by the server,
// does not make a holder of today.
inline constexpr Duration longest_lease = 4 * hour;

// `now` is the server's clock as the last log-in told it, by which acts are dated too: a phone
// whose own clock is hours off still takes and sees verified.
[[nodiscard]] IncidentProof prove(const v1::Incident& incident, const Trust& trust, Instant now);

}  // namespace livlina::client

// What of an incident is proved by signatures, and what is only the server's word (T36).
#pragma once

#include <optional>

#include "clients/core/incident_events.hpp"
#include "clients/core/incident_memory.hpp"
#include "clients/core/incident_triggers.hpp"
#include "clients/core/trust.hpp"
#include "protocol/records/staff_act.hpp"

namespace livlina::client {

// The clocks of staff and server may differ by so much without anybody being told.
inline constexpr Duration clocks_agree = 5 * minute;
// An act dated later than this after both clocks does not count.
inline constexpr Duration act_ahead = 10 * minute;

// How long the newest act of a holder proves that it holds: the lease of the category (watch.md,
// INCIDENT), and what the signer's clock may be off. A server that grants longer leases is believed
// no longer for it: then a renewal is asked for earlier.
[[nodiscard]] constexpr Duration proof_of_holding(std::uint32_t category) {
  return (category == 1 ? 20 * minute : 60 * minute) + clocks_agree;
}

struct ProofClock {
  Instant now = 0;     // acts are as old as this makes them
  Instant latest = 0;  // an act dated later does not count
};
// What the clocks show now.
struct Clocks {
  Instant phone = 0;
  Instant server = 0;  // as far as this client can tell: a server may set it back or ahead
  Instant floor = 0;   // TrustedClock::floor
};
// `newest_act`: that this client has seen.
[[nodiscard]] ProofClock proof_clock(const Clocks& clocks, Instant newest_act);
// What an act is dated with: the phone's clock when it agrees with the server's, else the earlier
// one, so that no server makes an act last longer than its lease.
[[nodiscard]] Instant act_time(const Clocks& clocks);
[[nodiscard]] bool agree(const Clocks& clocks);

struct IncidentProof {
  // The state needs no human's signature (notifying), or has one that counts now.
  bool state_proved = false;
  bool lapsed = false;    // taken by a signature whose time is over
  Instant acted_at = 0;   // when the act behind the state was signed
  Instant lapses_at = 0;  // by ProofClock.now; only of a proved holder
  std::optional<SignPublic> resolver;
  protocol::Reason reason = protocol::Reason::none;  // as the resolver signed it
  // A signed end by somebody who may not act any more: no proof, and no lie of the server's.
  bool end_by_former = false;
  TriggerProof triggers;
  std::vector<EventProof> events;  // by event, in order
  // A record behind an event that says something else than the event: its hash.
  std::optional<crypto::Hash> contradicting_event;
  // Of verified acts and of the triggers' records, in order, each once.
  std::vector<crypto::Hash> note_refs;
  // Of the newest signed record or act that is shown: what the next act has seen. Zeros: none.
  crypto::Hash newest{};
  Instant newest_act = 0;  // the newest signed time of an act that counts
  // What somebody signed after, or this client saw, and is not shown.
  std::optional<crypto::Hash> missing;
  std::optional<crypto::Hash> ahead;  // an act dated ahead of all clocks
};

// `before`: what this client remembers of it, or nullptr.
[[nodiscard]] IncidentProof prove(const v1::Incident& incident, const Trust& trust,
                                  const ProofClock& clock, const RememberedIncident* before);

}  // namespace livlina::client

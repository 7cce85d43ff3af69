// The words of the watch that every table uses: persons, lanes, kinds and severities of triggers.
#pragma once

#include "crypto/core/bytes.hpp"
#include "crypto/core/time.hpp"

namespace livlina::server::policy {

using Person = ByteArray<32>;  // an account's public key: a name for somebody, never used as a key

enum class Lane : std::uint8_t { open = 1, silent = 2, drill = 3 };

enum class TriggerKind : std::uint8_t {
  miss = 1,
  talk = 2,
  not_ok = 3,
  loud_alarm = 4,
  silent_alarm = 5,
  duress = 6,
  drill = 7,
};

// Rule 4: talk 1 < miss 2 < not_ok 3 < alarm and duress 4. A drill stands behind everything real.
[[nodiscard]] constexpr int severity(TriggerKind kind) {
  switch (kind) {
    case TriggerKind::talk:
    case TriggerKind::drill:
      return 1;
    case TriggerKind::miss:
      return 2;
    case TriggerKind::not_ok:
      return 3;
    case TriggerKind::loud_alarm:
    case TriggerKind::silent_alarm:
    case TriggerKind::duress:
      return 4;
  }
  return 4;
}

[[nodiscard]] constexpr Lane lane(TriggerKind kind) {
  switch (kind) {
    case TriggerKind::silent_alarm:
    case TriggerKind::duress:
      return Lane::silent;
    case TriggerKind::drill:
      return Lane::drill;
    default:
      return Lane::open;
  }
}

// Bound of every wait and of the calm wait, watch.md ESCALATE.
inline constexpr Duration min_wait = 1 * minute;
inline constexpr Duration max_wait = 60 * minute;
inline constexpr Duration max_lease = 4 * hour;

}  // namespace livlina::server::policy

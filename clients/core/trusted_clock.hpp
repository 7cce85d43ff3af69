// The instant by which lines, rosters and invitations are judged: the phone's clock, held within a
// day of the server's signed time and never below a floor (protocol/spec/e2ee.md, trusted_now).
#pragma once

#include "clients/core/store.hpp"
#include "crypto/core/result.hpp"
#include "crypto/core/time.hpp"

namespace livlina::client {

inline constexpr Duration clock_tolerance = 24 * hour;

class TrustedClock {
 public:
  // Stored under "clock"; nothing there: the phone's clock alone. bad_format.
  [[nodiscard]] crypto::Status load(const Store& store);

  // The phone's `now` clamped to the server's time +- 24 h, and not below the floor.
  [[nodiscard]] Instant trusted(Instant now) const;
  // What the server's clock shows now, as far as the last log-in told.
  [[nodiscard]] Instant server_time(Instant now) const;

  // No instant of trust lies before it; 0: nothing is known.
  [[nodiscard]] Instant floor() const { return known_ ? seen_.floor : 0; }

  // A log-in's signed time. The floor rises with it by at most the time that passed on the phone
  // since the last log-in and 24 h; false for a larger jump, which changes and stores nothing.
  [[nodiscard]] bool logged_in(Store& store, Instant signed_time, Instant now);

 private:
  struct Seen {
    Instant floor = 0;
    Instant server = 0;  // at the last log-in
    Instant phone = 0;   // at the same
  };
  bool known_ = false;
  Seen seen_;
};

}  // namespace livlina::client

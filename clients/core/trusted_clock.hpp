// The instant by which lines, rosters and invitations are judged: the phone's clock, held within a
// day of the server's signed time and never below a floor (protocol/spec/e2ee.md, trusted_now). The
// members' watch does not go by it: no word of the server's makes a wait longer.
#pragma once

#include "clients/core/store.hpp"
#include "crypto/core/result.hpp"
#include "crypto/core/time.hpp"

namespace livlina::client {

inline constexpr Duration clock_tolerance = 24 * hour;
// Two clocks that show the same but for this agree: a zone set wrong is more, drift is less.
inline constexpr Duration clock_agreement = 1 * hour;

class TrustedClock {
 public:
  // Stored under "clock"; nothing there: the phone's clock alone. bad_format.
  [[nodiscard]] crypto::Status load(const Store& store);

  // The phone's `now` clamped to the server's time +- 24 h, and not below the floor.
  [[nodiscard]] Instant trusted(Instant now) const;
  // The date of what is signed now and counts at once: trusted, but not ahead of the server's
  // clock, by which the others judge it. Not below the floor either.
  [[nodiscard]] Instant dated(Instant now) const;
  // What the server's clock shows now, as far as the last log-in told.
  [[nodiscard]] Instant server_time(Instant now) const;
  // At the last log-in the server's clock and the phone's were not in agreement.
  [[nodiscard]] bool differs() const;

  // No instant of trust lies before it; 0: nothing is known.
  [[nodiscard]] Instant floor() const { return known_ ? seen_.floor : 0; }

  // A log-in's signed time.
  struct Told {
    // False for a jump: a time outside of all dates, or further ahead than the phone's clock and
    // the credit allow. Nothing of it is stored.
    bool kept = true;
    bool differs = false;    // from the phone's clock, by more than clock_agreement
    bool went_back = false;  // below the one of the log-in before
    Duration ahead = 0;      // of the phone's clock
  };
  [[nodiscard]] Told logged_in(Store& store, Instant signed_time, Instant now);

 private:
  struct Seen {
    Instant floor = 0;
    Instant server = 0;  // at the last log-in
    Instant phone = 0;   // at the same
    // The latest that the server's clock may show: it runs on with the phone's, whatever the server
    // says, and only the credit moves it further.
    Instant line = 0;
    Duration credit = clock_tolerance;  // at most this; spent by jumps ahead, earned by phone time
  };
  [[nodiscard]] bool take(Instant signed_time, Instant now);
  bool known_ = false;
  Seen seen_;
};

}  // namespace livlina::client

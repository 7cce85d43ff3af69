// Which works of the watch fail, since when, and when each is tried again: one that fails keeps no
// other from its own.
#pragma once

#include <map>
#include <optional>

#include "crypto/core/time.hpp"
#include "server/engine/work.hpp"

namespace livlina::server {

inline constexpr Duration retry_pause_of_job = second;
// So long without a commit that was due, and it is an outage (rule 17), which /readyz and the
// operator are told.
inline constexpr Duration stalled_after = 30 * second;

class Jobs {
 public:
  [[nodiscard]] bool may(Work work, Instant now) const;
  // Nothing of it could be written. `unserved`: the earliest deadline of a row that waited for it;
  // nothing: none did.
  void failed(Work work, store::Fault fault, std::optional<Instant> unserved, Instant now);
  // Written, or no longer there to be done.
  void done(Work work) { failing_.erase(work); }
  void try_now(Work work, Instant now);

  [[nodiscard]] bool well() const { return failing_.empty(); }
  // It has done nothing but fail for `stalled_after`.
  [[nodiscard]] bool stalled(Work work, Instant now) const;
  // Stalled, and neither the disk nor another process is to blame.
  [[nodiscard]] bool hopeless(Work work, Instant now) const;
  [[nodiscard]] bool any_stalled(Instant now) const;
  // The earliest deadline that is not served because of them; nothing: all are.
  [[nodiscard]] std::optional<Instant> unserved() const;
  // When the first of them may be tried again; nothing: none fails.
  [[nodiscard]] std::optional<Instant> next_try() const;
  // The wall clock is another one now: no wait or reproach may be longer than by the old one.
  void clock_set(Instant now);

 private:
  struct Failing {
    Instant since = 0;
    Instant after = 0;
    std::optional<Instant> unserved{};
    store::Fault fault{};
  };
  std::map<Work, Failing> failing_;
};

}  // namespace livlina::server

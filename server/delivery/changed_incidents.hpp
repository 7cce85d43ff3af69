// Which incidents have changed and were not told yet: one push for all changes of a round, and what
// only adds a detail at most once a second, so that nobody's many small acts become a flood for
// everybody who helps. In memory only: what must not be lost is a notice.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "crypto/core/ids.hpp"
#include "crypto/core/time.hpp"

namespace livlina::server {

class ChangedIncidents {
 public:
  static constexpr Duration pause = second;  // between two pushes of one incident's details

  // Due at once; with `may_wait` (only a detail was added) not before `pause` is over since this
  // incident was told last. It never moves an earlier time back.
  void add(const IncidentId& incident, bool may_wait, Instant now);
  // Those to tell now; they count as told.
  [[nodiscard]] std::vector<IncidentId> take(Instant now);
  // When take() has something; nothing: never.
  [[nodiscard]] std::optional<Instant> next() const;

 private:
  struct Entry {
    std::optional<Instant> due;  // nothing: it was told, and is remembered for the pause
    Instant told = 0;
  };
  std::map<IncidentId, Entry> entries_;
};

}  // namespace livlina::server

// When the watch has work next, as the tables say: kept, and asked again only where rows have
// changed or come due, so that a round that does nothing for the watch asks nothing.
#pragma once

#include <array>
#include <optional>

#include "server/services/watch.hpp"

namespace livlina::server {

class Calendar {
 public:
  // Everything is asked again after so long: what was changed behind this connection's back.
  static constexpr Duration believed = second;

  struct Due {
    std::optional<Instant> recheck;  // circles
    std::optional<Instant> rows;     // deadlines
    std::optional<Instant> expiry;   // never too late; perhaps too early, after rows have gone
    bool unjudged = false;           // records, whose time is the beat
    [[nodiscard]] bool rows_by(Instant now) const { return rows && *rows <= now; }
  };
  // As it is after the last commit; outside a transaction. Throws store::Failure; then nothing that
  // it could not read counts as read.
  [[nodiscard]] Due look(Turn& turn);
  // Everything is asked again at the next look.
  void forget() { to_ask_ = ~0U; }

 private:
  unsigned to_ask_ = ~0U;  // table_bit
  Instant asked_ = 0;      // everything
  std::optional<Instant> recheck_;
  std::array<std::optional<Instant>, tables_with_deadlines.size()> rows_;
  std::optional<Instant> expiry_;
  bool unjudged_ = false;
};

}  // namespace livlina::server

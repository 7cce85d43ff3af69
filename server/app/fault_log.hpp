// Lines of the log about what the database refused: each kind at once, then once a minute with its
// count.
#pragma once

#include <map>
#include <span>
#include <utility>
#include <vector>

#include "crypto/core/time.hpp"
#include "server/engine/work.hpp"

namespace livlina::server {

class FaultLog {
 public:
  static constexpr Duration pause = minute;

  // Writes what may be said now.
  void note(std::span<const FaultSeen> faults, Instant now);
  // Whether a late round may be said now; counts as said.
  [[nodiscard]] bool may_say_late(Instant now);

  // What note() writes; for tests.
  struct Line {
    Work work = Work::requests;
    store::Fault fault{};
    int count = 0;  // since the line before
    std::optional<RowKey> row{};
  };
  [[nodiscard]] std::vector<Line> lines(std::span<const FaultSeen> faults, Instant now);

 private:
  struct Kind {
    Instant said = 0;
    int count = 0;
    std::optional<RowKey> row{};
  };
  std::map<std::pair<Work, store::Fault>, Kind> kinds_;
  std::optional<Instant> late_said_;
};

}  // namespace livlina::server

// How much is measured: enough to see a change (quick), to believe a figure (full), or only to see
// that everything works (check).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace livlina::bench {

struct Scale {
  std::string name;
  double seconds = 0;  // of each measured time
  int turns = 1;  // in which server, floor and peer share it, so that all meet the same machine
  double warm_up = 0;                    // before each
  std::vector<std::size_t> connections;  // of the acknowledgements
  double steady_rate = 0;                // messages a second
  std::vector<std::size_t> idle;         // connections, rising
  std::size_t circles = 0;               // of the misses, ten schedules each
  std::size_t at_one_instant = 0;        // misses of G1
  double spread_seconds = 0;             // over which a tenth of the schedules is due
};

[[nodiscard]] inline Scale quick() {
  return {"quick", 2, 2, 0.3, {1, 10, 100}, 500, {2'000}, 2'000, 10'000, 5};
}
[[nodiscard]] inline Scale full() {
  return {"full", 8, 4, 0.5, {1, 10, 100}, 500, {2'000, 10'000}, 10'000, 10'000, 20};
}
[[nodiscard]] inline Scale check() { return {"check", 0.3, 1, 0.1, {1, 4}, 100, {20}, 20, 40, 2}; }

}  // namespace livlina::bench

// Misses: a database full of open check-ins, whose deadlines come while the benchmark looks on.
#pragma once

#include <cstddef>
#include <string>

#include "crypto/core/time.hpp"
#include "tests/bench/population.hpp"
#include "tests/bench/scale.hpp"

namespace livlina::bench {

inline constexpr std::size_t schedules_of_a_circle = 10;

// When which check-ins are due, after the first of them: some at one instant (G1), then one of each
// circle over a time, then all others at one instant.
struct Deadlines {
  explicit Deadlines(const Scale& scale);
  // Seconds after the first deadline of a circle's schedule.
  [[nodiscard]] std::uint32_t after(std::size_t circle, std::size_t schedule) const;
  std::size_t circles;
  std::size_t first_each;  // of a circle's schedules, those of the first instant
  double spread;
  std::uint32_t spread_begins;
  std::uint32_t peak;
};

// Writes so many watched circles and has the server's own services accept their plans and open
// their check-ins.
void add_open_checkins(server::store::Db& db, Population& people, const Deadlines& deadlines);
// Moves all deadlines by the same time, so that the first of them is at `first`.
void set_first_deadline(server::store::Db& db, Instant first);

// The rows of a miss straight into SQLite, in the server's batches, on a copy of the database:
// misses a second. `words`: mailbox rows for each.
[[nodiscard]] double sqlite_misses(const std::string& database, std::size_t words);

}  // namespace livlina::bench

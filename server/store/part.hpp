// A part of a table's rows in the order of their arrival, for a walk over the old ones that looks
// at a bounded number at a time.
#pragma once

#include <limits>

#include "crypto/core/time.hpp"
#include "server/store/db.hpp"

namespace livlina::server::store {

struct Part {
  std::int64_t from = 0;  // after this row
  std::size_t most = 1;   // rows that are looked at
  std::int64_t to = 0;    // to this one, once taken
  bool last = true;       // nothing old comes after it
};

// Sets the end of the part. `row_at` asks for the row and its instant after a row and an offset.
inline void take(Part& part, Query row_at, Instant before) {
  row_at.bind(part.from, static_cast<std::int64_t>(part.most) - 1);
  const bool more = row_at.step();
  part.to = more ? row_at.integer(0) : std::numeric_limits<std::int64_t>::max();
  part.last = !more || row_at.integer(1) >= before;
}

}  // namespace livlina::server::store

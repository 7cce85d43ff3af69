// A part of a table's rows in the order of their arrival, for a walk over the old ones that looks
// at a bounded number at a time.
#pragma once

#include <limits>

#include "server/store/db.hpp"

namespace livlina::server::store {

struct Part {
  std::int64_t from = 0;  // after this row
  std::size_t most = 1;   // rows that are looked at
  std::int64_t to = 0;    // to this one, once taken
  bool last = true;       // no row comes after it
};

// Sets the end of the part. `row_at` asks for the row after a row and an offset. Dates do not
// decide: rows that a wrong clock made stand among the others.
inline void take(Part& part, Query row_at) {
  row_at.bind(part.from, static_cast<std::int64_t>(part.most) - 1);
  part.last = !row_at.step();
  part.to = part.last ? std::numeric_limits<std::int64_t>::max() : row_at.integer(0);
}

}  // namespace livlina::server::store

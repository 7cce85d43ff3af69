// A conditional update that must have changed exactly one row.
#pragma once

#include "server/store/db.hpp"

namespace livlina::server::store {

// Throws Failure (constraint) unless `changed` is 1: somebody else moved the row, which on one
// database thread is a bug; the batch rolls back and nothing of it leaves.
inline void claimed(int changed, const char* what) {
  if (changed != 1)
    throw Failure(Fault::constraint, what, "a row was not in the version that was read");
}

}  // namespace livlina::server::store

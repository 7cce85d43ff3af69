// Old rows are deleted, a bounded part in a round: how long what is kept stands in
// protocol/spec/metadata.md.
#pragma once

#include "server/services/turn.hpp"

namespace livlina::server {

inline constexpr Duration keep_notices = 30 * day;        // after they were made, if they ended
inline constexpr Duration keep_history = 2 * 365 * day;   // after the end of what happened
inline constexpr Duration retention_every = 10 * minute;  // from one pass to the next, at least
inline constexpr Duration retention_step = second;        // from one part of a pass to the next

// How far a pass has come. Kept in memory: after a restart it begins again.
struct RetentionPlace {
  int table = 0;
  std::int64_t row = 0;
};

// The next part of the pass: looks at or deletes at most `most` rows. Nothing unresolved, no newest
// record of a device's chain, nothing that another row still names. False: the pass has come to its
// end, and `place` is its beginning again. With a rollback `place` must be put back.
[[nodiscard]] bool delete_old(Turn& turn, RetentionPlace& place, std::size_t most);

}  // namespace livlina::server

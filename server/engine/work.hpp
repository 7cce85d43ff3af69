// The works of a round, by the transactions that they run in, and what went wrong in them.
#pragma once

#include <cstdint>
#include <optional>

#include "server/services/progress.hpp"

namespace livlina::server {

namespace store {
enum class Fault : std::uint8_t;
}

enum class Work : std::uint8_t {
  requests,
  gap,      // rule 17
  reading,  // what is due, without writing
  came,     // devices that logged in
  recheck,  // circles to judge anew
  judge,    // records
  misses,
  incidents,  // their steps
  notices,
  lines,      // the operator's
  channels,   // the desks' webhooks, and what came of notices by a webhook
  openings,   // and reminders
  note,       // "the server saw this moment"
  deletions,  // of what was acknowledged
  expiry,
  retention,
  checkpoint,
};

// What the database refused, for the log: words and counts, never a statement or a value.
struct FaultSeen {
  Work work = Work::requests;
  store::Fault fault{};
  std::optional<RowKey> row{};  // it was set aside
  int count = 1;
};

}  // namespace livlina::server

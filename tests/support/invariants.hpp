// The invariants of the watch (watch.md I1 to I10) as SQL over a committed database: what
// simulation, service tests and the kill test ask after every commit. Written from the document,
// not from the code under test.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/core/hash.hpp"
#include "crypto/core/time.hpp"
#include "server/store/db.hpp"

namespace livlina::testing {

// A record for which a client was told "received".
struct ToldReceived {
  DeviceId device;
  crypto::Hash hash{};
};

struct InvariantOptions {
  // A whole round has run at `now` without more work waiting: nothing may be overdue (I2).
  bool settled = false;
  std::vector<ToldReceived> received;  // I9
  // I6 is asked of pages made since then: manifests and desks have not changed since. None: now.
  std::optional<Instant> lists_since{};
};

// One line for each invariant that does not hold: its number, what is wrong, how often. Empty: all
// hold.
[[nodiscard]] std::vector<std::string> broken_invariants(server::store::Db& db, Instant now,
                                                         const InvariantOptions& options = {});

// What broken_invariants() can say, without the numbers behind it.
[[nodiscard]] std::vector<std::string> invariant_texts();

}  // namespace livlina::testing

// After a copy of the database was put back: the server's history begins anew, and clients are told
// so.
#pragma once

#include <string>

#include "server/app/config.hpp"

namespace livlina::server {

struct RestoreDone {
  std::string database;
  Instant copied_at = 0;  // the last moment that the copy knows of
  std::uint64_t epoch = 0;
};

// Renews the epoch of a stopped server's database, so that every client offers again what has no
// receipt (M1). Changes nothing else. Throws StartRefused.
[[nodiscard]] RestoreDone restored(const Config& config);

}  // namespace livlina::server

// Whose database a file is, and of which version, without changing it.
#pragma once

#include "server/store/db.hpp"

namespace livlina::server::store {

// Throws SchemaRefused, with what to do, for a database that belongs to another program, is newer
// than this binary, or has an impossible version; Failure when it cannot be read. An empty file and
// an older version of ours are fine: migrate() takes them on.
void check_schema(Db& db);

}  // namespace livlina::server::store

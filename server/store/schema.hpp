// The schema of a database: whose file it is, of which version, and how it becomes this binary's.
#pragma once

#include <stdexcept>

#include "server/store/db.hpp"

namespace livlina::server::store {

// A database that this binary must not use; what() says what to do.
class SchemaRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The version this binary writes.
[[nodiscard]] int schema_version();
// Throws SchemaRefused, with what to do, for a database that belongs to another program, is newer
// than this binary, or has an impossible version; Failure when it cannot be read. An empty file and
// an older version of ours are fine: migrate() takes them on.
void check_schema(Db& db);
// Brings the schema to this binary's version, one transaction a step. Throws Failure, and
// SchemaRefused as check_schema() does.
void migrate(Db& db);

}  // namespace livlina::server::store

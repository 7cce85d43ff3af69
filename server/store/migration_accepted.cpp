// Schema version 6: what was accepted is kept by its digest alone, a table less for every message
// to write: it was one by arrival, and an index by digest beside it.
#include "server/store/migrations.hpp"

namespace livlina::server::store {

const char* const migration_accepted = R"sql(
CREATE TABLE accepted_next (
  digest BLOB PRIMARY KEY CHECK (length(digest) = 16),
  received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO accepted_next SELECT digest, received_at FROM accepted ORDER BY digest;
DROP TABLE accepted;
ALTER TABLE accepted_next RENAME TO accepted;
CREATE INDEX accepted_end ON accepted (received_at);
)sql";

}  // namespace livlina::server::store

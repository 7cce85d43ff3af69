// Schema version 5: a pairing that one of the two refused stays refused.
#include "server/store/migrations.hpp"

namespace livlina::server::store {

const char* const migration_refusals = R"sql(
-- The inviter, or who joined, said that the safety words differ: the other cannot confirm any more.
ALTER TABLE invite ADD COLUMN refused INTEGER NOT NULL DEFAULT 0 CHECK (refused IN (0, 1));
)sql";

}  // namespace livlina::server::store

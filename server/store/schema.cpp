// Which schema a database has, and how it becomes ours.
#include "server/store/schema.hpp"

#include <array>
#include <string>

#include "server/store/db.hpp"
#include "server/store/migrations.hpp"

namespace livlina::server::store {

namespace {

constexpr std::int64_t application_id = 0x4c56'4c4e;  // "LVLN", in the file's header

std::int64_t pragma(Db& db, const char* sql) {
  Query q = db.query(sql);
  return q.step() ? q.integer(0) : 0;
}

bool empty(Db& db) {
  Query q = db.query("SELECT count(*) FROM sqlite_schema");
  return q.step() && q.integer(0) == 0;
}

const auto& scripts() {
  static const std::array all{migration_people,  migration_watch,    migration_notices,
                              migration_clock,   migration_refusals, migration_accepted,
                              migration_channels};
  return all;
}

}  // namespace

int schema_version() { return static_cast<int>(scripts().size()); }

void check_schema(Db& db) {
  const std::int64_t owner = pragma(db, "PRAGMA application_id");
  const std::int64_t version = pragma(db, "PRAGMA user_version");
  if (owner != application_id && (owner != 0 || !empty(db)))
    throw SchemaRefused(
        "the database belongs to another program: nothing was changed; name another file as "
        "`database` in the configuration");
  if (version > schema_version())
    throw SchemaRefused("the database has schema version " + std::to_string(version) +
                        ", this program knows up to " + std::to_string(schema_version()) +
                        ": nothing was changed; start the newer program again, or restore the "
                        "backup made before the upgrade");
  if (version < 0)
    throw SchemaRefused("the database has an impossible schema version: restore a backup");
}

void migrate(Db& db) {
  check_schema(db);
  const std::int64_t version = pragma(db, "PRAGMA user_version");
  for (std::int64_t step = version; step < schema_version(); ++step) {
    db.begin();
    try {
      db.exec("PRAGMA application_id = " + std::to_string(application_id));
      db.exec(scripts()[static_cast<std::size_t>(step)]);
      db.exec("PRAGMA user_version = " + std::to_string(step + 1));
      db.commit();
    } catch (...) {
      db.rollback();
      throw;
    }
  }
  db.exec(session_tables);
}

}  // namespace livlina::server::store

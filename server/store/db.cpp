#include "server/store/db.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <unordered_map>
#include <utility>
#include <vector>

namespace livlina::server::store {

namespace {

Fault fault_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return Fault::full;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Fault::busy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Fault::corrupt;
    case SQLITE_CONSTRAINT:
      return Fault::constraint;
    default:
      return Fault::other;
  }
}

// No room: a full disk, a quota, or a bound on the size of files.
bool no_room(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

[[noreturn]] void fail(sqlite3* db, int code, std::string_view where) {
  const bool room =
      (code & 0xff) != SQLITE_IOERR || db == nullptr || !no_room(sqlite3_system_errno(db));
  throw Failure(room ? fault_of(code) : Fault::full, where,
                db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code));
}

constexpr std::array<const char*, 10> asked_about = {
    "circle",         "occurrence", "schedule", "incident",       "notification", "operator_notice",
    "checkin_record", "mailbox",    "invite",   "channel_failure"};  // as in table_bit

unsigned bit_of(std::string_view table) {
  const auto* const it = std::find(asked_about.begin(), asked_about.end(), table);
  return it == asked_about.end() ? 0 : 1U << (it - asked_about.begin());
}

// How long a statement waits for another process: only a backup or an operator's own shell can hold
// the write lock, and an alarm must not wait for them.
constexpr int busy_wait_ms = 1000;

}  // namespace

Failure::Failure(Fault fault, std::string_view where, std::string_view sqlite_message)
    : std::runtime_error(std::string(sqlite_message) + " in: " + std::string(where)),
      fault_(fault) {}

Query::Query(sqlite3_stmt* statement, std::string_view sql) : statement_(statement), sql_(sql) {}

Query::Query(Query&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), sql_(other.sql_), next_(other.next_) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Query::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail(sqlite3_db_handle(statement_), code, sql_);
}

void Query::run() {
  while (step()) {
  }
}

int Query::changes() {
  run();
  return sqlite3_changes(sqlite3_db_handle(statement_));
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

bool Query::null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

ByteView Query::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return {data, data == nullptr ? 0 : static_cast<std::size_t>(size)};
}

std::string Query::text(int column) const { return to_string(blob(column)); }

void Query::one(std::int64_t v) {
  const int code = sqlite3_bind_int64(statement_, next_++, v);
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement_), code, sql_);
}

void Query::one(std::nullptr_t) {
  const int code = sqlite3_bind_null(statement_, next_++);
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement_), code, sql_);
}

void Query::one(ByteView b) {
  // A null pointer would bind NULL: an empty value is a value.
  const void* data = b.empty() ? static_cast<const void*>("") : b.data();
  const int code = sqlite3_bind_blob64(statement_, next_++, data, b.size(), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement_), code, sql_);
}

void Query::one(std::string_view s) {
  const char* data = s.empty() ? "" : s.data();
  const int code =
      sqlite3_bind_text64(statement_, next_++, data, s.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement_), code, sql_);
}

struct Db::State {
  bool move_log(int how) {
    int pages = 0;
    int moved = 0;
    // Whoever reads is not waited for: an alarm would wait as well.
    sqlite3_busy_timeout(db, 0);
    const int code = sqlite3_wal_checkpoint_v2(db, nullptr, how, &pages, &moved);
    sqlite3_busy_timeout(db, busy_wait_ms);
    if (fault_of(code) == Fault::busy) return false;
    if (code != SQLITE_OK) fail(db, code, "checkpoint");
    if (moved < pages) return false;
    wal_pages = 0;
    return true;
  }

  sqlite3* db = nullptr;
  int wal_pages = 0;
  unsigned changed = 0;
  std::function<void(std::string_view)> change_probe;
  sqlite3_int64 changes_before = 0;  // when the transaction began
  // Several statements per text: a loop over one may start another of the same text.
  std::unordered_map<const char*, std::vector<sqlite3_stmt*>> cache;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    for (auto& [sql, statements] : cache)
      for (sqlite3_stmt* s : statements) sqlite3_finalize(s);
    sqlite3_close_v2(db);
  }
};

Db::Db(const std::string& path, Mode mode) : state_(std::make_unique<State>()) {
  // Nobody asks SQLite for its counts of memory, and each allocation would take a lock for them.
  static const int without_counts = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)without_counts;  // refused when somebody in the process was first: slower, nothing else
  int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (mode == Mode::create_or_open) flags |= SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(path.c_str(), &state_->db, flags, nullptr);
  if (code != SQLITE_OK) fail(state_->db, code, "open");
  sqlite3_busy_timeout(state_->db, busy_wait_ms);
  // temp_store: what was handed out today (prekeys) lives in memory only, see session_tables.
  exec(
      "PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
      "PRAGMA temp_store = MEMORY;");
  if (mode == Mode::read_only) return;
  // Checkpoints are the engine's: they must not fall into the way of an acknowledgement.
  exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;");
  sqlite3_wal_hook(
      state_->db,
      [](void* state, sqlite3*, const char*, int pages) {
        static_cast<State*>(state)->wal_pages = pages;
        return SQLITE_OK;
      },
      state_.get());
  sqlite3_update_hook(
      state_->db,
      [](void* state, int, const char*, const char* table, sqlite3_int64) {
        State& s = *static_cast<State*>(state);
        s.changed |= bit_of(table);
        if (s.change_probe) s.change_probe(table);
      },
      state_.get());
}

Db::Db(Db&&) noexcept = default;
Db& Db::operator=(Db&&) noexcept = default;
Db::~Db() = default;

Query Db::query(const char* sql) {
  auto& statements = state_->cache[sql];
  for (sqlite3_stmt* s : statements)
    if (sqlite3_stmt_busy(s) == 0) {
      sqlite3_reset(s);
      return Query(s, sql);
    }
  sqlite3_stmt* made = nullptr;
  const int code =
      sqlite3_prepare_v3(state_->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  if (code != SQLITE_OK) fail(state_->db, code, sql);
  statements.push_back(made);
  return Query(made, sql);
}

void Db::exec(const std::string& script) {
  const int code = sqlite3_exec(state_->db, script.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(state_->db, code, script);
}

void Db::begin() {
  run("BEGIN IMMEDIATE");
  state_->changes_before = sqlite3_total_changes64(state_->db);
}
void Db::commit() { run("COMMIT"); }

void Db::rollback() noexcept {
  // SQLite itself rolls back after some errors (full disk): then there is nothing left to do.
  if (in_transaction()) sqlite3_exec(state_->db, "ROLLBACK", nullptr, nullptr, nullptr);
}

bool Db::in_transaction() const { return sqlite3_get_autocommit(state_->db) == 0; }

bool Db::has_written() const {
  return sqlite3_total_changes64(state_->db) != state_->changes_before;
}

unsigned Db::changed() { return std::exchange(state_->changed, 0); }

void Db::set_change_probe(std::function<void(std::string_view table)> probe) {
  state_->change_probe = std::move(probe);
}

sqlite3* Db::handle() const { return state_->db; }

int Db::wal_pages() const { return state_->wal_pages; }

bool Db::checkpoint() { return state_->move_log(SQLITE_CHECKPOINT_TRUNCATE); }
bool Db::move_log() { return state_->move_log(SQLITE_CHECKPOINT_PASSIVE); }

}  // namespace livlina::server::store

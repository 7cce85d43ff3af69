// One SQLite connection with RAII, cached statements and typed binding.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "crypto/core/ids.hpp"
#include "crypto/core/keys.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace livlina::server::store {

// What made a statement fail; thrown inside the server, caught by the engine, which rolls back.
enum class Fault : std::uint8_t {
  full,        // no space on the disk
  busy,        // locked by another process
  corrupt,     // not a database, or damaged
  constraint,  // a rule of the schema: a bug of ours
  other,
};
class Failure : public std::runtime_error {
 public:
  // `where`: the statement's text or the call; never a bound value.
  Failure(Fault fault, std::string_view where, std::string_view sqlite_message);
  [[nodiscard]] Fault fault() const { return fault_; }

 private:
  Fault fault_;
};

// A running statement. Bind in order with bind(...), then step() per row; columns from 0. Resets
// itself at the end of its life.
class Query {
 public:
  explicit Query(sqlite3_stmt* statement, std::string_view sql);
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

  template <class... T>
  Query& bind(const T&... values) {
    (one(values), ...);
    return *this;
  }
  [[nodiscard]] bool step();  // true: a row is there
  void run();                 // to the end, no rows wanted
  // run(), then the number of rows changed.
  int changes();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] bool null(int column) const;
  [[nodiscard]] ByteView blob(int column) const;  // lives until the next step()
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] Bytes bytes(int column) const { return to_bytes(blob(column)); }
  template <std::size_t N>
  [[nodiscard]] ByteArray<N> array(int column) const {
    ByteArray<N> out{};
    const ByteView b = blob(column);
    if (b.size() == N) std::copy(b.begin(), b.end(), out.begin());
    return out;
  }
  template <class I>
  [[nodiscard]] I id(int column) const {
    return I{array<16>(column)};
  }

 private:
  void one(std::int64_t v);
  void one(std::uint64_t v) { one(static_cast<std::int64_t>(v)); }
  void one(int v) { one(static_cast<std::int64_t>(v)); }
  void one(unsigned v) { one(static_cast<std::int64_t>(v)); }
  void one(bool v) { one(static_cast<std::int64_t>(v)); }
  void one(std::nullptr_t);
  void one(ByteView b);
  void one(const Bytes& b) { one(ByteView(b)); }
  void one(std::string_view s);
  void one(const std::string& s) { one(std::string_view(s)); }
  void one(const char* s) { one(std::string_view(s)); }
  template <std::size_t N>
  void one(const ByteArray<N>& b) {
    one(ByteView(b));
  }
  template <class Tag>
  void one(const Id<Tag>& id) {
    one(id.view());
  }
  template <class Tag>
  void one(const crypto::PublicKey<Tag>& k) {
    one(k.view());
  }
  template <class T>
  void one(const std::optional<T>& v) {
    if (v)
      one(*v);
    else
      one(nullptr);
  }
  sqlite3_stmt* statement_;
  std::string_view sql_;
  int next_ = 1;
};

// Tables whose rows a connection is asked about, as bits of Db::changed().
namespace table_bit {
inline constexpr unsigned circle = 1 << 0;
inline constexpr unsigned occurrence = 1 << 1;
inline constexpr unsigned schedule = 1 << 2;
inline constexpr unsigned incident = 1 << 3;
inline constexpr unsigned notification = 1 << 4;
inline constexpr unsigned operator_notice = 1 << 5;
inline constexpr unsigned checkin_record = 1 << 6;
inline constexpr unsigned mailbox = 1 << 7;
inline constexpr unsigned invite = 1 << 8;
inline constexpr unsigned channel_failure = 1 << 9;
}  // namespace table_bit

// Not thread-safe: belongs to the database thread (or to a test).
class Db {
 public:
  enum class Mode : std::uint8_t { create_or_open, open_existing, read_only };
  // Opens with WAL, synchronous=FULL, foreign keys, secure_delete. ":memory:" and memdb URIs serve
  // tests. Throws Failure.
  explicit Db(const std::string& path, Mode mode = Mode::create_or_open);
  Db(Db&&) noexcept;
  Db& operator=(Db&&) noexcept;
  ~Db();

  // A cached statement; `sql` must be a literal (its address is the key).
  [[nodiscard]] Query query(const char* sql);
  // The statement with its values, run to the end; the rows changed.
  template <class... T>
  int run(const char* sql, const T&... values) {
    return query(sql).bind(values...).changes();
  }
  void exec(const std::string& script);  // several statements without values
  void begin();
  void commit();
  void rollback() noexcept;
  [[nodiscard]] bool in_transaction() const;
  // The transaction has changed rows: its commit is written and flushed.
  [[nodiscard]] bool has_written() const;
  // The tables of table_bit of which this connection has changed rows since the last call, also in
  // what was rolled back.
  [[nodiscard]] unsigned changed();
  // For tests: called with the table of each row that changes, but for tables without rowid.
  void set_change_probe(std::function<void(std::string_view table)> probe);
  [[nodiscard]] sqlite3* handle() const;  // for tests
  // Pages in the write-ahead log after the last commit. Nothing moves them but the next two.
  [[nodiscard]] int wal_pages() const;
  // Moves the log into the database and empties it, so that deleted content is gone from both.
  // False: somebody reads, try later. Outside a transaction. Throws Failure.
  [[nodiscard]] bool checkpoint();
  // Moves the log into the database and leaves the file as it is: it is written anew from its
  // beginning, and no flush has to write a new length as well. Else like checkpoint().
  [[nodiscard]] bool move_log();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace livlina::server::store

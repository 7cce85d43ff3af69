// What the engine remembers of the next deadlines: asked again exactly where rows have changed.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "server/engine/calendar.hpp"
#include "server/store/schema.hpp"
#include "tests/services/watched_server.hpp"

namespace livlina::testing {
namespace {

using namespace server;

// How often statements that begin so were run on this connection.
int runs(store::Db& db, std::string_view begin) {
  int out = 0;
  for (sqlite3_stmt* s = sqlite3_next_stmt(db.handle(), nullptr); s != nullptr;
       s = sqlite3_next_stmt(db.handle(), s))
    if (std::string_view(sqlite3_sql(s)).starts_with(begin))
      out += sqlite3_stmt_status(s, SQLITE_STMTSTATUS_RUN, 0);
  return out;
}
constexpr std::string_view deadlines = "SELECT min(next_at)";

TEST(Calendar, G1_every_table_with_a_deadline_is_asked_and_tells_of_its_changes) {
  store::Db db(":memory:");
  store::migrate(db);
  // The hook behind Db::changed() hears nothing of tables without rowid.
  std::set<std::string> with_rowid;
  std::set<std::string> with_deadline;
  {
    auto q = db.query("SELECT name FROM pragma_table_list WHERE schema = 'main' AND wr = 0");
    while (q.step()) with_rowid.insert(q.text(0));
    auto d = db.query(
        "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c"
        " WHERE m.type = 'table' AND c.name = 'next_at'");
    while (d.step()) with_deadline.insert(d.text(0));
  }
  EXPECT_EQ(with_deadline, (std::set<std::string>{"channel_failure", "incident", "notification",
                                                  "occurrence", "operator_notice", "schedule"}));
  EXPECT_EQ(with_deadline.size(), tables_with_deadlines.size());
  namespace table = store::table_bit;
  const std::map<std::string, unsigned> bits = {{"circle", table::circle},
                                                {"occurrence", table::occurrence},
                                                {"schedule", table::schedule},
                                                {"incident", table::incident},
                                                {"notification", table::notification},
                                                {"operator_notice", table::operator_notice},
                                                {"checkin_record", table::checkin_record},
                                                {"mailbox", table::mailbox},
                                                {"invite", table::invite},
                                                {"channel_failure", table::channel_failure}};
  db.exec("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON");
  for (const auto& [name, bit] : bits) {
    EXPECT_TRUE(with_rowid.contains(name)) << name;
    // A row of zeros, whatever the columns are.
    std::string columns;
    std::string values;
    {
      store::Db look(":memory:");
      store::migrate(look);
      auto q = look.query(
          "SELECT t.name, c.name, c.type FROM sqlite_schema t"
          " JOIN pragma_table_info(t.name) c WHERE t.type = 'table'");
      while (q.step()) {
        if (q.text(0) != name) continue;
        columns += (columns.empty() ? "" : ", ") + q.text(1);
        values += (values.empty() ? "" : ", ") + std::string(q.text(2) == "BLOB"   ? "zeroblob(16)"
                                                             : q.text(2) == "TEXT" ? "''"
                                                                                   : "1");
      }
    }
    (void)db.changed();
    db.exec("INSERT INTO " + name + " (" + columns + ") VALUES (" + values + ")");
    EXPECT_EQ(db.changed(), bit) << name;
    EXPECT_EQ(db.changed(), 0U) << name;
    const std::string first = columns.substr(0, columns.find(','));
    db.exec("UPDATE " + name + " SET " + first + " = " + first);
    EXPECT_EQ(db.changed(), bit) << name;
    db.exec("DELETE FROM " + name + " WHERE " + first + " IS NOT NULL");
    EXPECT_EQ(db.changed(), bit) << name;
  }
}

TEST(Calendar, G7_a_message_asks_for_no_deadline) {
  WatchedServer server;
  WatchTown& town = server.town;
  town.accept_plan({town.daily_at(12 * 60)});
  Connection& mentor = server.server->online(town.mentor.primary());
  Connection& phone = server.server->online(town.participant.primary());
  server.advance(5 * second);
  (void)server.round();
  const int before = runs(town.db, deadlines);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(server.server->code(mentor, post_message(random_id<MessageId>(town.random),
                                                       {town.participant.primary().id()})),
              0);
    const auto seq = phone.take(v1::ServerFrame::kDelivery)->delivery().seq();
    ASSERT_EQ(server.server->code(phone, ack({seq})), 0);
  }
  EXPECT_EQ(runs(town.db, deadlines), before);
  // The counter-check: an answer moves a deadline, and is asked about.
  server.advance_to(town_start + 3 * hour + 10 * minute);
  const int then = runs(town.db, deadlines);
  ASSERT_EQ(server.server->code(phone, server.record({})), 0);
  EXPECT_GT(runs(town.db, deadlines), then);
}

TEST(Calendar, M1_mail_is_read_only_where_some_came) {
  WatchedServer server;
  WatchTown& town = server.town;
  Connection& mentor = server.server->online(town.mentor.primary());
  Connection& phone = server.server->online(town.participant.primary());
  constexpr std::string_view reads = "SELECT seq, kind, content FROM mailbox";
  const int before = runs(town.db, reads);
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(server.server->code(mentor, post_message(random_id<MessageId>(town.random),
                                                       {town.participant.primary().id()})),
              0);
    const auto seq = phone.take(v1::ServerFrame::kDelivery)->delivery().seq();
    ASSERT_EQ(server.server->code(phone, ack({seq})), 0);
  }
  EXPECT_EQ(runs(town.db, reads) - before, 10) << "one rank, once for each";
}

// Outside the engine somebody changes the database: at most a second late.
TEST(Calendar, G1_what_another_connection_changed_is_seen_within_a_second) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("livlina-calendar-" + std::to_string(::getpid())))
          .string();
  {
    Town town(3, CircleState::setup, 2, path);
    Calendar calendar;
    auto due = [&] {
      auto turn = town.turn();
      return calendar.look(turn).rows;
    };
    EXPECT_EQ(due(), std::nullopt);
    store::Db other(path);
    other.exec(
        "INSERT INTO operator_notice (id, cause, code, severity, at, state, attempts, next_at,"
        " version) VALUES (zeroblob(16), zeroblob(16), 1, 1, 1, 1, 0, 77, 1)");
    town.now += 999;
    EXPECT_EQ(due(), std::nullopt);
    town.now += 1;
    EXPECT_EQ(due(), 77);
    town.db.exec("UPDATE operator_notice SET next_at = 76");
    EXPECT_EQ(due(), 76) << "through our own at once";
    other.exec("UPDATE operator_notice SET next_at = 75");
    calendar.forget();
    EXPECT_EQ(due(), 75);
    // A clock that was set back is no reason to believe for longer.
    other.exec("UPDATE operator_notice SET next_at = 74");
    town.now -= hour;
    EXPECT_EQ(due(), 74);
  }
  for (const char* end : {"", "-wal", "-shm"}) std::remove((path + end).c_str());
}

TEST(Calendar, G1_what_was_rolled_back_or_could_not_be_read_is_asked_again) {
  Town town;
  Calendar calendar;
  auto look = [&] {
    auto turn = town.turn();
    return calendar.look(turn);
  };
  const std::string row =
      "INSERT INTO operator_notice (id, cause, code, severity, at, state, attempts, next_at,"
      " version) VALUES (zeroblob(16), zeroblob(16), 1, 1, 1, 1, 0, 77, 1)";
  EXPECT_EQ(look().rows, std::nullopt);
  town.db.begin();
  town.db.exec(row);
  town.db.rollback();
  EXPECT_EQ(look().rows, std::nullopt);
  town.db.exec("ALTER TABLE notification RENAME COLUMN next_at TO gone");
  town.db.exec(row);
  town.db.exec("UPDATE circle SET recheck = 1");
  town.now += second;
  for (int i = 0; i < 3; ++i) EXPECT_THROW((void)look(), store::Failure);
  town.db.exec("ALTER TABLE notification RENAME COLUMN gone TO next_at");
  EXPECT_EQ(look().rows, 77);
  EXPECT_EQ(look().recheck, 0);
}

}  // namespace
}  // namespace livlina::testing

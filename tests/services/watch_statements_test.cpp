// No statement that the watch runs reads a whole table: what it costs does not grow with history.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <set>

#include "server/services/channels.hpp"
#include "server/services/notices.hpp"
#include "server/services/retention.hpp"
#include "server/store/channel_failures.hpp"
#include "server/store/migrations.hpp"
#include "server/store/schema.hpp"
#include "tests/services/watch_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using protocol::Act;
using protocol::Reason;
using protocol::RecordType;

bool is_partial(sqlite3* db, const std::string& index) {
  sqlite3_stmt* q = nullptr;
  const std::string text =
      "SELECT 1 FROM sqlite_schema WHERE name = '" + index + "' AND sql LIKE '% WHERE %'";
  if (sqlite3_prepare_v2(db, text.c_str(), -1, &q, nullptr) != SQLITE_OK) return false;
  const bool found = sqlite3_step(q) == SQLITE_ROW;
  sqlite3_finalize(q);
  return found;
}

// The index of a plan's line, or nothing.
std::string index_of(const std::string& line) {
  const auto at = line.find(" INDEX ");
  if (at == std::string::npos) return {};
  const auto from = at + 7;
  return line.substr(from, line.find(' ', from) - from);
}

// What a query reads from end to end, by EXPLAIN QUERY PLAN. A scan by a partial index is one over
// what is waiting, and a scan of a result is none of a table.
std::vector<std::string> scans(sqlite3* db, const char* sql) {
  std::vector<std::string> out;
  sqlite3_stmt* plan = nullptr;
  const std::string text = std::string("EXPLAIN QUERY PLAN ") + sql;
  if (sqlite3_prepare_v2(db, text.c_str(), -1, &plan, nullptr) != SQLITE_OK) return {"not a query"};
  while (sqlite3_step(plan) == SQLITE_ROW) {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(plan, 3));
    const std::string line(bytes);
    const bool whole = line.rfind("SCAN ", 0) == 0 && !is_partial(db, index_of(line)) &&
                       line.rfind("SCAN (", 0) != 0 && line.rfind("SCAN CONSTANT", 0) != 0 &&
                       line != "SCAN mine";  // a WITH's result
    if (whole) out.push_back(line);
  }
  sqlite3_finalize(plan);
  return out;
}

// Everything that was prepared on this connection: it keeps its statements.
std::set<std::string> statements(sqlite3* db) {
  std::set<std::string> out;
  for (sqlite3_stmt* s = sqlite3_next_stmt(db, nullptr); s != nullptr; s = sqlite3_next_stmt(db, s))
    out.insert(sqlite3_sql(s));
  return out;
}

TEST(WatchStatements, G1_no_statement_of_the_watch_reads_a_whole_table) {
  WatchTown town;
  town.accept_plan({town.daily_at(12 * 60, {0}), town.daily_at(14 * 60)});
  town.operator_delivers = false;
  (void)town.answer({.type = RecordType::alarm, .answer = 2});
  (void)town.answer({.type = RecordType::cancel, .named = 1});
  town.round();
  (void)town.answer({.answer = 2}, 1);
  town.commit([&](Turn& t) { shadow_seen(t, town.circle.id, town.participant.shadow().id()); });
  town.round();
  town.advance_to(town_start + 4 * hour);
  (void)town.answer({});
  town.advance_to(town_start + 7 * hour);  // missed, and in its third round
  const IncidentId id = town.unresolved()->id;
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::seen}), 1);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::offer, .target = town.contact.key().bytes()}),
            1);
  town.advance(2 * hour);
  (void)town.answer({});
  ASSERT_EQ(town.act(town.coordinator, id, {.act = Act::resolve, .reason = Reason::other}), 1);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::reopen}), 1);
  const Instant before = town.now;
  town.now += day;
  town.wake(before);
  town.round();
  const Instant wrong = town.now;
  town.now -= 12 * hour;
  town.wake(wrong);
  town.round();
  town.accept_plan({});
  v1::ListIncidents list;
  v1::GetOccurrences slots;
  slots.set_circle_id(to_string(town.circle.id.view()));
  v1::ReceiptNotices receipts;
  receipts.add_notice_ids(std::string(16, 'n'));
  town.commit([&](Turn& t) {
    EXPECT_TRUE(list_incidents(t, town.as(town.mentor), list).ok());
    EXPECT_TRUE(get_occurrences(t, town.as(town.mentor), slots).ok());
    EXPECT_TRUE(receipt_notices(t, town.as(town.mentor), receipts).ok());
    device_online(t, town.mentor.primary().id());
    RetentionPlace place;
    while (delete_old(t, place, 16)) {
    }
  });

  // Webhooks, from the first notice to the failure and back.
  const policy::Person desk = town.desk.key().bytes();
  for (const auto what : {policy::Delivery::What::later, policy::Delivery::What::refused,
                          policy::Delivery::What::accepted}) {
    town.now += probe_every + second;
    town.settings.operator_webhook = true;
    town.settings.desk_channels = {desk};
    town.commit([&](Turn& t) {
      begin_channels(t);
      try_failed_channels(t);
      notify_operator(t, std::nullopt, OperatorCode::clock_back, 0, CauseId{t.random.array<16>()});
      warn_desk(t, town.facts(), policy::NotificationKind::warning,
                policy::NoticeCode::circle_degraded, CauseId{t.random.array<16>()});
      for (const DeskNotice& notice : due_desk_notices(t, 10))
        webhook_result(t, notice.id, {what, 0});
      for (const OperatorNotice& line : due_operator_notices(t, 10))
        webhook_result(t, line.id, {what, 0});
      EXPECT_EQ(store::ChannelFailures(t.db).failed(desk), what == policy::Delivery::What::refused);
    });
    town.settings.operator_webhook = false;
    town.commit([&](Turn& t) { begin_channels(t); });
  }

  int looked_at = 0;
  for (const std::string& sql : statements(town.db.handle())) {
    const auto begins = [&](const char* with) { return sql.rfind(with, 0) == 0; };
    if (begins("SELECT count(*)") || begins("PRAGMA")) continue;  // this test's own
    if (begins("INSERT INTO policy")) continue;  // once for each new value in the configuration
    if (begins("UPDATE device SET last_seen = ?1")) continue;  // once for a clock that went back
    if (begins("SELECT person FROM channel_failure ORDER BY")) continue;  // of desks, at a start
    ++looked_at;
    EXPECT_EQ(scans(town.db.handle(), sql.c_str()), std::vector<std::string>{}) << sql;
  }
  EXPECT_GT(looked_at, 80) << "hardly anything was run";
}

TEST(WatchStatements, a_database_of_an_earlier_version_keeps_its_events) {
  store::Db db(":memory:");
  for (const char* script :
       {store::migration_people, store::migration_watch, store::migration_notices})
    db.exec(script);
  db.exec("PRAGMA foreign_keys = OFF; PRAGMA application_id = 1280724046; PRAGMA user_version = 3");
  db.exec(
      "INSERT INTO incident (id, circle, lane, state, severity, calm, policy, step, round, "
      "lease_until, lease_reminded, fired, postponed, reruns, sole_loud_alarm, opened_at, reason, "
      "head, next_at, version) VALUES (zeroblob(16), zeroblob(16), 1, 1, 2, 0, 1, 0, 1, 0, 0, 0, "
      "0, "
      "0, 0, 1, 0, zeroblob(32), 9, 1);"
      "INSERT INTO incident_event (n, id, incident, kind, at, step, round) VALUES "
      "(7, zeroblob(16), zeroblob(16), 20, 5, 1, 2)");
  db.exec("PRAGMA foreign_keys = ON");
  store::migrate(db);
  auto q = db.query("SELECT n, kind, at, step, round FROM incident_event");
  ASSERT_TRUE(q.step());
  EXPECT_EQ(q.integer(0), 7);
  EXPECT_EQ(q.integer(1), 20);
  EXPECT_EQ(q.integer(4), 2);
  EXPECT_FALSE(q.step());
}

}  // namespace
}  // namespace livlina::testing

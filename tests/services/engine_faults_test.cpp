// When the database refuses, is full, locked, newer, foreign or cut off in the middle: nothing half
// done, an honest answer, and the server stays up.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "server/store/lock_file.hpp"
#include "server/store/mailbox.hpp"
#include "server/store/schema.hpp"
#include "server/store/server_row.hpp"
#include "tests/services/served_town.hpp"

namespace livlina::server {
namespace {

using testing::Connection;
using testing::Harness;
using testing::Town;
using v1::ServerFrame;

std::string temporary(const char* name) {
  return (std::filesystem::temp_directory_path() /
          ("livlina-" + std::string(name) + "-" + std::to_string(::getpid())))
      .string();
}

struct File {
  explicit File(const char* name) : path(temporary(name)) { remove(); }
  ~File() { remove(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  void remove() const {
    for (const char* end : {"", "-wal", "-shm", "-journal", ".lock"})
      std::remove((path + end).c_str());
  }
  std::string path;
};

// ---- opening ----

TEST(Opening, H15_second_process_on_the_same_database_is_refused) {
  const File file("lock");
  {
    const store::LockFile first(file.path);
    EXPECT_THROW(store::LockFile second(file.path), store::AlreadyRunning);
  }
  EXPECT_NO_THROW(store::LockFile third(file.path)) << "released with its holder";
}

TEST(Opening, newer_database_is_refused_untouched) {
  store::Db db(":memory:");
  store::migrate(db);
  db.exec("PRAGMA user_version = 999");
  try {
    store::migrate(db);
    FAIL();
  } catch (const store::SchemaRefused& why) {
    EXPECT_NE(std::string(why.what()).find("newer"), std::string::npos);
  }
  auto q = db.query("PRAGMA user_version");
  ASSERT_TRUE(q.step());
  EXPECT_EQ(q.integer(0), 999);
}

TEST(Opening, database_of_another_program_is_refused_untouched) {
  store::Db db(":memory:");
  db.exec("CREATE TABLE recipe (name TEXT)");
  EXPECT_THROW(store::migrate(db), store::SchemaRefused);
  EXPECT_FALSE(db.query("SELECT 1 FROM sqlite_schema WHERE name = 'account'").step());
  store::Db named(":memory:");
  named.exec("PRAGMA application_id = 1234");
  EXPECT_THROW(store::migrate(named), store::SchemaRefused);
}

TEST(Opening, file_that_is_no_database_is_reported_as_such) {
  const File file("rubbish");
  std::ofstream(file.path) << std::string(5000, 'r');
  try {
    store::Db db(file.path);
    FAIL();
  } catch (const store::Failure& why) {
    EXPECT_EQ(why.fault(), store::Fault::corrupt);
  }
}

TEST(Opening, migrating_again_changes_nothing_and_the_pragmas_hold) {
  const File file("pragmas");
  store::Db db(file.path);
  store::migrate(db);
  store::migrate(db);
  const auto value = [&](const char* sql) {
    auto q = db.query(sql);
    return q.step() ? q.text(0) : "";
  };
  EXPECT_EQ(value("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(value("PRAGMA synchronous"), "2");
  EXPECT_EQ(value("PRAGMA foreign_keys"), "1");
  EXPECT_EQ(value("PRAGMA secure_delete"), "1");
  EXPECT_EQ(value("PRAGMA user_version"), std::to_string(store::schema_version()));
  EXPECT_EQ(value("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(value("PRAGMA foreign_key_check"), "");
}

TEST(Opening, every_table_is_strict) {
  store::Db db(":memory:");
  store::migrate(db);
  EXPECT_FALSE(db.query("SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
                        " AND name NOT LIKE 'sqlite_%' AND strict = 0")
                   .step());
}

TEST(Opening, T23_failure_text_has_no_bound_value) {
  store::Db db(":memory:");
  store::migrate(db);
  db.run("INSERT INTO account (pk, purpose, setup) VALUES (?, 1, 0)", Bytes(32, 'k'));
  try {
    db.run("INSERT INTO account (pk, purpose, setup) VALUES (?, 1, 0)", Bytes(32, 'k'));
    FAIL();
  } catch (const store::Failure& why) {
    EXPECT_EQ(why.fault(), store::Fault::constraint);
    EXPECT_EQ(std::string(why.what()).find("kkkk"), std::string::npos);
  }
}

// ---- running ----

class Faults : public testing::ServedTown {
 protected:
  v1::Request message() {
    return testing::post_message(testing::random_id<MessageId>(town.random),
                                 {town.participant.primary().id()}, 0, 4000);
  }
  // The database may not grow any more.
  void fill_disk() {
    auto q = town.db.query("PRAGMA page_count");
    ASSERT_TRUE(q.step());
    town.db.exec("PRAGMA max_page_count = " + std::to_string(q.integer(0)));
  }
};

TEST_F(Faults, M1_full_disk_refuses_honestly_and_the_server_stays_up) {
  Connection& mentor = server->online(town.mentor.primary());
  Connection& phone = server->online(town.participant.primary());
  fill_disk();
  v1::ServerFrame last;
  int stored = 0;
  for (int i = 0; i < 10; ++i) {
    last = server->ask(mentor, message());
    if (last.body_case() == ServerFrame::kStored) ++stored;
  }
  EXPECT_EQ(last.error().code(), v1::DISK_FULL);
  EXPECT_GT(last.error().retry_after_ms(), 0U);
  EXPECT_EQ(phone.count(ServerFrame::kDelivery), static_cast<std::size_t>(stored));
  EXPECT_EQ(store::Mailbox(town.db).queued(town.participant.primary().id()),
            static_cast<std::uint32_t>(stored))
      << "what was refused left nothing behind";
  // Reading goes on, and so does everything when there is room again.
  v1::Request list;
  list.mutable_list_circles();
  EXPECT_EQ(server->ask(mentor, list).circle_heads().circles_size(), 1);
  town.db.exec("PRAGMA max_page_count = 1000000");
  EXPECT_EQ(server->ask(mentor, message()).body_case(), ServerFrame::kStored);
}

TEST_F(Faults, H13_one_request_that_fails_does_not_take_the_others_along) {
  Connection& mentor = server->online(town.mentor.primary());
  Connection& contact = server->online(town.contact.primary());
  fill_disk();
  // A big one that does not fit between two small ones that do.
  auto big = testing::post_message(testing::random_id<MessageId>(town.random),
                                   {town.participant.primary().id()}, 0, 60'000);
  auto small = testing::ack({1});
  auto small_too = testing::ack({2});
  small.set_id(1001);
  big.set_id(1002);
  small_too.set_id(1003);
  server->together({{&contact, small}, {&mentor, big}, {&contact, small_too}});
  EXPECT_EQ(server->reply(contact, 1001)->body_case(), ServerFrame::kDone);
  EXPECT_EQ(server->reply(mentor, 1002)->error().code(), v1::DISK_FULL);
  EXPECT_EQ(server->reply(contact, 1003)->body_case(), ServerFrame::kDone);
}

TEST(FaultsOnDisk, locked_database_answers_busy_and_recovers) {
  const File file("busy");
  Town town(4, CircleState::setup, 2, file.path);
  testing::make_server_row(town.db, town.now);
  Harness server(town.db, town.random, town.now);
  Connection& mentor = server.online(town.mentor.primary());
  const auto message = testing::post_message(testing::random_id<MessageId>(town.random),
                                             {town.participant.primary().id()});
  sqlite3_busy_timeout(town.db.handle(), 0);  // the test need not wait
  {
    store::Db other(file.path);
    other.begin();
    other.run("UPDATE server SET epoch = epoch");
    const auto reply = server.ask(mentor, message);
    EXPECT_EQ(reply.error().code(), v1::BUSY);
    EXPECT_GT(reply.error().retry_after_ms(), 0U);
    other.rollback();
  }
  EXPECT_EQ(server.ask(mentor, message).body_case(), ServerFrame::kStored);
}

TEST_F(Faults, M1_crash_on_either_side_of_every_commit_loses_nothing_acknowledged) {
  // One scenario, cut off before and after each of its commits: what was told "stored" is there,
  // and the repeated request gets it stored exactly once.
  const auto scenario = [](Town& t, Harness& h, const MessageId& id, bool& told) {
    Connection& mentor = h.online(t.mentor.primary());
    told = h.ask(mentor, testing::post_message(id, {t.participant.primary().id()})).body_case() ==
           ServerFrame::kStored;
  };
  int commits = 0;
  {
    Town t(6, CircleState::setup, 2, "file:/count?vfs=memdb");
    testing::make_server_row(t.db, t.now);
    Harness h(t.db, t.random, t.now);
    h.engine().set_commit_probe(
        [&](CommitPoint at) { commits += at == CommitPoint::before ? 1 : 0; });
    bool told = false;
    scenario(t, h, testing::random_id<MessageId>(t.random), told);
    ASSERT_TRUE(told);
  }
  ASSERT_GT(commits, 2);
  for (int cut = 0; cut < 2 * commits; ++cut) {
    const std::string path = "file:/crash" + std::to_string(cut) + "?vfs=memdb";
    const store::Db keeps_it_alive(path);
    Town t(6, CircleState::setup, 2, path);
    testing::make_server_row(t.db, t.now);
    const auto id = testing::random_id<MessageId>(t.random);
    bool told = false;
    {
      Harness h(t.db, t.random, t.now);
      int seen = 0;
      h.engine().set_commit_probe([&](CommitPoint) {
        if (seen++ == cut) throw Crash{};
      });
      try {
        scenario(t, h, id, told);
      } catch (const Crash&) {
      }
    }
    t.db = store::Db(":memory:");  // the killed process lets go of the file
    t.db = store::Db(path);
    store::migrate(t.db);
    Harness again(t.db, t.random, t.now);
    const auto queued = [&] { return store::Mailbox(t.db).queued(t.participant.primary().id()); };
    if (told) {
      EXPECT_EQ(queued(), 1U) << "cut " << cut;
    }
    t.mentor.primary().login_counter += 1;  // the client claims a counter before it uses it
    Connection& mentor = again.online(t.mentor.primary());
    EXPECT_EQ(again.code(mentor, testing::post_message(id, {t.participant.primary().id()})), 0);
    EXPECT_EQ(queued(), 1U) << "cut " << cut;
  }
}

TEST_F(Faults, G2_nothing_leaves_before_the_commit) {
  Connection& mentor = server->online(town.mentor.primary());
  Connection& phone = server->online(town.participant.primary());
  bool armed = true;
  server->engine().set_commit_probe([&](CommitPoint at) {
    if (armed && at == CommitPoint::before)
      throw store::Failure(store::Fault::other, "test", "refused");
  });
  EXPECT_EQ(server->ask(mentor, message()).error().code(), v1::INTERNAL);
  EXPECT_EQ(phone.count(ServerFrame::kDelivery), 0U);
  armed = false;
  EXPECT_EQ(server->ask(mentor, message()).body_case(), ServerFrame::kStored);
  EXPECT_EQ(phone.count(ServerFrame::kDelivery), 1U);
}

TEST_F(Faults, G6_server_knows_how_long_it_was_blind) {
  town.now += 5 * minute;
  server->settle();
  const Instant known = store::Server(town.db).find()->last_round;
  EXPECT_EQ(known, town.now);
  // Idle: it notes that it is alive all the same.
  const auto next = server->engine().next_deadline();
  ASSERT_TRUE(next);
  EXPECT_LE(*next, town.now + server->settings.heartbeat);
  town.now += hour;
  server->restart();
  EXPECT_EQ(store::Server(town.db).find()->last_round, town.now) << "the gap was written";
}

TEST_F(Faults, G6_gap_that_cannot_be_written_is_tried_again_before_anything_is_judged) {
  town.now += hour;
  // Only the gap itself, the first commit of each, fails.
  bool first = true;
  bool broken = true;
  server->engine().set_commit_probe([&](CommitPoint at) {
    if (broken && std::exchange(first, false) && at == CommitPoint::before)
      throw store::Failure(store::Fault::full, "test", "refused");
  });
  server->engine().wake(town.now - hour, town.now);
  const Instant before = store::Server(town.db).find()->last_round;
  first = true;
  EXPECT_FALSE(server->engine().round({}, town.now).faults.empty()) << "for the operator's log";
  EXPECT_EQ(store::Server(town.db).find()->last_round, before)
      << "the gap must still be known after a crash";
  EXPECT_GT(*server->engine().next_deadline(), town.now) << "and no busy loop";
  broken = false;
  town.now += 2 * second;
  (void)server->engine().round({}, town.now);
  EXPECT_EQ(store::Server(town.db).find()->last_round, town.now);
}

TEST_F(Faults, G1_alarm_is_committed_before_a_flood_of_messages_of_the_same_round) {
  Connection& mentor = server->online(town.mentor.primary());
  Connection& phone = server->online(town.participant.primary());
  std::vector<std::pair<Connection*, v1::Request>> all;
  for (int i = 0; i < 300; ++i) all.emplace_back(&mentor, message());
  all.emplace_back(&phone, alarm(protocol::AlarmKind::loud));
  all.back().second.set_id(9999);
  // After each commit: alarms and messages that are in the database.
  std::vector<std::pair<std::int64_t, std::int64_t>> seen;
  server->engine().set_commit_probe([&](CommitPoint at) {
    if (at != CommitPoint::after) return;
    auto q = town.db.query(
        "SELECT (SELECT count(*) FROM checkin_record), (SELECT count(*) FROM mailbox WHERE kind = "
        "1)");
    ASSERT_TRUE(q.step());
    seen.emplace_back(q.integer(0), q.integer(1));
  });
  server->together(std::move(all));
  EXPECT_EQ(server->reply(phone, 9999)->body_case(), ServerFrame::kRecordAnswer);
  ASSERT_GE(seen.size(), 3U);
  EXPECT_EQ(seen.front(), std::make_pair(std::int64_t{1}, std::int64_t{0}));
  std::int64_t before = 0;
  for (const auto& [alarms, messages] : seen) {
    EXPECT_LE(messages - before, 200) << "at most rows_per_commit requests a commit";
    before = messages;
  }
  EXPECT_EQ(before, 300);
}

}  // namespace
}  // namespace livlina::server

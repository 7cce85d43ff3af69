// What is old is deleted, and nothing else: over three years of virtual time.
#include "server/services/retention.hpp"

#include <gtest/gtest.h>

#include "server/store/checkin_records.hpp"
#include "tests/services/harness.hpp"
#include "tests/services/watch_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using policy::Lane;
using protocol::Act;
using protocol::Reason;
using protocol::RecordType;

constexpr Duration week = 7 * day;

std::int64_t count_before(WatchTown& town, const char* sql, Instant before) {
  auto q = town.db.query(sql);
  q.bind(before);
  return q.step() ? q.integer(0) : -1;
}

// A whole pass in small parts, the invariants after each.
void clean(WatchTown& town, std::size_t most = 16) {
  town.told.clear();  // what was told as received is old by now
  RetentionPlace place;
  bool more = true;
  for (int part = 0; more; ++part) {
    ASSERT_LT(part, 10'000) << "a pass never ends";
    town.commit([&](Turn& t) { more = delete_old(t, place, most); });
  }
}

void receipt_all(WatchTown& town) {
  town.commit([&](Turn&) {
    town.db.run("UPDATE notification SET state = 2, next_at = NULL WHERE state = 1");
  });
}

void resolve(WatchTown& town, const IncidentId& id) {
  ASSERT_EQ(town.act(town.coordinator, id, {.act = Act::take_over}), 1);
  ASSERT_EQ(
      town.act(town.coordinator, id, {.act = Act::resolve, .reason = Reason::reached_and_well}), 1);
  town.round();
  receipt_all(town);
}

IncidentId talk(WatchTown& town) {
  (void)town.answer({.answer = 2});
  town.round();
  return town.unresolved()->id;
}

// The next manifest and plan: neither lasts three years.
void renew(WatchTown& town) {
  auto lines = town.circle.manifest.lines;
  for (protocol::Line& l : lines) {
    l.not_before = town.now;
    l.not_after = town.now + 300 * day;
  }
  (void)town.circle.next_manifest(town.participant, lines, true, town.now);
  town.commit([&](Turn&) { store_manifest(town.db, town.circle); });
  auto mondays = daily(town.random, "UTC", {12 * 60}, town.now - day, town.now + 300 * day);
  mondays.times[0].weekdays = 1;
  town.accept_plan({mondays});
}

TEST(Retention, three_years_leave_two_of_history_and_a_month_of_notices) {
  WatchTown town;
  renew(town);
  for (int w = 0; w < 3 * 52; ++w) {
    const Instant due = town_start + w * week + 4 * hour;
    town.advance_to(due - 30 * minute);
    if (w % 10 == 3) {
      town.advance_to(due + 31 * minute);
      ASSERT_TRUE(town.unresolved());
      resolve(town, town.unresolved()->id);
    } else if (w % 10 == 6) {
      resolve(town, talk(town));
    } else {
      (void)town.answer({});
      town.round();
    }
    if (w % 20 == 19) renew(town);
    clean(town);
    town.sent.clear();
    if (HasFatalFailure()) return;
  }
  const Instant old = town.now - keep_history;
  const auto left = [&](const char* sql, Instant before) {
    return count_before(town, sql, before);
  };
  EXPECT_EQ(left("SELECT count(*) FROM occurrence WHERE deadline < ?", old), 0);
  EXPECT_EQ(left("SELECT count(*) FROM checkin_record WHERE received_at < ?", old), 0);
  EXPECT_EQ(left("SELECT count(*) FROM incident WHERE ended_at < ?", old), 0);
  EXPECT_EQ(left("SELECT count(*) FROM trigger_row WHERE at < ?", old - day), 0);
  EXPECT_EQ(left("SELECT count(*) FROM incident_event WHERE at < ?", old - day), 0);
  EXPECT_EQ(left("SELECT count(*) FROM act WHERE received_at < ?", old - day), 0);
  EXPECT_EQ(left("SELECT count(*) FROM notification WHERE at < ?", old - day), 0);
  EXPECT_EQ(
      left("SELECT count(*) FROM notification WHERE at < ? AND kind <> 1", town.now - keep_notices),
      0);
  EXPECT_EQ(left("SELECT count(*) FROM operator_notice WHERE at < ?", town.now - keep_notices), 0);
  // Two years of it are there: 104 or 105 Mondays, 21 or so incidents, and who was paged.
  EXPECT_GE(town.count("SELECT count(*) FROM occurrence"), 104);
  EXPECT_LE(town.count("SELECT count(*) FROM occurrence"), 105);
  EXPECT_GE(town.count("SELECT count(*) FROM incident"), 20);
  EXPECT_GE(town.count("SELECT count(*) FROM checkin_record"), 90);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident i WHERE NOT EXISTS (SELECT 1 FROM "
                       "notification n WHERE n.incident = i.id AND n.kind = 1)"),
            0)
      << "who was paged stays as long as the incident";
}

TEST(Retention, G3_nothing_unresolved_and_nothing_that_is_named_goes) {
  WatchTown town;
  const IncidentId first = talk(town);
  resolve(town, first);
  const IncidentId open = talk(town);
  (void)town.answer({.answer = 2}, 1);
  town.round();
  const IncidentId silent = town.unresolved(Lane::silent)->id;
  (void)town.answer({});
  town.round();
  ASSERT_EQ(town.incident(open).previous, first);
  const std::int64_t records = town.count("SELECT count(*) FROM checkin_record");
  town.now += 3 * 365 * day;
  clean(town);
  EXPECT_EQ(town.incident(first).id, first) << "the unresolved one names it";
  EXPECT_EQ(town.incident(open).previous, first);
  EXPECT_EQ(town.incident(silent).id, silent);
  EXPECT_EQ(town.count("SELECT count(*) FROM trigger_row"), 3);
  EXPECT_EQ(town.count("SELECT count(*) FROM checkin_record"), records);
  EXPECT_GT(town.count("SELECT count(*) FROM notification WHERE state = 1"), 0);

  ASSERT_EQ(
      town.act(town.coordinator, open, {.act = Act::resolve, .reason = Reason::reached_and_well}),
      1);
  clean(town);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident"), 2) << "the first one is gone";
  EXPECT_FALSE(town.incident(open).previous);
  EXPECT_EQ(town.incident(open).reason, static_cast<int>(Reason::reached_and_well));
}

TEST(Retention, newest_record_of_a_chain_stays) {
  WatchTown town;
  (void)town.answer({});
  town.round();
  resolve(town, talk(town));
  town.now += 3 * 365 * day;
  clean(town);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident"), 0);
  EXPECT_EQ(town.count("SELECT count(*) FROM act"), 0);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident_event"), 0);
  EXPECT_EQ(town.count("SELECT count(*) FROM notification"), 0);
  EXPECT_EQ(town.count("SELECT count(*) FROM checkin_record"), 1);
  (void)town.answer({});
  EXPECT_EQ(town.count("SELECT flags FROM checkin_record ORDER BY id DESC LIMIT 1"), 0)
      << "the chain goes on without a gap";
}

TEST(Retention, G3_a_reopened_incident_goes_with_the_act_that_reopened_it) {
  for (const std::size_t most : {16u, 200u}) {
    WatchTown town;
    const IncidentId first = talk(town);
    resolve(town, first);
    ASSERT_EQ(town.act(town.mentor, first, {.act = Act::reopen}), 1);
    const IncidentId second = town.unresolved()->id;
    town.now += 3 * 365 * day;
    clean(town, most);
    EXPECT_EQ(town.incident(first).id, first) << "an open one names it";
    resolve(town, second);
    clean(town, most);
    EXPECT_EQ(town.count("SELECT count(*) FROM incident"), 1) << "the first one is gone";
    auto q = town.db.query("SELECT count(*) FROM act WHERE act = 10 AND incident = ?");
    ASSERT_TRUE(q.bind(second).step());
    EXPECT_EQ(q.integer(0), 1) << "who reopened it stays as long as what it began";
    town.now += 3 * 365 * day;
    clean(town, most);
    EXPECT_EQ(town.count("SELECT count(*) FROM incident"), 0);
    EXPECT_EQ(town.count("SELECT count(*) FROM act"), 0);
  }
}

TEST(Retention, rows_of_a_wrong_clock_keep_no_older_ones) {
  WatchTown town;
  const auto add = [&](Instant at) {
    town.db.run(
        "INSERT INTO operator_notice (id, cause, code, severity, at, state, attempts, version) "
        "VALUES (?1, ?1, 4, 0, ?2, 2, 1, 2)",
        random_id<NoticeId>(town.random), at);
  };
  const Instant right = town.now;
  for (int k = 0; k < 40; ++k) add(right + 200 * day);
  for (int k = 0; k < 40; ++k) add(right);
  town.now = right + keep_notices + hour;
  clean(town, 16);
  EXPECT_EQ(town.count("SELECT count(*) FROM operator_notice"), 40);
  auto q = town.db.query("SELECT count(*) FROM operator_notice WHERE at = ?");
  ASSERT_TRUE(q.bind(right).step());
  EXPECT_EQ(q.integer(0), 0);
}

TEST(Retention, an_incident_with_many_rows_goes_in_parts) {
  WatchTown town;
  const IncidentId id = talk(town);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  for (int i = 0; i < 60; ++i) {
    town.now += second;
    ASSERT_EQ(town.act(town.mentor, id, {.act = Act::renew}), 1);
  }
  resolve(town, id);
  town.now += 3 * 365 * day;
  clean(town, 16);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident"), 0);
  EXPECT_EQ(town.count("SELECT count(*) FROM act"), 0);
}

TEST(Retention, notices_of_a_month_ago_go_unless_they_wait) {
  WatchTown town;
  town.commit([&](Turn&) {
    for (int i = 1; i <= 4; ++i) {
      auto q = town.db.query(
          "INSERT INTO notification (id, cause, person, channel, kind, code, lane, severity, step, "
          "round, at, state, attempts, next_at, version) "
          "VALUES (?1, ?1, ?2, 1, ?3, 15, 0, 0, 0, 0, ?4, ?5, 0, ?6, 1)");
      q.bind(random_id<NoticeId>(town.random), town.coordinator.key(), 4,
             i == 1 ? town.now + day : town.now, i == 2 ? 1 : 2,
             i == 2 ? std::optional<Instant>(town.now) : std::nullopt);
      q.run();
    }
  });
  town.now += keep_notices + hour;
  clean(town);
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE state = 1"), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM notification"), 2) << "the younger one as well";
}

TEST(Retention, the_engine_deletes_a_bounded_part_in_a_round_and_waits_between_passes) {
  Town town;
  make_server_row(town.db, town.now);
  Settings settings;
  settings.rows_per_commit = 20;
  Harness server(town.db, town.random, town.now, settings);
  const auto fill = [&] {
    for (int i = 0; i < 50; ++i)
      town.db.run(
          "INSERT INTO operator_notice (id, cause, code, severity, at, state, attempts, version) "
          "VALUES (?1, ?1, 4, 0, ?2, 2, 1, 2)",
          random_id<NoticeId>(town.random), town.now - keep_notices - hour);
  };
  const auto left = [&] {
    auto q = town.db.query("SELECT count(*) FROM operator_notice");
    return q.step() ? q.integer(0) : -1;
  };
  fill();
  server.settle();
  EXPECT_EQ(left(), 50) << "not at the start";
  town.now += retention_every;
  std::int64_t before = left();
  for (int round = 0; round < 12; ++round) {
    server.settle();
    EXPECT_LE(before - left(), 20);
    before = left();
    town.now += retention_step;
  }
  EXPECT_EQ(left(), 0);
  fill();
  town.now += minute;
  server.settle();
  EXPECT_EQ(left(), 50) << "the next pass comes later";
  town.now += retention_every;
  for (int round = 0; round < 12; ++round, town.now += retention_step) server.settle();
  EXPECT_EQ(left(), 0);
}

}  // namespace
}  // namespace livlina::testing

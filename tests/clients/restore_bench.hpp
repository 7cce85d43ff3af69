// A village whose server's database is put back to a copy: what every story of a restore begins
// with.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <set>
#include <string>

#include "server/services/first_invite.hpp"
#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {

struct RestoreBench {
  explicit RestoreBench(std::uint64_t seed) : v(seed), copy(":memory:") {
    EXPECT_TRUE(v.ok);
    v.world.advance(minute);
  }

  static void copy_into(server::store::Db& to, server::store::Db& from) {
    sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
    ASSERT_NE(backup, nullptr) << sqlite3_errmsg(to.handle());
    EXPECT_EQ(sqlite3_backup_step(backup, -1), SQLITE_DONE);
    EXPECT_EQ(sqlite3_backup_finish(backup), SQLITE_OK);
  }
  void take_copy() { copy_into(copy, v.world.db()); }
  // As the operator does it; phones that want a connection come back by themselves.
  void put_back() { replace(&copy); }
  // `livlina-server restored`, and nothing was lost.
  void renew() { replace(nullptr); }
  void replace(server::store::Db* with) { restart(with, minute); }
  void restart(server::store::Db* with, Duration then_runs_for) {
    const std::string file =
        std::string("file:") + sqlite3_db_filename(v.world.db().handle(), "main") + "?vfs=memdb";
    v.world.stop_server();
    {
      server::store::Db database(file);
      if (with != nullptr) copy_into(database, *with);
      server::renew_epoch(database, v.world.random);
    }
    v.world.start_server();
    v.world.advance(then_runs_for);
  }

  // A loud one, which the participant takes back before anybody is called.
  void cancelled_alarm() {
    ASSERT_TRUE(v.participant.ok(alarm(2)));
    v1::Command cancel;
    (void)cancel.mutable_cancel_alarm();
    ASSERT_TRUE(v.participant.ok(cancel));
    v.world.advance(minute);
  }
  // A silent one, which a copy that is put back does not have.
  void alarm_after_the_copy(Duration time_to_be_judged) {
    take_copy();
    ASSERT_TRUE(v.participant.ok(alarm(1)));
    v.world.advance(time_to_be_judged);
  }
  // A plan of every evening at 20, in a circle that is armed.
  void arm() {
    ASSERT_TRUE(v.participant.ok(set_plan(v.world.now())));
    ASSERT_TRUE(v.participant.ok(drill()));
    v.world.advance(minute);
    take_drill(v);
    ASSERT_TRUE(v.participant.ok(sign_manifest(v.lines(), true)))
        << v.participant.finished().detail();
    v.world.advance(second);
  }
  // The participant's wish, and the contact person's approval.
  void plan_approved(std::uint32_t minute_of_day) {
    ASSERT_TRUE(v.participant.ok(set_plan(v.world.now(), minute_of_day)));
    v.world.advance(second);
    v1::Command c;
    c.mutable_approve_plan()->set_circle_id(to_string(v.circle().view()));
    c.mutable_approve_plan()->set_plan_hash(view_of(v.contact).proposed_plan_hash());
    ASSERT_TRUE(v.contact.ok(c)) << v.contact.finished().error();
    v.world.advance(second);
  }
  // Without the first line, which is the contact person's.
  v1::Command drop_contact(bool armed) {
    const v1::CircleView circle = view_of(v.participant);
    return sign_manifest({}, armed, {circle.people(1).line_id(), circle.people(2).line_id()});
  }

  // Warnings that stand in the answer to GetStatus.
  static std::set<std::string> standing(Phone& phone) {
    const v1::Status status = phone.status();
    std::set<std::string> out;
    for (const v1::Warning& w : status.warnings()) out.insert(w.code());
    return out;
  }
  static int events(const Phone& phone, v1::Event::EventCase which) {
    int out = 0;
    for (const v1::Event& e : phone.events()) out += e.event_case() == which ? 1 : 0;
    return out;
  }
  [[nodiscard]] std::int64_t number(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(v.world.db().handle(), sql.c_str(), -1, &statement, nullptr),
              SQLITE_OK)
        << sql;
    const bool row = sqlite3_step(statement) == SQLITE_ROW;
    const std::int64_t out = row ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    return out;
  }
  // Accounts for whom there is a row about an incident.
  [[nodiscard]] std::set<std::string> paged() {
    auto q = v.world.db().query("SELECT person FROM notification WHERE incident IS NOT NULL");
    std::set<std::string> out;
    while (q.step()) {
      const auto key = q.array<32>(0);
      out.insert(to_string(ByteView(key)));
    }
    return out;
  }
  [[nodiscard]] std::vector<Phone*> everybody() {
    return {&v.participant, &v.contact, &v.mentor, &v.coordinator};
  }

  Village v;
  server::store::Db copy;
};

}  // namespace livlina::testing::sim

// A copy of the server's database is put back: what the server lost meanwhile is offered again,
// once.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "server/services/first_invite.hpp"
#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {
namespace {

using server::store::Db;

void copy_into(Db& to, Db& from) {
  sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  ASSERT_NE(backup, nullptr) << sqlite3_errmsg(to.handle());
  EXPECT_EQ(sqlite3_backup_step(backup, -1), SQLITE_DONE);
  EXPECT_EQ(sqlite3_backup_finish(backup), SQLITE_OK);
}

v1::Command text(const std::string& what, const CircleId& circle) {
  v1::Command c;
  c.mutable_send_text()->set_circle_id(to_string(circle.view()));
  c.mutable_send_text()->set_text(what);
  return c;
}

std::vector<std::string> screen(Phone& phone) {
  v1::Command c;
  (void)c.mutable_list_messages();
  std::vector<std::string> out;
  for (const v1::Event& e : phone.run(c)) {
    if (!e.has_messages()) continue;
    for (const v1::MessageView& m : e.messages().messages())
      if (!m.from().empty()) out.push_back((m.gap_before() ? "[gap] " : "") + m.text());
  }
  return out;
}

// What the contact person has on the screen after a message, a copy, another message, and the copy
// put back.
std::vector<std::string> after_restore(bool renewed) {
  Village v(61);
  EXPECT_TRUE(v.ok);
  EXPECT_TRUE(v.participant.ok(text("before", v.circle())));
  v.world.advance(minute);
  v.contact.disconnect();
  v.world.advance(minute);
  const std::string file =
      std::string("file:") + sqlite3_db_filename(v.world.db().handle(), "main") + "?vfs=memdb";
  Db copy(":memory:");
  copy_into(copy, v.world.db());
  EXPECT_TRUE(v.participant.ok(text("after", v.circle())));
  v.world.advance(minute);
  v.world.stop_server();
  {
    Db database(file);
    copy_into(database, copy);
    if (renewed) server::renew_epoch(database, v.world.random);
  }
  v.world.start_server();
  v.world.advance(minute);
  v.contact.connect();
  v.world.advance(minute);
  return screen(v.contact);
}

TEST(RestoreWorld, M1_after_a_restore_clients_offer_again_what_has_no_receipt) {
  EXPECT_EQ(after_restore(true), (std::vector<std::string>{"before", "after"}));
}

TEST(RestoreWorld, M1_without_a_new_epoch_they_could_not_know) {
  EXPECT_EQ(after_restore(false), std::vector<std::string>{"before"});
}

}  // namespace
}  // namespace livlina::testing::sim

// An old copy of the database is put back and its epoch renewed: what was sent before comes again,
// from its senders, who have no receipt, or from whoever recorded it.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "server/services/first_invite.hpp"
#include "tests/services/watched_server.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using protocol::Act;
using v1::ServerFrame;

void copy_into(store::Db& to, store::Db& from) {
  sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  ASSERT_NE(backup, nullptr) << sqlite3_errmsg(to.handle());
  EXPECT_EQ(sqlite3_backup_step(backup, -1), SQLITE_DONE);
  EXPECT_EQ(sqlite3_backup_finish(backup), SQLITE_OK);
}

class Restored : public ::testing::Test {
 protected:
  // A request of a device, and what came for it.
  struct Said {
    TestDevice* by;
    v1::Request request;
    ServerFrame reply;
  };
  Said say(TestDevice& by, v1::Request request) {
    ServerFrame reply = s.server->ask(its_session(by), request);
    EXPECT_NE(reply.body_case(), ServerFrame::kError) << reply.error().code();
    s.advance(2 * second);
    return {&by, std::move(request), std::move(reply)};
  }
  v1::Request act(Act what, protocol::Reason reason = protocol::Reason::none) {
    v1::Request out;
    out.mutable_post_act()->set_record(to_string(
        ByteView(s.town.sign_act_of(s.town.mentor, incident, {.act = what, .reason = reason}))));
    return out;
  }
  v1::Request message() {
    return post_message(random_id<MessageId>(s.town.random), {s.town.contact.primary().id()});
  }
  // A message, a word of the participant and an act.
  std::vector<Said> three(const RecordSpec& record, Act what, protocol::Reason reason) {
    std::vector<Said> out;
    out.push_back(say(s.town.mentor.primary(), message()));
    out.push_back(say(s.town.participant.primary(), s.record(record)));
    if (const auto row = s.town.unresolved()) incident = row->id;
    out.push_back(say(s.town.mentor.primary(), act(what, reason)));
    return out;
  }
  Connection& its_session(TestDevice& device) {
    Connection*& c = sessions[device.id()];
    if (c == nullptr) c = &s.server->online(device);
    return *c;
  }
  // Said again word for word: the first answer. That to an act shows the incident as it is now.
  void again(const Said& what) {
    ServerFrame reply = s.server->ask(its_session(*what.by), what.request);
    s.server->settle();
    EXPECT_EQ(reply.body_case(), what.reply.body_case()) << reply.error().code();
    EXPECT_EQ(reply.stored().received_at(), what.reply.stored().received_at());
    EXPECT_EQ(reply.record_answer().reply(), what.reply.record_answer().reply());
    EXPECT_EQ(reply.act_answer().outcome(), what.reply.act_answer().outcome());
  }

  WatchedServer s;
  IncidentId incident;
  std::map<DeviceId, Connection*> sessions;
};

TEST_F(Restored, T6_after_a_restore_what_was_said_before_is_refused_or_changes_nothing) {
  TestDevice& mentor = s.town.mentor.primary();
  Connection& first = s.server->connect();
  const v1::Request login = s.server->login_request(first, mentor, ++mentor.login_counter);
  ASSERT_EQ(s.server->code(first, login), 0);
  sessions[mentor.id()] = &first;
  const auto kept =
      three({.type = protocol::RecordType::alarm, .answer = 2}, Act::take, protocol::Reason::none);
  store::Db copy(":memory:");
  copy_into(copy, s.town.db);
  s.town.now += minute;
  auto lost = three({.answer = 2}, Act::resolve, protocol::Reason::reached_and_well);
  ASSERT_FALSE(s.town.unresolved());

  s.town.now += 10 * minute;  // the lease still runs
  copy_into(s.town.db, copy);
  const std::uint64_t old_epoch = s.server->epoch;
  renew_epoch(s.town.db, s.town.random);
  s.restart();
  sessions.clear();
  s.server->settle();
  ASSERT_TRUE(s.town.unresolved()) << "as the copy knew it";

  // Who recorded it has no session, and gets none: neither by the old log-in nor by one that the
  // device signed for the old epoch.
  std::string before = dump(s.town.db);
  EXPECT_EQ(s.server->code(s.server->connect(), login), v1::LOGIN_REFUSED);
  Connection& relayed = s.server->connect();
  const std::uint64_t epoch = std::exchange(s.server->epoch, old_epoch);
  EXPECT_EQ(s.server->code(relayed, s.server->login_request(relayed, mentor, 99)),
            v1::LOGIN_REFUSED);
  s.server->epoch = epoch;
  for (const std::vector<Said>* list : {&kept, &std::as_const(lost)})
    for (const Said& what : *list)
      EXPECT_EQ(s.server->code(s.server->connect(), what.request), v1::NOT_LOGGED_IN);
  EXPECT_EQ(dump(s.town.db), before);

  // The devices themselves, with a counter that rose: what the copy has changes nothing.
  for (TestDevice* d : {&mentor, &s.town.participant.primary()}) (void)its_session(*d);
  s.server->settle();
  before = dump(s.town.db);
  for (const Said& what : kept) again(what);
  EXPECT_EQ(dump(s.town.db), before);
  // What it lost is taken, once.
  for (Said& what : lost) what = say(*what.by, what.request);
  EXPECT_FALSE(s.town.unresolved());
  before = dump(s.town.db);
  for (const std::vector<Said>* list : {&kept, &std::as_const(lost)})
    for (const Said& what : *list) again(what);
  EXPECT_EQ(dump(s.town.db), before);
  EXPECT_EQ(s.count("SELECT count(*) FROM mailbox WHERE kind = 1"), 2);
  EXPECT_EQ(s.count("SELECT count(*) FROM checkin_record WHERE kind <> 6"), 2);
  EXPECT_EQ(s.count("SELECT count(*) FROM act"), 2);
  EXPECT_EQ(s.count("SELECT count(*) FROM incident"), 1);
  EXPECT_EQ(broken_invariants(s.town.db, s.town.now), std::vector<std::string>{});
}

}  // namespace
}  // namespace livlina::testing

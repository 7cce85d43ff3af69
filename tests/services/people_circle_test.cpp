// Circles over the wire: Confirm, the chain of manifests, arming, plans.
#include <gtest/gtest.h>

#include "protocol/records/staff_act.hpp"
#include "server/services/channels.hpp"
#include "server/store/channel_failures.hpp"
#include "server/store/circles.hpp"
#include "server/store/invites.hpp"
#include "tests/services/served_town.hpp"

namespace livlina::server {
namespace {

using testing::Connection;
using testing::Harness;
using testing::Person;
using testing::Town;
using v1::ServerFrame;

class Circle : public testing::ServedTown {
 protected:
  static v1::Request put_manifest(const Bytes& record) {
    v1::Request out;
    out.mutable_put_manifest()->set_record(to_string(ByteView(record)));
    return out;
  }
  v1::Request get_circle(std::uint32_t from = 0) {
    v1::Request out;
    out.mutable_get_circle()->set_circle_id(to_string(town.circle.id.view()));
    out.mutable_get_circle()->set_manifest_from(from);
    return out;
  }
  Connection& phone() {
    if (phone_ == nullptr) phone_ = &server->online(town.participant.primary());
    return *phone_;
  }
  Bytes manifest(std::vector<protocol::Line> lines, bool armed) {
    return town.circle.next_manifest(town.participant, std::move(lines), armed, town.now);
  }
  std::vector<protocol::Line> lines() { return town.circle.manifest.lines; }
  CircleState state() { return town.facts().state; }
  // The next manifest was not taken: sign on from the one before.
  void forget(const testing::TestCircle& before) { town.circle = before; }

  // A practice alarm that the mentor takes, with everybody online.
  void practise() {
    Connection& mentor = server->online(town.mentor.primary());
    (void)server->online(town.contact.primary());
    (void)server->online(town.coordinator.primary());
    ASSERT_EQ(server->ask(phone(), alarm(protocol::AlarmKind::drill)).body_case(),
              ServerFrame::kRecordAnswer);
    server->settle();
    v1::Request list;
    list.mutable_list_incidents();
    const auto incidents = server->ask(mentor, list).incidents();
    ASSERT_EQ(incidents.incidents_size(), 1);
    const auto drill = IncidentId::from(incidents.incidents(0).incident_id());
    ASSERT_EQ(server->ask(mentor, take(town.mentor, *drill)).act_answer().outcome(), 1U);
  }

 private:
  Connection* phone_ = nullptr;
};

TEST_F(Circle, T17_manifest_compare_and_set_fork_and_replay) {
  const auto start = town.circle;
  const Bytes two = manifest(lines(), false);
  const auto after_two = town.circle;
  forget(start);
  const Bytes fork = manifest({}, false);
  const Bytes three_of_fork = manifest({}, false);
  EXPECT_EQ(server->code(phone(), put_manifest(two)), 0);
  EXPECT_EQ(server->code(phone(), put_manifest(fork)), v1::FORK);
  EXPECT_EQ(server->code(phone(), put_manifest(three_of_fork)), v1::CONFLICT);
  const std::string before = testing::dump(town.db);
  EXPECT_EQ(server->code(phone(), put_manifest(two)), 0) << "I9";
  EXPECT_EQ(server->code(phone(), put_manifest(start.manifest_record)), 0) << "I9";
  EXPECT_EQ(testing::dump(town.db), before);
  const auto circle = server->ask(phone(), get_circle(1)).circle();
  EXPECT_EQ(circle.manifests_size(), 2);
  EXPECT_EQ(circle.manifests(1), to_string(ByteView(after_two.manifest_record)));
}

TEST_F(Circle, T1_nobody_but_the_participant_signs_the_manifest) {
  Connection& mentor = server->online(town.mentor.primary());
  EXPECT_EQ(server->code(mentor, put_manifest(manifest(lines(), false))), v1::FORBIDDEN);
  // Another participant with a manifest for this circle, in its own name.
  auto other = testing::make_participant(town.random, town.now);
  testing::install_account(town.db, other, 2, false);
  auto stolen = town.circle.manifest;
  stolen.participant = other.key();
  stolen.seq = 1;
  stolen.prev = {};
  Connection& c = server->online(other.primary());
  const auto code = [&] {
    return server->code(c, put_manifest(sign_manifest(stolen, other.account)));
  };
  EXPECT_EQ(code(), v1::NOT_READY);
  EXPECT_EQ(server->code(c, put_manifest(town.circle.manifest_record)), v1::FORBIDDEN);
  stolen.seq = town.circle.manifest.seq + 1;
  stolen.prev = crypto::sha256(town.circle.manifest_record);
  EXPECT_EQ(code(), v1::CONFLICT) << "as a later one of a circle that is not there";
}

TEST_F(Circle, T1_first_manifest_needs_the_confirm_of_listed_staff_for_this_person_and_circle) {
  auto joined = testing::make_participant(town.random, town.now);
  testing::install_account(town.db, joined, 2, false);
  store::InviteRow invite;
  invite.id = testing::random_id<InviteId>(town.random);
  invite.purpose = 2;
  invite.expires_at = town.now + minute;
  invite.inviter = town.mentor.key().bytes();
  store::Invites(town.db).add(invite, town.now + day);
  ASSERT_TRUE(store::Invites(town.db).join(invite.id, joined.key().bytes(), {}, town.now + day));
  auto circle = testing::make_circle(town.random, joined, town.desk.key(), lines(), town.now);
  Connection& c = server->online(joined.primary());
  auto refused = server->ask(c, put_manifest(circle.manifest_record));
  EXPECT_EQ(refused.error().code(), v1::NOT_READY);
  EXPECT_EQ(refused.error().detail(), "confirm");

  const auto confirm = [&](const Person& by, const CircleId& id, const SignPublic& whom) {
    v1::Request out;
    out.mutable_put_confirm()->set_record(
        to_string(ByteView(protocol::sign_confirm({{}, id, whom, by.key()}, by.account))));
    return out;
  };
  Connection& mentor = server->online(town.mentor.primary());
  Connection& other = server->online(town.other_mentor.primary());
  EXPECT_EQ(server->code(other, confirm(town.other_mentor, circle.id, joined.key())), v1::FORBIDDEN)
      << "who did not invite does not confirm";
  EXPECT_EQ(server->code(other, confirm(town.mentor, circle.id, joined.key())), v1::FORBIDDEN);
  EXPECT_EQ(server->code(mentor, confirm(town.mentor, circle.id, town.participant.key())),
            v1::FORBIDDEN);
  // A Confirm for another circle does not open this one.
  const auto elsewhere = testing::random_id<CircleId>(town.random);
  ASSERT_EQ(server->code(mentor, confirm(town.mentor, elsewhere, joined.key())), 0);
  EXPECT_EQ(server->code(c, put_manifest(circle.manifest_record)), v1::NOT_READY);
  ASSERT_EQ(server->code(mentor, confirm(town.mentor, circle.id, joined.key())), 0);
  EXPECT_EQ(server->code(mentor, confirm(town.mentor, circle.id, joined.key())), 0) << "I9";
  EXPECT_EQ(c.count(ServerFrame::kCircleChanged), 2U);
  EXPECT_EQ(server->code(c, put_manifest(circle.manifest_record)), 0);
  EXPECT_EQ(mentor.count(ServerFrame::kCircleChanged), 1U);
  EXPECT_EQ(server
                ->ask(mentor,
                      [&] {
                        v1::Request get;
                        get.mutable_get_circle()->set_circle_id(to_string(circle.id.view()));
                        return get;
                      }())
                .circle()
                .confirm()
                .empty(),
            false);
  // One circle for one participant.
  auto second = testing::make_circle(town.random, joined, town.desk.key(), lines(), town.now);
  EXPECT_EQ(server->code(c, put_manifest(second.manifest_record)), v1::CONFLICT);
}

TEST_F(Circle, T1_confirm_of_somebody_no_longer_listed_opens_no_circle) {
  auto joined = testing::make_participant(town.random, town.now);
  testing::install_account(town.db, joined, 2, false);
  auto circle = testing::make_circle(town.random, joined, town.desk.key(), lines(), town.now);
  store::Circles(town.db).put_confirm(circle.id,
                                      {joined.key().bytes(), town.mentor.key().bytes(), Bytes{1}});
  const v1::Request directory =
      put_directory(town.desk.next_directory({{&town.coordinator, Role::coordinator}}, town.now));
  Connection& desk = server->online(town.coordinator.primary());
  ASSERT_EQ(server->code(desk, directory), 0);
  Connection& c = server->online(joined.primary());
  EXPECT_EQ(server->ask(c, put_manifest(circle.manifest_record)).error().detail(), "confirm");
}

TEST_F(Circle, G5_pending_page_goes_at_once_to_who_comes_online) {
  Connection& away = server->online(town.mentor.primary());
  server->disconnect(away);
  (void)server->online(town.contact.primary());
  ASSERT_EQ(server->code(phone(), alarm(protocol::AlarmKind::silent)), 0);
  server->settle();
  town.now += 100;
  Connection& back = server->online(town.mentor.primary());
  town.now += judge_beat;
  server->settle();
  EXPECT_EQ(back.count(ServerFrame::kNotice), 1U) << "no wait for the next attempt";
}

TEST_F(Circle, H36_arming_waits_for_the_practice_alarm_and_the_backup_rule) {
  const auto before = town.circle;
  auto refused = server->ask(phone(), put_manifest(manifest(lines(), true)));
  EXPECT_EQ(refused.error().code(), v1::NOT_READY);
  EXPECT_EQ(refused.error().detail(), "practice_alarm");
  forget(before);
  practise();
  // One supporter alone hangs the case on one person.
  const auto alone = std::vector{lines()[0]};
  refused = server->ask(phone(), put_manifest(manifest(alone, true)));
  EXPECT_EQ(refused.error().detail(), "backup_rule");
  forget(before);
  EXPECT_EQ(server->code(phone(), put_manifest(manifest(lines(), true))), 0);
  EXPECT_EQ(state(), CircleState::armed);
}

TEST_F(Circle, H36_category_1_arms_only_with_a_channel_tied_to_no_device) {
  practise();
  auto turn = town.turn();
  set_category(turn, town.circle.id, 1);
  const auto before = town.circle;
  const auto refused = server->ask(phone(), put_manifest(manifest(lines(), true)));
  EXPECT_EQ(refused.error().code(), v1::NOT_READY);
  EXPECT_EQ(refused.error().detail(), "desk_channel");
  forget(before);
  // A desk's webhook does as well, when it is this desk's and has not failed.
  Settings by_webhook;
  by_webhook.desk_channels.insert(town.mentor.key().bytes());
  const auto reached = [&](const Settings& settings) {
    town.settings = settings;
    auto t = town.turn();
    return reached_without_device(t, town.desk.key().bytes());
  };
  EXPECT_FALSE(reached(by_webhook)) << "another desk's";
  by_webhook.desk_channels.insert(town.desk.key().bytes());
  EXPECT_TRUE(reached(by_webhook));
  ASSERT_TRUE(store::ChannelFailures(town.db).mark(town.desk.key().bytes(), 1, 1 + day));
  EXPECT_FALSE(reached(by_webhook)) << "it has failed";
  store::ChannelFailures(town.db).clear(town.desk.key().bytes());
  Harness h(town.db, town.random, town.now, by_webhook);
  Connection& c = h.online(town.participant.primary());
  for (Person* p : {&town.mentor, &town.contact, &town.coordinator}) (void)h.online(p->primary());
  EXPECT_EQ(h.code(c, put_manifest(manifest(lines(), true))), 0);
}

TEST_F(Circle, H32_dropping_is_always_accepted_degrades_and_cannot_disarm) {
  practise();
  ASSERT_EQ(server->code(phone(), put_manifest(manifest(lines(), true))), 0);
  const auto armed = town.circle;
  const auto refused = server->ask(phone(), put_manifest(manifest(lines(), false)));
  EXPECT_EQ(refused.error().code(), v1::WRONG_STATE) << "whoever holds the phone cannot disarm";
  forget(armed);
  EXPECT_EQ(server->code(phone(), put_manifest(manifest({lines()[0]}, true))), 0);
  EXPECT_EQ(state(), CircleState::degraded);
  EXPECT_EQ(server->code(phone(), put_manifest(manifest({}, true))), 0);
  EXPECT_EQ(state(), CircleState::degraded);
  EXPECT_EQ(server->code(phone(), put_manifest(manifest(armed.manifest.lines, true))), 0);
  EXPECT_EQ(state(), CircleState::armed) << "restored";
}

TEST_F(Circle, H32_desk_that_loses_its_people_degrades_the_circle) {
  practise();
  const auto contact_and_pool = std::vector{lines()[0], lines()[2]};
  ASSERT_EQ(server->code(phone(), put_manifest(manifest(contact_and_pool, true))), 0);
  ASSERT_EQ(state(), CircleState::armed);
  Connection& desk = server->online(town.coordinator.primary());
  const v1::Request directory =
      put_directory(town.desk.next_directory({{&town.coordinator, Role::coordinator}}, town.now));
  ASSERT_EQ(server->code(desk, directory), 0);
  server->settle();
  EXPECT_EQ(state(), CircleState::degraded);
  EXPECT_GE(phone().count(ServerFrame::kCircleChanged), 1U);
}

TEST_F(Circle, line_that_ends_by_its_date_degrades_the_circle_by_itself) {
  practise();
  auto two = std::vector{lines()[0], lines()[2]};
  two[0].not_after = town.now + 2 * hour;
  two[0].incident_grace_h = 24;
  two[1].not_after = town.now + 4 * hour;
  ASSERT_EQ(server->code(phone(), put_manifest(manifest(two, true))), 0);
  town.db.run(
      "UPDATE incident SET state = 3, reason = 5, ended_at = 1, holder = NULL,"
      " holder_device = NULL, rights_end = NULL, next_at = NULL, offered_to = NULL");
  server->settle();
  const Instant end = two[0].not_after;
  phone().pushed.clear();
  town.now = end - 1;
  server->settle();
  EXPECT_EQ(state(), CircleState::armed);
  EXPECT_EQ(phone().count(ServerFrame::kCircleChanged), 0U) << "nothing to tell before";
  EXPECT_LE(server->engine().next_deadline(), end);
  town.now = end;
  server->settle();
  EXPECT_EQ(state(), CircleState::degraded);
  EXPECT_GE(phone().count(ServerFrame::kCircleChanged), 1U);
  auto q = town.db.query("SELECT count(*) FROM notification WHERE code = 15");
  ASSERT_TRUE(q.step());
  EXPECT_EQ(q.integer(0), 1) << "the desk is told";
}

TEST_F(Circle, T1_dropped_line_sees_and_reaches_the_circle_no_more) {
  Connection& contact = server->online(town.contact.primary());
  EXPECT_EQ(server->code(contact, get_circle()), 0);
  ASSERT_EQ(server->code(phone(), put_manifest(manifest({lines()[1], lines()[2]}, false))), 0);
  EXPECT_EQ(server->code(contact, get_circle()), v1::FORBIDDEN);
  v1::Request list;
  list.mutable_list_circles();
  EXPECT_EQ(server->ask(contact, list).circle_heads().circles_size(), 0);
  EXPECT_EQ(server->code(contact, testing::post_message(testing::random_id<MessageId>(town.random),
                                                        {town.participant.primary().id()})),
            v1::FORBIDDEN);
}

TEST_F(Circle, line_past_its_time_reaches_nobody_but_for_an_incident_that_opened_before) {
  practise();
  auto short_lived = lines();
  short_lived[0].not_after = town.now + hour;
  ASSERT_EQ(server->code(phone(), put_manifest(manifest(short_lived, false))), 0);
  const Instant end = short_lived[0].not_after;
  town.now = end + hour;
  Connection& contact = server->online(town.contact.primary());
  const auto codes = [&] {
    v1::Request list;
    list.mutable_list_circles();
    const auto message = testing::post_message(testing::random_id<MessageId>(town.random),
                                               {town.participant.primary().id()});
    return std::vector{server->code(contact, message), server->code(contact, get_circle()),
                       server->ask(contact, list).circle_heads().circles_size()};
  };
  EXPECT_EQ(codes(), (std::vector{0, 0, 1})) << "the practice is still unresolved";
  // It opened, say, when the line was over already.
  town.db.run("UPDATE incident SET opened_at = ?", end);
  EXPECT_EQ(codes(), (std::vector<int>{v1::FORBIDDEN, v1::FORBIDDEN, 0}));
  town.db.run("UPDATE incident SET opened_at = ?", end - 1);
  EXPECT_EQ(codes(), (std::vector{0, 0, 1}));
  town.db.run(
      "UPDATE incident SET state = 3, reason = 5, ended_at = 1, holder = NULL,"
      " holder_device = NULL, rights_end = NULL, next_at = NULL, offered_to = NULL");
  EXPECT_EQ(codes(), (std::vector<int>{v1::FORBIDDEN, v1::FORBIDDEN, 0}));
}

// ---- plans ----

class Plans : public Circle {
 protected:
  v1::Request put_plan(const Bytes& record, const Bytes& approval = {}) {
    v1::Request out;
    out.mutable_put_plan()->set_record(to_string(ByteView(record)));
    out.mutable_put_plan()->set_approval(to_string(ByteView(approval)));
    return out;
  }
  Bytes plan(std::uint16_t minute_of_day, std::uint32_t grace_s = 1800) {
    return town.circle.next_plan(town.participant,
                                 {testing::daily(town.random, "Europe/Stockholm", {minute_of_day},
                                                 town.now, town.now + 300 * day, grace_s)},
                                 town.now);
  }
  Bytes approve(const Person& by, const Bytes& over, protocol::Act kind = protocol::Act::approve) {
    protocol::StaffAct act;
    act.act = kind;
    act.circle = town.circle.id;
    act.target = crypto::sha256(over);
    act.actor = by.primary().id();
    act.time = town.now;
    return sign_act(act, by.primary().sig);
  }
};

TEST_F(Plans, T17_plan_compare_and_set_fork_and_replay) {
  const auto start = town.circle;
  const Bytes one = plan(20 * 60);
  forget(start);
  const Bytes fork = plan(21 * 60);
  EXPECT_EQ(server->code(phone(), put_plan(one)), 0);
  EXPECT_EQ(server->code(phone(), put_plan(fork)), v1::FORK);
  EXPECT_EQ(server->code(phone(), put_plan(plan(22 * 60))), v1::CONFLICT);
  const std::string before = testing::dump(town.db);
  EXPECT_EQ(server->code(phone(), put_plan(one)), 0) << "I9";
  EXPECT_EQ(testing::dump(town.db), before);
  const auto circle = server->ask(phone(), get_circle()).circle();
  EXPECT_EQ(circle.plan(), to_string(ByteView(one)));
  EXPECT_EQ(circle.plans_size(), 1);
}

TEST_F(Plans, H32_armed_plan_needs_a_members_approval_of_exactly_this_plan) {
  ASSERT_EQ(server->code(phone(), put_plan(plan(20 * 60))), 0) << "before arming: none needed";
  practise();
  auto some = lines();
  some.push_back(testing::make_line(town.random, protocol::LineType::account,
                                    town.other_mentor.key(), Role::mentor, scope_messages,
                                    town.now));
  ASSERT_EQ(server->code(phone(), put_manifest(manifest(some, true))), 0);
  const Bytes next = plan(21 * 60);
  auto stranger = testing::make_person(town.random, town.now);
  testing::install_account(town.db, stranger, 1, false);
  const auto refused = [&](const Bytes& approval) {
    const auto r = server->ask(phone(), put_plan(next, approval));
    return r.error().code() == v1::NOT_READY && r.error().detail() == "approval";
  };
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused(approve(stranger, next)));
  EXPECT_TRUE(refused(approve(town.other_mentor, next))) << "a line without the scope";
  EXPECT_TRUE(refused(approve(town.mentor, town.circle.manifest_record))) << "of something else";
  EXPECT_TRUE(refused(approve(town.mentor, next, protocol::Act::seen)));
  auto forged = approve(town.mentor, next);
  forged.back() ^= 1;
  EXPECT_TRUE(refused(forged));
  EXPECT_EQ(server->code(phone(), put_plan(next, approve(town.mentor, next))), 0);
  EXPECT_FALSE(server->ask(phone(), get_circle()).circle().plan_approval().empty());
}

TEST_F(Plans, H32_approval_counts_only_by_a_line_with_the_plan_scope) {
  ASSERT_EQ(server->code(phone(), put_plan(plan(20 * 60))), 0);
  practise();
  auto some = lines();  // contact person, desk, pool
  ASSERT_EQ(server->code(phone(), put_manifest(manifest(some, true))), 0);
  some[1].scope = scope_alarm | scope_checkin;
  some[2].scope = scope_alarm | scope_checkin;
  ASSERT_EQ(server->code(phone(), put_manifest(manifest(some, true))), 0);
  const Bytes next = plan(21 * 60);
  const auto code = [&](const Person& by) {
    return server->code(phone(), put_plan(next, approve(by, next)));
  };
  EXPECT_EQ(code(town.mentor), v1::NOT_READY) << "the check-in scope is not enough";
  EXPECT_EQ(code(town.coordinator), v1::NOT_READY) << "the desk's line has no plan scope";
  ASSERT_EQ(server->code(phone(), put_manifest(manifest({some[0], some[2]}, true))), 0);
  EXPECT_EQ(code(town.coordinator), v1::NOT_READY) << "the recovery clause gives nothing";
  some[1].scope = scope_alarm | scope_plan;
  ASSERT_EQ(server->code(phone(), put_manifest(manifest(some, true))), 0);
  EXPECT_EQ(code(town.coordinator), 0) << "by the desk's line";
}

TEST_F(Plans, T28_impossible_times_are_refused) {
  const auto start = town.circle;
  EXPECT_EQ(server->code(phone(), put_plan(plan(20 * 60, 30))), v1::BAD_TIMES)
      << "shorter than the operator allows";
  forget(start);
  Connection& mentor = server->online(town.mentor.primary());
  EXPECT_EQ(server->code(mentor, put_plan(plan(20 * 60))), v1::FORBIDDEN);
}

}  // namespace
}  // namespace livlina::server

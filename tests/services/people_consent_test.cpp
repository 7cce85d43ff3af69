// What whoever holds the phone can do to a watched circle by signing manifests and plans, and what
// the desk hears of it.
#include <gtest/gtest.h>

#include "server/services/handlers.hpp"
#include "tests/services/harness.hpp"
#include "tests/services/watch_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using policy::NoticeCode;
using protocol::Act;
using protocol::LineType;

constexpr std::uint16_t noon = 12 * 60;

// A refusal's code and word, or nothing.
using Outcome = std::optional<std::pair<Code, std::string>>;
const Outcome done = std::nullopt;
Outcome outcome(const Answer<Unit>& a) {
  if (a.ok()) return done;
  return std::pair(a.error().code, std::string(a.error().detail));
}
Outcome not_ready(const char* why) { return std::pair(Code::not_ready, std::string(why)); }

class Consent : public ::testing::Test {
 protected:
  // Armed by its second manifest.
  Consent() {
    (void)town.circle.next_manifest(town.participant, lines(), true, town.now);
    town.commit([&](Turn&) { store_manifest(town.db, town.circle); });
    town.accept_plan({town.daily_at(noon)});
    settle();
  }
  std::vector<protocol::Line> lines() { return town.circle.manifest.lines; }
  protocol::Line line_for(const Person& p, Role role, std::uint16_t scope = scope_all) {
    return make_line(town.random, LineType::account, p.key(), role, scope, town.now);
  }
  Outcome put_manifest(std::vector<protocol::Line> next) {
    const auto before = town.circle;
    v1::PutManifest request;
    request.set_record(to_string(
        ByteView(town.circle.next_manifest(town.participant, std::move(next), true, town.now))));
    Answer<Unit> answer = refuse(Code::internal);
    town.commit(
        [&](Turn& t) { answer = server::put_manifest(t, town.as(town.participant), request); });
    if (!answer.ok()) town.circle = before;
    return outcome(answer);
  }
  Outcome put_plan(std::vector<protocol::Schedule> schedules, const Person* approver) {
    const auto before = town.circle;
    const Bytes plan = town.circle.next_plan(town.participant, std::move(schedules), town.now);
    v1::PutPlan request;
    request.set_record(to_string(ByteView(plan)));
    if (approver != nullptr) {
      protocol::StaffAct act;
      act.act = Act::approve;
      act.circle = town.circle.id;
      act.target = crypto::sha256(plan);
      act.actor = approver->primary().id();
      act.time = town.now;
      request.set_approval(to_string(ByteView(protocol::sign_act(act, approver->primary().sig))));
    }
    Answer<Unit> answer = refuse(Code::internal);
    town.commit([&](Turn& t) { answer = server::put_plan(t, town.as(town.participant), request); });
    if (!answer.ok()) town.circle = before;
    return outcome(answer);
  }
  Person joined(int purpose) {
    Person p =
        purpose == 2 ? make_participant(town.random, town.now) : make_person(town.random, town.now);
    install_account(town.db, p, purpose, false);
    return p;
  }
  void list_staff(std::vector<TestDesk::Staff> staff) {
    v1::PutStaffDirectory request;
    request.set_record(to_string(ByteView(town.desk.next_directory(staff, town.now))));
    town.commit([&](Turn& t) {
      EXPECT_TRUE(put_staff_directory(t, town.as(town.coordinator), request).ok());
    });
    town.commit([&](Turn& t) { (void)recheck_circles(t, 100); });
  }
  // What is pending reaches everybody.
  void settle() {
    town.round();
    town.commit([&](Turn&) {
      town.db.run("UPDATE notification SET state = 2, next_at = NULL WHERE state = 1");
    });
    town.sent.clear();
  }
  // Notices of this code that reach the desk now.
  int desk_hears(NoticeCode code) {
    town.round();
    return town.notices(town.coordinator, code);
  }
  std::size_t circle_changes(const Person& p) {
    std::size_t n = 0;
    for (const v1::ServerFrame* f : town.frames(p.primary().id()))
      n += f->has_circle_changed() ? 1 : 0;
    return n;
  }
  CircleState state() { return town.facts().state; }

  WatchTown town;
};

TEST_F(Consent, H32_another_participant_approves_no_plan_and_is_no_backup) {
  const Person other = joined(2);
  auto some = lines();
  some.push_back(line_for(other, Role::mentor));
  ASSERT_EQ(put_manifest(some), done);
  EXPECT_EQ(put_plan({}, &other), not_ready("approval"));
  town.advance(2 * day);
  EXPECT_EQ(town.occurrences().size(), 2u) << "watched on by the plan as it was";
  ASSERT_EQ(put_manifest({lines()[0], line_for(other, Role::mentor)}), done);
  EXPECT_EQ(state(), CircleState::degraded) << "the contact person alone";
}

TEST_F(Consent, H32_invented_keys_are_no_backup_and_the_desk_hears_who_was_dropped) {
  const Person one = make_person(town.random, town.now);
  const Person two = make_person(town.random, town.now);
  ASSERT_EQ(put_manifest({line_for(one, Role::mentor), line_for(two, Role::contact_person)}), done);
  EXPECT_EQ(state(), CircleState::degraded);
  EXPECT_EQ(circle_changes(town.contact), 1u) << "who was dropped is told";
  EXPECT_EQ(circle_changes(town.mentor), 1u);
  EXPECT_EQ(circle_changes(town.coordinator), 1u);
  EXPECT_EQ(desk_hears(NoticeCode::circle_degraded), 1);
  EXPECT_EQ(town.notices(town.coordinator, NoticeCode::lines_dropped), 1);
  EXPECT_EQ(town.notices(town.contact, NoticeCode::lines_dropped), 0);
}

TEST_F(Consent, H32_account_whose_devices_are_all_gone_is_no_backup) {
  ASSERT_EQ(put_manifest({lines()[0], lines()[2]}), done);
  ASSERT_EQ(state(), CircleState::armed) << "the contact person and two mentors";
  town.commit([&](Turn& t) {
    town.db.run("UPDATE device SET listed = 0 WHERE account = ?", town.contact.key().bytes());
    circle_changed(t, town.facts());
  });
  EXPECT_EQ(state(), CircleState::degraded);
}

TEST_F(Consent, H32_armed_circle_keeps_its_desk_and_everybody_else_may_go) {
  const Person elsewhere = make_person(town.random, town.now);
  const auto own = town.circle.manifest.recovery.desk;
  const std::string before = dump(town.db);
  town.circle.manifest.recovery.desk = elsewhere.key();
  EXPECT_EQ(put_manifest(lines()), not_ready("desk_handover"));
  EXPECT_EQ(put_manifest({}), not_ready("desk_handover"));
  EXPECT_EQ(dump(town.db), before);
  town.circle.manifest.recovery.desk = own;
  EXPECT_EQ(put_manifest({}), done) << "dropping is always accepted";
  EXPECT_EQ(state(), CircleState::degraded);
  town.sent.clear();
  town.advance(2 * day);
  EXPECT_GT(town.notices(town.coordinator, NoticeCode::nobody), 0) << "the desk watches on";
}

TEST_F(Consent, H32_desk_is_told_of_every_manifest_that_takes_away_and_of_no_other) {
  auto fewer = lines();
  fewer[2].scope = scope_messages;
  ASSERT_EQ(put_manifest(fewer), done);
  EXPECT_EQ(desk_hears(NoticeCode::lines_dropped), 1);
  settle();
  auto more = lines();
  more[2].scope = scope_all;
  more.push_back(line_for(joined(1), Role::relative, scope_messages));
  ASSERT_EQ(put_manifest(more), done);
  EXPECT_EQ(desk_hears(NoticeCode::lines_dropped), 0);
  settle();
  auto without = lines();
  without.pop_back();
  ASSERT_EQ(put_manifest(without), done);
  EXPECT_EQ(desk_hears(NoticeCode::lines_dropped), 1);
}

TEST_F(Consent, H32_who_was_let_in_later_approves_only_when_the_desk_lists_them) {
  const Person later = joined(1);
  auto some = lines();
  some.push_back(line_for(later, Role::relative));
  ASSERT_EQ(put_manifest(some), done);
  some.push_back(line_for(joined(1), Role::relative));
  ASSERT_EQ(put_manifest(some), done);
  const auto plan = [&] { return std::vector{town.daily_at(noon + 60)}; };
  EXPECT_EQ(put_plan(plan(), &later), not_ready("approval")) << "however many manifests ago";
  list_staff({{&town.coordinator, Role::coordinator},
              {&town.contact, Role::contact_person},
              {&town.mentor, Role::mentor},
              {&later, Role::contact_person}});
  EXPECT_EQ(put_plan(plan(), &later), done);
  list_staff({{&town.coordinator, Role::coordinator}, {&town.mentor, Role::mentor}});
  EXPECT_EQ(put_plan(plan(), &later), not_ready("approval")) << "no longer";
  EXPECT_EQ(put_plan(plan(), &town.contact), done) << "had the scope when the circle was armed";
  ASSERT_EQ(put_manifest({lines()[1], lines()[2]}), done);
  EXPECT_EQ(put_plan(plan(), &town.contact), not_ready("approval")) << "has no line now";
}

TEST_F(Consent, H32_desk_is_told_of_every_plan_once_armed_and_of_one_without_slots_as_such) {
  ASSERT_EQ(put_plan({town.daily_at(noon + 60)}, &town.mentor), done);
  EXPECT_EQ(desk_hears(NoticeCode::plan_changed), 1);
  EXPECT_EQ(town.notices(town.coordinator, NoticeCode::plan_empty), 0);
  settle();
  ASSERT_EQ(put_plan({}, &town.mentor), done);
  EXPECT_EQ(desk_hears(NoticeCode::plan_empty), 1);
  EXPECT_EQ(town.notices(town.coordinator, NoticeCode::plan_changed), 0);
  settle();
  auto in_a_month = town.daily_at(noon);
  in_a_month.valid_from = town.now + 30 * day;
  ASSERT_EQ(put_plan({in_a_month}, &town.mentor), done);
  EXPECT_EQ(desk_hears(NoticeCode::plan_empty), 1) << "nothing is due for weeks";
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::plan_empty), 0);
}

TEST_F(Consent, lost_backup_is_told_once_for_each_loss) {
  ASSERT_EQ(put_manifest({lines()[0], lines()[2]}), done);
  ASSERT_EQ(state(), CircleState::armed);
  const auto mentors = [&](bool there) {
    std::vector<TestDesk::Staff> staff{{&town.contact, Role::contact_person}};
    if (there) staff.push_back({&town.mentor, Role::mentor});
    list_staff(staff);
    EXPECT_EQ(state(), there ? CircleState::armed : CircleState::degraded);
    const int heard = desk_hears(NoticeCode::circle_degraded);
    settle();
    return heard;
  };
  EXPECT_EQ(mentors(false), 1);
  EXPECT_EQ(mentors(false), 0) << "still lost";
  EXPECT_EQ(mentors(true), 0);
  EXPECT_EQ(mentors(false), 1) << "and lost again, by the same manifest";
  ASSERT_EQ(put_manifest({lines()[0]}), done);
  EXPECT_EQ(desk_hears(NoticeCode::circle_degraded), 0) << "by another one, still lost";
}

TEST_F(Consent, G4_who_comes_to_the_desk_while_a_backup_is_lost_is_told_of_it_on_each_device) {
  const auto sign_roster = [&](const std::vector<const Person*>& coordinators) {
    v1::PutDeskRoster request;
    request.set_record(to_string(ByteView(town.desk.next_roster(coordinators, town.now))));
    town.commit(
        [&](Turn& t) { EXPECT_TRUE(put_desk_roster(t, town.as(town.coordinator), request).ok()); });
    town.commit([&](Turn& t) { (void)recheck_circles(t, 100); });
    for (const Person* p : coordinators)
      for (const TestDevice& d : p->devices) town.presence.devices.insert(d.id());
    town.sent.clear();
    town.round();
  };
  const auto hears = [&](const Person& p) { return town.notices(p, NoticeCode::circle_degraded); };
  const auto another_device = [&](Person& p) {
    p.devices.push_back(make_device(town.random));
    v1::PutDeviceList request;
    request.set_record(to_string(ByteView(p.next_list(town.now, town.random))));
    town.commit([&](Turn& t) { EXPECT_TRUE(put_device_list(t, town.as(p), request).ok()); });
  };
  ASSERT_EQ(put_manifest({lines()[0]}), done);
  ASSERT_EQ(state(), CircleState::degraded);
  settle();
  Person joins = joined(1);
  sign_roster({&town.coordinator, &joins});
  EXPECT_EQ(hears(joins), 1);
  EXPECT_EQ(hears(town.coordinator), 0) << "has heard of it";
  settle();
  sign_roster({&town.coordinator, &joins});
  EXPECT_EQ(hears(joins), 0) << "once";
  another_device(joins);
  settle();
  sign_roster({&town.coordinator, &joins});
  EXPECT_EQ(hears(joins), 1);
  EXPECT_FALSE(town.frames(joins.devices[1].id()).empty()) << "and it is the new one";
  settle();
  // Who left the desk before it was told hears nothing more.
  another_device(joins);
  sign_roster({&town.coordinator, &joins});
  EXPECT_EQ(hears(joins), 1);
  sign_roster({&town.coordinator});
  town.sent.clear();
  town.advance(minute);
  EXPECT_EQ(hears(joins), 0);
}

TEST_F(Consent, G4_a_device_that_the_roster_names_before_its_list_came_is_told_of_a_lost_backup) {
  ASSERT_EQ(put_manifest({lines()[0]}), done);
  ASSERT_EQ(state(), CircleState::degraded);
  settle();
  Person& coordinator = town.coordinator;
  coordinator.devices.push_back(make_device(town.random));
  const DeviceId late = coordinator.devices[1].id();
  const Bytes list = coordinator.next_list(town.now, town.random);
  town.presence.devices.insert(late);
  v1::PutDeskRoster roster;
  roster.set_record(to_string(ByteView(town.desk.next_roster({&coordinator}, town.now))));
  town.commit([&](Turn& t) { EXPECT_TRUE(put_desk_roster(t, town.as(coordinator), roster).ok()); });
  settle();
  EXPECT_TRUE(town.frames(late).empty()) << "nobody's device yet";
  v1::PutDeviceList lists;
  lists.set_record(to_string(ByteView(list)));
  for (const int heard : {1, 0}) {  // once
    town.commit(
        [&](Turn& t) { EXPECT_TRUE(put_device_list(t, town.as(coordinator), lists).ok()); });
    town.sent.clear();
    town.round();
    int notices = 0;
    for (const v1::ServerFrame* f : town.frames(late))
      if (f->notice().code() == static_cast<std::uint32_t>(NoticeCode::circle_degraded)) ++notices;
    EXPECT_EQ(notices, heard);
    EXPECT_EQ(town.notices(coordinator, NoticeCode::circle_degraded), heard)
        << "the other device has heard of it";
    settle();
  }
}

TEST_F(Consent, roster_that_is_the_backup_itself_is_no_news_of_a_lost_one) {
  ASSERT_EQ(put_manifest({lines()[0], lines()[1]}), done);
  const Person keeper = joined(1);
  const auto sign_roster = [&](const std::vector<const Person*>& coordinators, const Person& by) {
    v1::PutDeskRoster request;
    request.set_record(to_string(ByteView(town.desk.next_roster(coordinators, town.now))));
    town.commit([&](Turn& t) { EXPECT_TRUE(put_desk_roster(t, town.as(by), request).ok()); });
  };
  sign_roster({&town.contact}, town.coordinator);  // one person in both steps
  town.commit([&](Turn& t) { (void)recheck_circles(t, 100); });
  ASSERT_EQ(state(), CircleState::degraded);
  settle();
  sign_roster({&town.contact, &keeper}, town.contact);
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE state = 1 AND code = 15"), 0);
  town.commit([&](Turn& t) { (void)recheck_circles(t, 100); });
  EXPECT_EQ(state(), CircleState::armed);
}

TEST(ConsentInSetup, desk_is_not_told_of_plans_and_lines_before_the_circle_is_watched) {
  WatchTown town(CircleState::setup);
  v1::PutManifest manifest;
  manifest.set_record(to_string(ByteView(town.circle.next_manifest(
      town.participant, {town.circle.manifest.lines[1]}, false, town.now))));
  v1::PutPlan plan;
  plan.set_record(to_string(ByteView(town.circle.next_plan(town.participant, {}, town.now))));
  town.commit([&](Turn& t) {
    EXPECT_TRUE(put_manifest(t, town.as(town.participant), manifest).ok());
    EXPECT_TRUE(put_plan(t, town.as(town.participant), plan).ok());
  });
  EXPECT_EQ(town.count("SELECT count(*) FROM notification"), 0);
}

}  // namespace
}  // namespace livlina::testing

// From a practice alarm to an armed circle whose plan needs two signatures (H32, H36).
#include <gtest/gtest.h>

#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {
namespace {

// What a phone answers to these, and what it then shows of its circle.
std::vector<std::string> told(Phone& phone, const std::vector<v1::Command>& commands) {
  std::vector<std::string> out;
  for (const v1::Command& command : commands) {
    (void)phone.run(command);
    const std::string answer = phone.finished().error() + "/" + phone.finished().detail();
    const v1::Status status = phone.status();
    const v1::CircleView& c = status.circles(0);
    out.push_back(answer + " " + std::to_string(c.state()) + " manifest " +
                  std::to_string(c.manifest_seq()) + " plan " + std::to_string(c.plan_version()) +
                  " proposed " + std::to_string(c.proposed_schedules_size()) + "/" +
                  std::to_string(c.proposed_member_wait_s()) + " practised " +
                  std::to_string(c.practised()));
  }
  return out;
}

// A decoy realm that knew nothing of the practice alarm would be known by its "not ready".
TEST(ArmingDecoy, T30_both_realms_may_be_armed_from_the_same_moment_on) {
  for (const bool practised : {false, true}) {
    Village v(practised ? 42 : 43);
    ASSERT_TRUE(v.ok);
    ASSERT_TRUE(v.participant.ok(set_plan(v.world.now())));
    if (practised) {
      ASSERT_TRUE(v.participant.ok(drill()));
      v.world.advance(minute);
      const v1::Event* seen = v.contact.last(v1::Event::kIncident);
      ASSERT_NE(seen, nullptr);
      const std::string id = seen->incident().incident().incident_id();
      ASSERT_TRUE(v.contact.ok(act(2, id)));
    }
    v.world.advance(second);
    v.participant.disconnect();
    Phone& decoy = v.world.open_decoy(v.participant);
    decoy.connect();
    const std::vector<v1::Command> commands{sign_manifest(v.lines(), true),
                                            set_plan(v.world.now(), 18 * 60),
                                            sign_manifest(v.lines(), false)};
    const auto shown = told(decoy, commands);
    EXPECT_EQ(shown[0].substr(0, 4) == "/ 2 ", practised) << shown[0];
    EXPECT_EQ(shown[0].find("not_ready:practice_alarm") == std::string::npos, practised);
    decoy.disconnect();
    v.world.advance(second);
    const v1::Status status = v.contact.status();
    EXPECT_EQ(status.circles(0).state(), 1u) << "nothing of it is so";
    EXPECT_EQ(status.circles(0).manifest_seq(), 1u);
    v.participant.connect();
    v.world.advance(second);
    EXPECT_EQ(shown, told(v.participant, commands));
  }
}

class Arming : public ::testing::Test {
 protected:
  Arming() : v(41) {}
  void SetUp() override {
    ASSERT_TRUE(v.ok);
    ASSERT_TRUE(v.participant.ok(set_plan(v.world.now())));
    ASSERT_TRUE(v.participant.ok(drill())) << v.participant.finished().error();
    v.world.advance(minute);
    ASSERT_NO_FATAL_FAILURE(take_drill(v));
    ASSERT_TRUE(v.participant.ok(sign_manifest(v.lines(), true)))
        << v.participant.finished().error() << v.participant.finished().detail();
    v.world.advance(second);
  }
  v1::Command approve(const std::string& hash) {
    v1::Command c;
    c.mutable_approve_plan()->set_circle_id(to_string(v.circle().view()));
    c.mutable_approve_plan()->set_plan_hash(hash);
    return c;
  }
  Village v;
};

TEST_F(Arming, H36_the_circle_is_armed_after_a_human_took_the_practice_alarm) {
  for (Phone* phone : {&v.participant, &v.contact, &v.mentor, &v.coordinator})
    EXPECT_EQ(view_of(*phone).state(), 2u) << phone->name();
}

TEST_F(Arming, H32_a_plan_of_an_armed_circle_waits_for_a_supporter) {
  ASSERT_TRUE(v.participant.ok(set_plan(v.world.now(), 18 * 60)));
  EXPECT_EQ(v.participant.finished().detail(), "awaits_approval");
  v.world.advance(second);
  EXPECT_EQ(view_of(v.participant).plan_version(), 1u);
  const v1::CircleView proposed = view_of(v.contact);
  ASSERT_FALSE(proposed.proposed_plan_hash().empty());
  EXPECT_EQ(proposed.proposed_schedules(0).times(0).minute(), 18u * 60);
  EXPECT_TRUE(view_of(v.mentor).proposed_plan_hash().empty()) << "the pool has no plan scope";
  // Not what was proposed; not by somebody without the scope.
  EXPECT_FALSE(v.contact.ok(approve(std::string(32, 'x'))));
  EXPECT_FALSE(v.mentor.ok(approve(proposed.proposed_plan_hash())));
  EXPECT_EQ(v.mentor.finished().error(), "no_scope");
  ASSERT_TRUE(v.contact.ok(approve(proposed.proposed_plan_hash())));
  v.world.advance(second);
  for (Phone* phone : {&v.participant, &v.contact, &v.mentor}) {
    EXPECT_EQ(view_of(*phone).plan_version(), 2u) << phone->name();
    EXPECT_TRUE(view_of(*phone).plan_approved()) << phone->name();
    EXPECT_TRUE(view_of(*phone).proposed_plan_hash().empty()) << phone->name();
  }
}

TEST_F(Arming, H32_an_approval_that_comes_while_the_phone_is_off_is_kept) {
  ASSERT_TRUE(v.participant.ok(set_plan(v.world.now(), 18 * 60)));
  v.world.advance(second);
  v.participant.disconnect();
  ASSERT_TRUE(v.contact.ok(approve(view_of(v.contact).proposed_plan_hash())));
  v.world.advance(minute);
  ASSERT_TRUE(v.participant.reopen());
  v.participant.connect();
  v.world.advance(minute);
  EXPECT_EQ(view_of(v.participant).plan_version(), 2u);
  EXPECT_EQ(view_of(v.contact).plan_version(), 2u);
  EXPECT_TRUE(view_of(v.contact).plan_approved());
}

TEST_F(Arming, H32_an_approval_counts_for_the_plan_that_was_seen_alone) {
  ASSERT_TRUE(v.participant.ok(set_plan(v.world.now(), 18 * 60)));
  v.world.advance(second);
  v.participant.disconnect();
  ASSERT_TRUE(v.contact.ok(approve(view_of(v.contact).proposed_plan_hash())));
  // Another wish before the approval of the first arrives.
  ASSERT_TRUE(v.participant.ok(set_plan(v.world.now(), 3 * 60)));
  v.participant.connect();
  v.world.advance(minute);
  EXPECT_TRUE(v.participant.warned("approval_not_trusted"));
  EXPECT_EQ(view_of(v.participant).plan_version(), 1u);
  EXPECT_EQ(view_of(v.contact).proposed_schedules(0).times(0).minute(), 3u * 60);
}

TEST_F(Arming, H36_what_is_armed_stays_armed_whatever_else_is_signed) {
  ASSERT_TRUE(v.participant.ok(sign_manifest(v.lines(), false)))
      << v.participant.finished().detail();
  v.world.advance(second);
  for (Phone* phone : {&v.participant, &v.contact})
    EXPECT_EQ(view_of(*phone).state(), 2u) << phone->name();
  EXPECT_FALSE(v.contact.warned("disarmed"));
}

TEST_F(Arming, T1_whatever_a_circle_goes_by_is_shown_when_it_changes) {
  const auto shown = [&](Phone& phone) {
    const v1::Event* e = phone.last(v1::Event::kCircle);
    return e == nullptr ? v1::CircleView() : e->circle();
  };
  for (Phone* phone : {&v.participant, &v.contact, &v.coordinator}) phone->clear();
  ASSERT_TRUE(v.participant.ok(sign_manifest(v.lines(), true)));
  v.world.advance(second);
  for (Phone* phone : {&v.participant, &v.contact, &v.coordinator})
    EXPECT_EQ(shown(*phone).manifest_seq(), 3u) << phone->name();
  ASSERT_TRUE(v.participant.ok(set_plan(v.world.now(), 18 * 60)));
  v.world.advance(second);
  for (Phone* phone : {&v.contact, &v.coordinator}) phone->clear();
  ASSERT_TRUE(v.contact.ok(approve(view_of(v.contact).proposed_plan_hash())));
  v.world.advance(second);
  EXPECT_EQ(shown(v.coordinator).plan_version(), 2u);
  EXPECT_TRUE(shown(v.coordinator).plan_approved());
  v.coordinator.clear();
  v.world.advance(hour);
  ASSERT_TRUE(v.coordinator.reopen());
  v.world.advance(hour);
  EXPECT_EQ(v.coordinator.last(v1::Event::kCircle), nullptr) << "once";
}

TEST_F(Arming, dropping_a_line_degrades_and_is_never_refused) {
  const v1::CircleView now = view_of(v.participant);
  ASSERT_TRUE(v.participant.ok(sign_manifest({}, true, {now.people(0).line_id()})))
      << v.participant.finished().detail();
  v.world.advance(second);
  EXPECT_EQ(view_of(v.participant).state(), 3u) << "degraded: watched on, and everybody is told";
  EXPECT_EQ(view_of(v.contact).state(), 3u);
}

}  // namespace
}  // namespace livlina::testing::sim

// T28 from the first minute: people come together and are helped although the clock of one of them
// is hours or years off, over the real engine.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {
namespace {

constexpr Duration year = 365 * day;

struct Off {
  const char* name;
  Duration by;
};
constexpr Off offs[] = {{"ten_years_ahead", 10 * year},
                        {"ten_years_behind", -10 * year},
                        {"at_the_epoch", -world_start},
                        {"twenty_minutes_ahead", 20 * minute},
                        {"two_days_behind", -2 * day}};

// Whose clock it is: coordinator, contact person, mentor, participant.
class ClockOff : public ::testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {};

TEST_P(ClockOff, T28_pairing_practice_check_in_alarm_and_texts_work) {
  const auto [who, off] = GetParam();
  World world(30);
  Phone* phones[] = {&world.add("Carin"), &world.add("Kim"), &world.add("Maja"), &world.add("Pa")};
  phones[who]->skew = offs[off].by;
  auto& [carin, kim, maja, pa] = phones;
  ASSERT_TRUE(set_up_desk(world, *carin)) << carin->finished().error();
  ASSERT_TRUE(pair(*carin, *kim, 1, Role::contact_person).ok) << kim->finished().error();
  ASSERT_TRUE(pair(*carin, *maja, 1, Role::mentor).ok) << maja->finished().error();
  ASSERT_TRUE(pair(*kim, *pa, 2, Role::participant).ok) << pa->finished().error();
  const auto lines = [&] {
    return std::vector<v1::Person>{
        line(1, kim->status().account(), Role::contact_person, scope_all),
        line(2, {}, Role::coordinator, scope_checkin | scope_alarm | scope_plan),
        line(3, {}, Role::mentor, scope_messages | scope_checkin | scope_alarm)};
  };
  ASSERT_TRUE(pa->ok(sign_manifest(lines()))) << pa->finished().error() << pa->finished().detail();
  world.advance(minute);
  ASSERT_TRUE(pa->ok(set_plan(world.now()))) << pa->finished().error() << pa->finished().detail();

  // A practice alarm is taken, and the circle is armed.
  ASSERT_TRUE(pa->ok(drill()));
  world.advance(10 * second);
  const auto incident = [&](Phone& phone) {
    const v1::Event* seen = phone.last(v1::Event::kIncident);
    return seen == nullptr ? v1::Incident{} : seen->incident().incident();
  };
  ASSERT_EQ(incident(*kim).state(), 1U);
  ASSERT_TRUE(kim->ok(act(2, incident(*kim).incident_id()))) << kim->finished().error();
  ASSERT_TRUE(kim->ok(act(9, incident(*kim).incident_id(), 5))) << kim->finished().error();
  world.advance(second);
  std::vector<std::string> keep;
  const v1::CircleView own = view_of(*pa);
  for (const v1::Person& l : own.people()) keep.push_back(l.line_id());
  ASSERT_TRUE(pa->ok(sign_manifest({}, true, keep)))
      << pa->finished().error() << pa->finished().detail();
  EXPECT_EQ(view_of(*pa).state(), 2U);

  // A loud alarm reaches the mentor, who is seen to have taken it.
  ASSERT_TRUE(pa->ok(alarm()));
  world.advance(10 * second);
  ASSERT_EQ(incident(*maja).state(), 1U);
  ASSERT_TRUE(maja->ok(act(2, incident(*maja).incident_id()))) << maja->finished().error();
  world.advance(second);
  const v1::Event* shown = pa->last(v1::Event::kIncident);
  ASSERT_NE(shown, nullptr);
  EXPECT_EQ(shown->incident().incident().state(), 2U);
  // A signature of long ago proves no holder (T36): that this clock is wrong is said to its owner.
  const bool long_ago = phones[who] == maja && maja->skew < -day;
  EXPECT_NE(shown->incident().taken_verified(), long_ago);
  EXPECT_EQ(phones[who]->warned("clock_differs"), std::abs(phones[who]->skew) > hour);
  v1::Command say;
  say.mutable_send_text()->set_circle_id(view_of(*pa).circle_id());
  say.mutable_send_text()->set_to(pa->status().account());
  say.mutable_send_text()->set_text("I am here");
  ASSERT_TRUE(maja->ok(say)) << maja->finished().error();
  world.advance(second);
  const v1::Event* text = pa->last(v1::Event::kMessage);
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(text->message().text(), "I am here");

  // The evening's check-in is taken as in time whatever the phone shows. Who helps verifies it if
  // the phone's clock is near the truth, and is told what its press says if it is not; whose own
  // clock is days off knows nothing of slots, and says nothing false.
  const Instant due = world_start + 11 * hour;
  world.advance(due - world.now());
  ASSERT_TRUE(pa->ok(press(1)));
  EXPECT_EQ(pa->last(v1::Event::kCheckinAccepted)->checkin_accepted().status(), 1U);
  EXPECT_EQ(pa->last(v1::Event::kCheckinAccepted)->checkin_accepted().next_due(), due + day);
  world.advance(35 * minute);
  const std::uint32_t expected = pa->skew == 0 ? 2U : pa->skew > 0 ? 10U : 12U;
  Phone* const helpers[] = {carin, kim, maja};
  const auto knows = [](const Phone& helper) { return std::abs(helper.skew) < day; };
  for (Phone* helper : helpers) {
    const v1::Event* seen = helper->last(v1::Event::kCheckin);
    EXPECT_FALSE(helper->warned("server_contradicts")) << helper->name();
    EXPECT_FALSE(helper->warned("nothing_came")) << helper->name();
    EXPECT_EQ(helper->warned("received_at_contradicts"), knows(*helper) && expected == 10);
    EXPECT_EQ(helper->warned("pressed_other_time"), knows(*helper) && expected == 12);
    ASSERT_EQ(seen != nullptr, knows(*helper)) << helper->name();
    if (seen == nullptr) continue;
    EXPECT_EQ(seen->checkin().due(), due) << helper->name();
    EXPECT_EQ(seen->checkin().state(), expected) << helper->name();
    EXPECT_EQ(seen->checkin().pressed_at(), due + pa->skew) << helper->name();
  }
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<std::size_t, std::size_t>>& tested) {
  constexpr const char* people[] = {"coordinator", "contact", "mentor", "participant"};
  const auto [who, off] = tested.param;
  return std::string(people[who]) + "_" + offs[off].name;
}

INSTANTIATE_TEST_SUITE_P(World, ClockOff,
                         ::testing::Combine(::testing::Range<std::size_t>(0, 4),
                                            ::testing::Range<std::size_t>(0, std::size(offs))),
                         name_of);

// A helper's own clock decides when nothing has come: no server can put that off. So a clock that
// is ahead warns early by that, accuses nobody, and takes the answer that comes in time.
TEST(ClockOff, T28_a_helper_whose_clock_is_ahead_warns_early_and_accuses_nobody) {
  Village v(31);
  ASSERT_TRUE(v.ok);
  ASSERT_TRUE(v.participant.ok(set_plan(v.world.now())));
  ASSERT_TRUE(v.participant.ok(drill()));
  v.world.advance(minute);
  const std::string practised =
      v.contact.last(v1::Event::kIncident)->incident().incident().incident_id();
  ASSERT_TRUE(v.contact.ok(act(2, practised)));
  ASSERT_TRUE(v.contact.ok(act(9, practised, 5)));
  v.world.advance(second);
  ASSERT_TRUE(v.participant.ok(sign_manifest(v.lines(), true)));
  v.contact.disconnect();
  v.contact.skew = 20 * minute;
  v.contact.connect();
  const Instant due = world_start + 11 * hour;
  v.world.advance(due + 20 * minute - v.world.now());
  ASSERT_TRUE(v.participant.ok(press(1)));
  v.world.advance(20 * minute);
  for (Phone* p : {&v.contact, &v.mentor, &v.coordinator}) {
    EXPECT_EQ(p->last(v1::Event::kCheckin)->checkin().state(), 2U) << p->name();
    EXPECT_EQ(p->warned("nothing_came"), p == &v.contact) << p->name();
    EXPECT_FALSE(p->warned("received_at_contradicts")) << p->name();
    EXPECT_FALSE(p->warned("server_contradicts")) << p->name();
  }
}

}  // namespace
}  // namespace livlina::testing::sim

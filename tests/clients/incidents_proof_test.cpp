// What of an incident is proved by signatures, and what is only the server's word (T36).
#include <gtest/gtest.h>

#include "tests/clients/incidents_bench.hpp"

namespace livlina::testing {
namespace {

using protocol::Act;
using protocol::Reason;
using protocol::RecordType;
using protocol::StaffAct;
using Who = WatchBench::Who;
using Incident = IncidentBench;
namespace is = incident;

TEST(IncidentProof, T36_notifying_needs_no_proof) {
  Incident b;
  EXPECT_TRUE(b.tell().taken_verified());
  EXPECT_EQ(b.count(v1::Event::kWarning), 0);
}

TEST(IncidentProof, T36_signed_take_of_the_holder_is_verified) {
  Incident b;
  b.hold(b.cam);
  b.event(is::took, b.act(b.cam, Act::take, b.now - minute));
  EXPECT_TRUE(b.tell().taken_verified());
  EXPECT_EQ(b.tell().acted_at(), b.now - minute);
  EXPECT_EQ(b.count(v1::Event::kWarning), 0);
}

TEST(IncidentProof, T36_forged_taken_is_shown_as_the_servers_word) {
  {
    Incident b;  // nobody signed anything
    b.hold(b.cam);
    EXPECT_FALSE(b.tell().taken_verified());
    EXPECT_EQ(b.warnings("unsigned_taken"), 1);
  }
  {
    Incident b;  // somebody else took it
    b.hold(b.cam);
    b.event(is::took, b.act(b.bo, Act::take, b.now));
    EXPECT_FALSE(b.tell().taken_verified());
  }
  {
    Incident b;  // only looked at it
    b.hold(b.cam);
    b.event(is::took, b.act(b.cam, Act::seen, b.now));
    EXPECT_FALSE(b.tell().taken_verified());
  }
  {
    Incident b;  // a broken signature
    b.hold(b.cam);
    Bytes forged = b.act(b.cam, Act::take, b.now);
    forged.back() ^= 1;
    b.event(is::took, forged);
    EXPECT_FALSE(b.tell().taken_verified());
  }
}

TEST(IncidentProof, T36_a_lie_that_was_put_right_is_told_again_at_once) {
  Incident b;
  b.hold(b.cam);
  (void)b.tell();
  (void)b.tell();
  EXPECT_EQ(b.warnings("unsigned_taken"), 1);
  b.event(is::took, b.act(b.cam, Act::take, b.now));
  EXPECT_TRUE(b.tell().taken_verified());
  b.told.clear_events();
  EXPECT_FALSE(b.tell().taken_verified());
  EXPECT_EQ(b.warnings("unsigned_taken"), 2);
}

TEST(IncidentProof, T36_act_of_a_stranger_proves_nothing) {
  Incident b;  // on the desk's directory, and in no line of this circle
  b.hold(b.stranger);
  b.event(is::took, b.act(b.stranger, Act::take, b.now));
  EXPECT_FALSE(b.tell().taken_verified());
  b.told.set_state(is::resolved);
  b.event(is::ended, b.act(b.stranger, Act::resolve, b.now));
  EXPECT_FALSE(b.tell().taken_verified());
  EXPECT_EQ(b.warnings("unsigned_resolved"), 1);
}

TEST(IncidentProof, T36_member_without_the_alarm_scope_holds_nothing) {
  Incident b;
  auto lines = b.circle.manifest.lines;
  lines[0].scope = scope_messages;  // Bo's
  b.sign_lines(lines);
  b.hold(b.bo);
  b.event(is::took, b.act(b.bo, Act::take, b.now));
  EXPECT_FALSE(b.tell().taken_verified());
}

TEST(IncidentProof, T36_a_coordinator_acts_by_roster_device_for_the_circles_desk) {
  const auto proved = [](Incident& b) {
    b.hold(b.cam);
    b.told.clear_events();
    b.event(is::took, b.act(b.cam, Act::take, b.now));
    return b.tell().taken_verified();
  };
  {
    Incident b;
    EXPECT_TRUE(proved(b));
    b.now += protocol::roster_life + day;
    EXPECT_TRUE(proved(b)) << "age alone ends no right";
  }
  {
    Incident b;  // still in the directory, and not on the roster any more
    ASSERT_TRUE(b.trust().accept_roster(b.desk.next_roster({&b.stranger}, b.now)).ok());
    EXPECT_FALSE(proved(b));
  }
  {
    Incident b;  // the desk has no line: the recovery clause names it
    b.sign_lines({b.circle.manifest.lines[0]});
    EXPECT_TRUE(proved(b));
  }
  {
    Incident b(Who::bo, false);  // the recovery clause names another desk
    b.circle.manifest.recovery.desk = b.bo.key();
    b.sign_lines({b.circle.manifest.lines[0]});
    EXPECT_FALSE(proved(b));
  }
  {
    Incident b;  // by a device that the roster does not name
    b.cam.devices.push_back(make_device(b.random));
    ASSERT_TRUE(b.trust().accept_device_list(b.cam.next_list(b.now, b.random)).ok());
    b.hold(b.cam);
    StaffAct take = b.said_by(b.cam, Act::take, b.now);
    take.actor = b.cam.devices[1].id();
    b.event(is::took, b.sign(take, b.cam, 1));
    EXPECT_FALSE(b.tell().taken_verified());
  }
}

TEST(IncidentProof, T36_participant_cannot_take_or_resolve_its_own) {
  Incident b;
  b.hold(b.sami);
  b.event(is::took, b.act(b.sami, Act::take, b.now));
  EXPECT_FALSE(b.tell().taken_verified());
}

TEST(IncidentProof, T36_act_of_another_incident_or_circle_proves_nothing) {
  Incident b;
  b.hold(b.cam);
  const std::string ours = b.told.incident_id();
  b.told.set_incident_id(std::string(16, 'j'));
  const Bytes other = b.act(b.cam, Act::take, b.now);
  b.told.set_incident_id(ours);
  b.event(is::took, other);
  EXPECT_FALSE(b.tell().taken_verified());
}

TEST(IncidentProof, T36_a_take_proves_a_holder_for_the_lease_of_the_category) {
  for (const std::uint32_t category : {1u, 2u}) {
    Incident b;
    b.trust().note_server_state(b.circle.id, client::CircleState::armed, category);
    b.hold(b.cam);
    b.event(is::took, b.act(b.cam, Act::take, b.now));
    const Duration lasts = client::proof_of_holding(category);
    EXPECT_EQ(lasts, (category == 1 ? 25 : 65) * minute);
    b.now += lasts - 1;
    EXPECT_TRUE(b.tell().taken_verified());
    b.now += 1;
    EXPECT_FALSE(b.tell().taken_verified()) << "the server says nothing of a renewal";
    EXPECT_TRUE(b.tell().lapsed());
    EXPECT_EQ(b.warnings("unsigned_taken"), 0) << "it was signed, only not since";
    b.event(13, b.act(b.cam, Act::renew, b.now));
    EXPECT_TRUE(b.tell().taken_verified()) << "a renewed lease holds on";
  }
}

TEST(IncidentProof, T36_a_holder_who_does_not_renew_is_shown_again_when_the_server_is_silent) {
  Incident b;
  b.hold(b.cam);
  b.event(is::took, b.act(b.cam, Act::take, b.now));
  (void)b.tell();
  b.forget_events();
  const auto at = b.incidents().wake_at();
  ASSERT_TRUE(at);
  EXPECT_EQ(*at, b.now + client::proof_of_holding(2));
  b.now = *at - 1;
  b.tick();
  EXPECT_EQ(b.count(v1::Event::kIncident), 0);
  b.now = *at;
  b.tick();
  ASSERT_EQ(b.count(v1::Event::kIncident), 1);
  EXPECT_TRUE(b.last(v1::Event::kIncident)->incident().lapsed());
  EXPECT_FALSE(b.incidents().wake_at()) << "once";
}

TEST(IncidentProof, T36_a_server_that_signs_an_old_time_revives_no_old_take) {
  Incident b;
  b.hold(b.cam);
  b.event(is::took, b.act(b.cam, Act::take, b.now));
  const Instant took = b.now;
  ASSERT_TRUE(b.context().clock.logged_in(b.store(), b.now, b.now).kept);
  b.now += 30 * day;
  ASSERT_TRUE(b.context().clock.logged_in(b.store(), b.now, b.now).kept);
  EXPECT_FALSE(b.tell().taken_verified());
  (void)b.context().clock.logged_in(b.store(), took + minute, b.now);
  EXPECT_FALSE(b.tell().taken_verified()) << "the floor is a month on";
}

TEST(IncidentProof, T36_the_newest_act_that_was_seen_is_a_floor_too) {
  Incident b;
  ASSERT_TRUE(b.context().clock.logged_in(b.store(), b.now, b.now).kept);
  b.hold(b.cam);
  b.event(is::took, b.act(b.cam, Act::take, b.now));
  const v1::Incident first = b.told;
  // Ten minutes ahead of both clocks an act still counts, and moves what this client calls now.
  for (int i = 0; i < 8; ++i) {
    b.told.set_incident_id(std::string(15, 'k') + static_cast<char>('a' + i));
    b.told.clear_events();
    b.now += 10 * minute;
    b.event(is::took, b.act(b.cam, Act::take, b.now));
    (void)b.tell();
  }
  b.now -= 80 * minute;  // the phone's clock is set back, and the server's with it
  b.told = first;
  b.reopen();
  b.online();
  EXPECT_FALSE(b.tell().taken_verified());
}

TEST(IncidentProof, T36_an_act_dated_ahead_counts_for_nothing) {
  Incident b;
  b.hold(b.cam);
  b.event(is::took, b.act(b.cam, Act::take, b.now + client::act_ahead + 1));
  EXPECT_FALSE(b.tell().taken_verified());
  EXPECT_EQ(b.warnings("act_ahead"), 1);
  b.told.clear_events();
  b.event(is::took, b.act(b.cam, Act::take, b.now + client::act_ahead));
  EXPECT_TRUE(b.tell().taken_verified()) << "clocks may differ";
  // A server whose clock is ahead is one of both: then the act is not ahead of it.
  Incident other;
  ASSERT_TRUE(other.context().clock.logged_in(other.store(), other.now + 3 * hour, other.now).kept);
  other.hold(other.cam);
  other.event(is::took, other.act(other.cam, Act::take, other.now + 3 * hour));
  EXPECT_TRUE(other.tell().taken_verified());
}

// The phone is connected, and nobody logs in when its clock is set.
TEST(IncidentProof, T36_a_phone_that_is_set_back_accuses_nobody_whose_clock_is_right) {
  constexpr Duration back = client::act_ahead - 12 * second;
  const auto taken = [](Duration ahead) {
    Incident b;
    EXPECT_TRUE(b.context().clock.logged_in(b.store(), b.now, b.now).kept);
    b.online();
    b.now += hour;
    b.step_clock(-back);
    b.hold(b.cam);
    b.event(is::took, b.act(b.cam, Act::take, b.now + back + ahead));
    const bool proved = b.tell().taken_verified();
    EXPECT_EQ(b.warnings("act_ahead"), proved ? 0 : 1);
    EXPECT_EQ(b.warnings("unsigned_taken"), proved ? 0 : 1);
    return proved;
  };
  EXPECT_TRUE(taken(0));
  EXPECT_TRUE(taken(client::clocks_agree));
  EXPECT_TRUE(taken(client::act_ahead));
  EXPECT_FALSE(taken(client::act_ahead + 1)) << "ahead of all clocks still";
}

TEST(IncidentProof, T36_setting_the_phone_back_makes_no_lease_longer) {
  Incident b;
  ASSERT_TRUE(b.context().clock.logged_in(b.store(), b.now, b.now).kept);
  b.online();
  b.hold(b.cam);
  b.event(is::took, b.act(b.cam, Act::take, b.now));
  b.step_clock(-hour);
  b.now += client::proof_of_holding(2) - 1;
  EXPECT_TRUE(b.tell().taken_verified());
  b.now += 1;
  EXPECT_FALSE(b.tell().taken_verified());
  EXPECT_TRUE(b.tell().lapsed());
}

TEST(IncidentProof, T36_the_newest_act_makes_the_holder) {
  Incident b;
  b.hold(b.bo);
  b.event(is::took, b.act(b.bo, Act::take, b.now - minute));
  b.event(is::took_over, b.act(b.cam, Act::take_over, b.now));
  EXPECT_FALSE(b.tell().taken_verified());
  b.hold(b.cam);
  EXPECT_TRUE(b.tell().taken_verified());
}

TEST(IncidentProof, T36_what_somebody_signed_after_cannot_be_left_out) {
  Incident b;
  b.event(is::opened);
  b.event(is::took, b.act(b.bo, Act::take, b.now));
  Incident honest = IncidentBench();
  honest.told = b.told;
  const Bytes over = b.act(b.cam, Act::take_over, b.now);
  honest.event(is::took_over, over);
  const Bytes seen = honest.act(honest.cam, Act::seen, b.now);
  // Cam took it from Bo and looked again. The server shows the look, and hides the take-over.
  b.hold(b.bo);
  EXPECT_TRUE(b.tell().taken_verified());
  b.event(is::seen, seen);
  EXPECT_FALSE(b.tell().taken_verified());
  EXPECT_EQ(b.warnings("act_missing"), 1);
  honest.event(is::seen, seen);
  honest.hold(honest.cam);
  EXPECT_TRUE(honest.tell().taken_verified());
  EXPECT_EQ(honest.warnings("act_missing"), 0);
}

TEST(IncidentProof, T36_an_act_that_was_shown_cannot_disappear) {
  Incident b;
  b.event(is::opened);
  b.event(is::took, b.act(b.bo, Act::take, b.now));
  const v1::Incident before = b.told;
  b.event(is::took_over, b.act(b.cam, Act::take_over, b.now + second));
  b.hold(b.cam);
  EXPECT_TRUE(b.tell().taken_verified());
  b.reopen();  // also by another process
  b.online();
  b.told = before;
  b.hold(b.bo);
  EXPECT_FALSE(b.tell().taken_verified());
  EXPECT_FALSE(b.tell().taken_verified()) << "and not when it is said again";
  EXPECT_EQ(b.warnings("act_missing"), 1);
  // A server that lost it (a restored backup) is told so; who signs after that holds it.
  b.event(13, b.act(b.bo, Act::renew, b.now + 2 * second));
  EXPECT_TRUE(b.tell().taken_verified());
}

// Two people act on the same head at the same time: nothing is missing.
TEST(IncidentProof, H21_acts_that_cross_are_no_gap) {
  Incident b;
  b.event(is::opened, b.record(RecordType::alarm, 2));
  const Bytes look = b.act(b.cam, Act::seen, b.now);
  b.event(is::took, b.act(b.bo, Act::take, b.now));
  b.event(is::seen, look);
  b.hold(b.bo);
  EXPECT_TRUE(b.tell().taken_verified());
  EXPECT_EQ(b.count(v1::Event::kWarning), 0);
}

// Of a long story the beginning is not told: who holds it now is proved all the same.
TEST(IncidentProof, T36_a_story_without_its_beginning_accuses_nobody) {
  Incident b;
  b.hold(b.bo);
  b.event(is::took, b.act(b.bo, Act::take, b.now - 50 * minute));
  b.event(13, b.act(b.bo, Act::renew, b.now));
  b.told.mutable_events()->DeleteSubrange(0, 1);
  EXPECT_TRUE(b.tell().taken_verified());
  EXPECT_EQ(b.count(v1::Event::kWarning), 0);
}

TEST(IncidentProof, T36_assign_by_the_desk_names_the_holder) {
  const auto assigned = [](const Person& by, const Person& to, Incident& b) {
    StaffAct a = b.said_by(by, Act::assign, b.now);
    std::memcpy(a.target.data(), to.key().bytes().data(), 32);
    b.event(12, b.sign(a, by));
  };
  Incident b;
  b.hold(b.bo);
  assigned(b.cam, b.bo, b);
  EXPECT_TRUE(b.tell().taken_verified());
  b.hold(b.cam);
  EXPECT_FALSE(b.tell().taken_verified());
  Incident other;
  other.hold(other.cam);
  assigned(other.bo, other.cam, other);
  EXPECT_FALSE(other.tell().taken_verified()) << "a member gives nothing to others";
}

TEST(IncidentProof, T36_forged_resolved_is_shown_as_the_servers_word) {
  Incident b;
  b.event(is::took, b.act(b.cam, Act::take, b.now));
  b.told.set_state(is::resolved);
  EXPECT_FALSE(b.tell().taken_verified());
  EXPECT_EQ(b.warnings("unsigned_resolved"), 1);
  b.event(is::ended, b.act(b.cam, Act::resolve, b.now));
  EXPECT_TRUE(b.tell().taken_verified());
}

TEST(IncidentProof, T36_reason_and_time_of_the_end_are_the_signers) {
  Incident b;
  b.event(is::ended, b.resolve(b.cam, Reason::handed_to_authority));
  b.told.set_state(is::resolved);
  b.told.set_reason(1);  // reached and well, says the server
  const auto& v = b.tell();
  EXPECT_TRUE(v.taken_verified());
  EXPECT_EQ(v.incident().reason(), static_cast<std::uint32_t>(Reason::handed_to_authority));
  EXPECT_EQ(v.acted_at(), b.now);
}

TEST(IncidentProof, T36_only_the_holder_and_the_desk_end_it) {
  Incident b;
  b.event(is::took, b.act(b.cam, Act::take, b.now));
  b.event(is::ended, b.act(b.bo, Act::resolve, b.now));  // was told that Cam holds it
  b.told.set_state(is::resolved);
  EXPECT_FALSE(b.tell().taken_verified());
  Incident held;
  held.event(is::took, held.act(held.bo, Act::take, held.now));
  held.event(is::ended, held.act(held.bo, Act::resolve, held.now));
  held.told.set_state(is::resolved);
  EXPECT_TRUE(held.tell().taken_verified());
}

TEST(IncidentProof, T36_what_was_proved_to_be_over_stays_so) {
  Incident b;
  b.event(is::ended, b.act(b.cam, Act::resolve, b.now));
  b.told.set_state(is::resolved);
  EXPECT_TRUE(b.tell().taken_verified());
  ASSERT_TRUE(b.trust().accept_roster(b.desk.next_roster({&b.stranger}, b.now)).ok());
  EXPECT_TRUE(b.tell().taken_verified()) << "Cam has left since";
  b.told.set_incident_id(std::string(16, 'n'));
  EXPECT_FALSE(b.tell().taken_verified()) << "what nobody here ever saw proved";
}

TEST(IncidentProof, T36_cancel_counts_for_the_alarm_that_it_names) {
  Incident b;
  b.told.set_state(is::cancelled);
  const Bytes old_alarm = b.record(RecordType::alarm, 2);
  const Bytes old_cancel = b.record(RecordType::cancel, 0, 1);
  b.trigger(is::loud, b.record(RecordType::alarm, 2));
  EXPECT_FALSE(b.tell().taken_verified()) << "nobody cancelled";
  b.event(21, old_cancel);
  EXPECT_FALSE(b.tell().taken_verified()) << "an old cancel, shown again";
  b.event(21, b.record(RecordType::mistake, 0, 3));
  EXPECT_FALSE(b.tell().taken_verified()) << "a mistake cancels nothing";
  b.event(21, b.record(RecordType::cancel, 0, 3));
  EXPECT_TRUE(b.tell().taken_verified());
}

TEST(IncidentProof, T36_cancel_by_the_shadow_cancels_nothing) {
  Incident b;
  b.told.set_state(is::cancelled);
  b.told.set_lane(is::silent);
  b.trigger(is::duress, b.record(RecordType::alarm, 2, 0, true));
  b.event(21, b.record(RecordType::cancel, 0, 1, true));
  EXPECT_FALSE(b.tell().taken_verified());
}

TEST(IncidentProof, T36_the_participants_phone_believes_no_unsigned_taken) {
  Incident b(Who::sami);
  b.hold(b.cam);
  EXPECT_FALSE(b.tell().taken_verified());
  b.event(is::took, b.act(b.cam, Act::take, b.now));
  EXPECT_TRUE(b.tell().taken_verified());
}

}  // namespace
}  // namespace livlina::testing

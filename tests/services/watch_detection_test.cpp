// Occurrences open, are answered, or are missed, through the services on a real database.
#include <gtest/gtest.h>

#include "server/store/circles.hpp"
#include "tests/services/watch_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using policy::OccurrenceState;
using protocol::RecordStatus;

constexpr std::uint16_t noon = 12 * 60;  // UTC; the town starts at 08:00
constexpr Instant noon_at = town_start + 4 * hour;
constexpr Instant noon_deadline = noon_at + 30 * minute;

// Nobody has to be paged on the way.
void every_hour_ok(WatchTown& town, int hours) {
  for (int k = 0; k < hours; ++k) {
    town.advance(hour);
    (void)town.answer({});
  }
}

TEST(WatchDetection, G1_one_miss_one_trigger_one_incident) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_deadline);
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::open) << "the deadline is in time";
  EXPECT_FALSE(town.unresolved());
  EXPECT_LE(town.next_deadline().value(), noon_deadline + 2 * second);
  town.advance_to(noon_deadline + 2 * second);
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::missed);
  ASSERT_TRUE(town.unresolved());
  EXPECT_EQ(town.unresolved()->i.severity, 2);
  EXPECT_EQ(town.count("SELECT count(*) FROM trigger_row"), 1);
  town.advance(hour);
  EXPECT_EQ(town.count("SELECT count(*) FROM trigger_row"), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident"), 1);
}

TEST(WatchDetection, G1_the_members_with_the_check_in_scope_get_the_servers_word) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_deadline + second);
  EXPECT_EQ(town.count("SELECT count(DISTINCT device) FROM mailbox WHERE kind = 3"), 4);
}

TEST(WatchDetection, G1_an_answered_one_makes_nothing) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_at);
  const auto reply = town.answer({});
  EXPECT_EQ(reply.status, RecordStatus::received);
  EXPECT_EQ(reply.received_at, noon_at);
  EXPECT_EQ(reply.next_due, noon_at + day);
  town.advance(5 * hour);
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::answered);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident"), 0);
}

TEST(WatchDetection, G2_received_means_committed_and_a_repeat_changes_nothing) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_at);
  const Bytes record = town.sign({.answer = 2});
  const auto first = town.post(record);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->reply().size(), protocol::record_reply_size);
  town.advance(hour);
  const auto rows = town.count("SELECT count(*) FROM checkin_record");
  const auto mail = town.count("SELECT count(*) FROM mailbox");
  const auto again = town.post(record);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->reply(), first->reply()) << "the stored reply, an hour later";
  EXPECT_EQ(town.count("SELECT count(*) FROM checkin_record"), rows);
  EXPECT_EQ(town.count("SELECT count(*) FROM mailbox"), mail);
  EXPECT_EQ(town.count("SELECT count(*) FROM trigger_row"), 1);
}

TEST(WatchDetection, G2_what_was_rolled_back_leaves_nothing) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_at);
  const Bytes record = town.sign({});
  v1::PostRecord request;
  request.set_record(to_string(record));
  auto t = town.turn();
  town.db.begin();
  ASSERT_TRUE(post_record(t, town.as(town.participant), request).ok());
  town.db.rollback();
  EXPECT_EQ(town.count("SELECT count(*) FROM checkin_record"), 0);
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::open);
  EXPECT_TRUE(town.post(record).ok());
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::answered);
}

TEST(WatchDetection, a_gap_a_wrong_prev_and_a_fork_are_stored_and_flagged_never_refused) {
  WatchTown town;
  ASSERT_EQ(town.answer({}).seq, 1u);
  town.chains[0].seq = 5;
  EXPECT_EQ(town.answer({}).seq, 5u);
  town.chains[0].prev = {};
  EXPECT_EQ(town.answer({}).seq, 6u);
  town.chains[0].seq = 6;
  town.advance(minute);
  EXPECT_EQ(town.answer({.answer = 3}).seq, 6u);
  town.round();
  EXPECT_EQ(town.count("SELECT flags FROM checkin_record WHERE id = 1"), 0);
  EXPECT_EQ(town.count("SELECT flags FROM checkin_record WHERE id = 2"), 1);
  EXPECT_EQ(town.count("SELECT flags FROM checkin_record WHERE id = 3"), 2);
  EXPECT_EQ(town.count("SELECT flags FROM checkin_record WHERE id = 4"), 4);
  EXPECT_TRUE(town.unresolved()) << "a fork that says not_ok counts";
  EXPECT_GE(town.notices(town.coordinator, policy::NoticeCode::record_fork), 1);
}

TEST(WatchDetection, H01_a_skipped_local_time_is_due_at_the_first_instant_after_the_gap) {
  WatchTown town;
  town.now = 1'774'656'000'000;  // 2026-03-28T00:00:00Z, the night before the clock change
  auto plan = daily(town.random, "Europe/Stockholm", {2 * 60 + 30}, town.now, town.now + 9 * day);
  town.accept_plan({plan});
  every_hour_ok(town, 3 * 24 - 2);
  std::vector<Instant> dues;
  for (const auto& o : town.occurrences()) dues.push_back(o.o.due);
  EXPECT_EQ(dues, (std::vector<Instant>{1'774'661'400'000,     // 28th, 02:30 CET = 01:30Z
                                        1'774'746'000'000,     // 29th, 03:00 CEST = 01:00Z
                                        1'774'830'600'000}));  // 30th, 02:30 CEST = 00:30Z
}

TEST(WatchDetection, H02_a_repeated_local_time_is_due_once) {
  WatchTown town;
  town.now = 1'792'792'800'000;  // 2026-10-23T22:00:00Z
  auto plan = daily(town.random, "Europe/Stockholm", {2 * 60 + 30}, town.now, town.now + 9 * day);
  town.accept_plan({plan});
  every_hour_ok(town, 3 * 24);
  std::vector<Instant> dues;
  for (const auto& o : town.occurrences()) dues.push_back(o.o.due);
  ASSERT_EQ(dues.size(), 3u);
  EXPECT_EQ(dues[1], 1'792'888'200'000) << "the first of the two 02:30, 00:30Z";
}

TEST(WatchDetection, H05_an_answer_before_the_opening_does_not_count_and_says_so) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_at - 2 * hour);
  const auto reply = town.answer({});
  EXPECT_EQ(reply.status, RecordStatus::not_open);
  EXPECT_EQ(reply.next_due, noon_at);
  town.advance_to(noon_deadline + second);
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::missed);
  EXPECT_TRUE(town.unresolved());
}

// Both judge by protocol::pressed_for, so no honest server is accused.
TEST(WatchDetection, G1_a_press_for_nothing_long_before_the_opening_is_no_answer) {
  for (const Duration before : {15 * minute, 15 * minute + 1}) {
    WatchTown town;
    town.accept_plan({town.daily_at(noon)});
    const Instant opens_at = noon_at - hour;
    town.advance_to(noon_at - minute);
    const auto reply = town.answer({.slot = 0, .claimed = opens_at - before});
    EXPECT_EQ(reply.status, before == 15 * minute ? RecordStatus::received : RecordStatus::not_open)
        << "a phone's clock may be slow by that much";
  }
}

TEST(WatchDetection, H05_an_answer_in_the_round_of_the_opening_counts) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_at - 2 * hour);
  town.now = noon_at - hour;  // its round has not run
  ASSERT_EQ(town.occurrences().size(), 0u);
  EXPECT_EQ(town.answer({}).status, RecordStatus::received);
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::answered);
}

TEST(WatchDetection, G1_an_old_press_that_arrives_in_todays_window_is_no_answer_to_today) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_at - minute);
  const auto reply =
      town.answer({.slot = noon_at - day, .claimed = noon_at - day - minute});  // sent a day later
  EXPECT_EQ(reply.status, RecordStatus::not_open);
  EXPECT_EQ(reply.next_due, noon_at);
  town.advance_to(noon_deadline + second);
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::missed);
}

TEST(WatchDetection, G1_a_press_with_a_slow_clock_for_todays_slot_counts) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_at - minute);
  EXPECT_EQ(town.answer({.slot = noon_at, .claimed = noon_at - day}).status,
            RecordStatus::received);
}

TEST(WatchDetection, rule_3_talk_makes_its_trigger_early_with_the_reply_that_ok_would_get) {
  WatchTown ok;
  WatchTown talk;
  for (WatchTown* town : {&ok, &talk}) {
    town->accept_plan({town->daily_at(noon)});
    town->advance_to(noon_at - 2 * hour);
  }
  const auto a = ok.answer({.answer = 1});
  const auto b = talk.answer({.answer = 2});
  EXPECT_EQ(protocol::encode(a), protocol::encode(b));
  ok.round();
  talk.round();
  EXPECT_FALSE(ok.unresolved());
  ASSERT_TRUE(talk.unresolved());
  EXPECT_EQ(talk.unresolved()->i.severity, 1);
}

TEST(WatchDetection, H07_an_edit_never_moves_an_open_occurrence) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_at - 30 * minute);
  ASSERT_EQ(town.occurrences().size(), 1u);
  auto later = town.daily_at(18 * 60);
  town.accept_plan({later});
  EXPECT_EQ(town.occurrences().at(0).o.deadline, noon_deadline);
  town.advance_to(noon_deadline + second);
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::missed);
  town.advance_to(noon_at + 6 * hour);
  ASSERT_EQ(town.occurrences().size(), 2u);
  EXPECT_EQ(town.occurrences().at(1).o.due, noon_at + 6 * hour);
}

TEST(WatchDetection, H07_a_new_version_with_the_same_slot_makes_no_second_row) {
  WatchTown town;
  auto plan = town.daily_at(noon);
  town.accept_plan({plan});
  town.advance_to(noon_at - 30 * minute);
  plan.opens_before_s = 600;  // the slot would open again, 20 minutes from now
  town.accept_plan({plan});
  town.advance_to(noon_at);
  EXPECT_EQ(town.occurrences().size(), 1u);
}

TEST(WatchDetection, H30_a_plan_accepted_in_the_round_of_an_opening_erases_no_slot) {
  for (const Duration late : {Duration{0}, 5 * second}) {
    WatchTown town;
    const auto plan = town.daily_at(noon);
    town.accept_plan({plan});
    town.advance_to(noon_at - hour - second);
    town.now = noon_at - hour + late;  // requests come before openings
    town.accept_plan({late == 0 ? plan : town.daily_at(18 * 60)});
    ASSERT_EQ(town.occurrences().size(), 1u);
    town.round();
    town.advance_to(noon_deadline + second);
    EXPECT_EQ(town.occurrences().size(), 1u) << "and the same slot is not made twice (H07)";
    EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::missed);
    EXPECT_TRUE(town.unresolved());
  }
}

TEST(WatchDetection, H05_an_answer_in_the_round_of_an_opening_counts) {
  for (const Duration late : {Duration{0}, 5 * second}) {
    WatchTown town;
    town.accept_plan({town.daily_at(noon)});
    town.advance_to(noon_at - hour - second);
    town.now = noon_at - hour + late;
    const auto reply = town.answer({});
    EXPECT_EQ(reply.status, RecordStatus::received);
    EXPECT_EQ(reply.next_due, noon_at + day);
    town.advance_to(noon_deadline + hour);
    ASSERT_EQ(town.occurrences().size(), 1u);
    EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::answered);
    EXPECT_FALSE(town.unresolved());
  }
}

TEST(WatchDetection, G6_an_answer_to_a_slot_that_was_made_too_late_is_asked_for_again) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_at - 2 * hour);
  town.now = noon_deadline + 10 * minute;  // nothing could be opened for so long
  EXPECT_EQ(town.answer({}).status, RecordStatus::received);
  town.round();
  ASSERT_EQ(town.occurrences().size(), 1u);
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::answered);
  EXPECT_TRUE(town.occurrences().at(0).o.outage);
}

TEST(WatchDetection, H30_deleting_the_plan_erases_nothing) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon), town.daily_at(noon + 30)});
  town.advance_to(noon_deadline + second);
  ASSERT_EQ(town.count("SELECT count(*) FROM occurrence WHERE state = 3"), 1);
  ASSERT_EQ(town.count("SELECT count(*) FROM occurrence WHERE state = 1"), 1);
  town.accept_plan({});
  EXPECT_EQ(town.occurrences().size(), 2u);
  town.advance(hour);
  EXPECT_EQ(town.count("SELECT count(*) FROM occurrence WHERE state = 3"), 2);
  ASSERT_EQ(town.act(town.coordinator, town.unresolved()->id,
                     {.act = protocol::Act::resolve, .reason = protocol::Reason::other}),
            1);
  town.presence.devices.clear();
  town.advance(5 * day);
  EXPECT_EQ(town.occurrences().size(), 2u) << "and the deleted plan makes no more";
}

TEST(WatchDetection, H31_several_misses_stay_several_occurrences_and_triggers) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.presence.devices.clear();
  town.advance_to(noon_deadline + 2 * day + second);
  EXPECT_EQ(town.count("SELECT count(*) FROM occurrence WHERE state = 3"), 3);
  EXPECT_EQ(town.count("SELECT count(*) FROM trigger_row WHERE kind = 1"), 3);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident"), 1);
}

TEST(WatchDetection, one_tap_answers_all_open_slots_and_a_named_one_only_itself) {
  WatchTown town;
  const auto a = town.daily_at(noon);
  const auto b = town.daily_at(noon + 10);
  town.accept_plan({a, b});
  town.advance_to(noon_at);
  EXPECT_EQ(town.answer({.schedule = b.id, .slot = noon_at + 10 * minute}).next_due, noon_at);
  EXPECT_EQ(town.count("SELECT count(*) FROM occurrence WHERE state = 2"), 1);
  EXPECT_EQ(town.answer({}).next_due, noon_at + day);
  EXPECT_EQ(town.count("SELECT count(*) FROM occurrence WHERE state = 2"), 2);
}

TEST(WatchDetection, nothing_opens_in_a_circle_that_is_not_armed) {
  WatchTown town(CircleState::setup);
  town.accept_plan({town.daily_at(noon)});
  town.advance(2 * day);
  EXPECT_TRUE(town.occurrences().empty());
  store::Circles(town.db).set_state(town.circle.id, static_cast<int>(CircleState::degraded));
  town.commit([&](Turn& t) { circle_changed(t, town.facts()); });
  town.advance(day);
  EXPECT_EQ(town.occurrences().size(), 1u) << "degraded is watched";
}

TEST(WatchDetection, reminders_reach_the_phone_and_end_with_the_answer) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon, {0, 600})});
  town.presence.devices.insert(town.participant.primary().id());
  town.advance_to(noon_at - minute);
  town.sent.clear();
  town.advance_to(noon_at);
  const auto frames = town.frames(town.participant.primary().id());
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0]->reminder().due(), noon_at);
  EXPECT_EQ(frames[0]->reminder().deadline(), noon_deadline);
  (void)town.answer({});
  town.sent.clear();
  town.advance(hour);
  EXPECT_TRUE(town.frames(town.participant.primary().id()).empty());
}

TEST(WatchDetection, H33_nothing_but_a_signed_record_of_ones_own_device_checks_in) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_at);
  Bytes forged = town.sign({});
  forged.back() ^= 1;
  const auto flipped = town.post(forged);
  ASSERT_FALSE(flipped.ok());
  EXPECT_EQ(flipped.error().code, Code::bad_record);
  town.told.clear();

  v1::PostRecord request;
  request.set_record(to_string(town.sign({})));
  auto t = town.turn();
  const auto other = post_record(t, town.as(town.mentor), request);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, Code::forbidden);
  EXPECT_EQ(town.count("SELECT count(*) FROM checkin_record"), 0);
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::open);
}

TEST(WatchDetection, H09_a_deadline_that_passed_during_a_short_stop_acts_at_start) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_deadline - 5 * second);
  const Instant stopped = town.now;
  town.now += 30 * second;
  town.wake(stopped);
  town.round();
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::missed);
  EXPECT_TRUE(town.unresolved());
}

TEST(WatchDetection, G6_an_outage_asks_the_newest_again_and_excuses_the_older_with_one_digest) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon), town.daily_at(noon + 120)});
  town.advance_to(noon_at - 2 * hour);
  const Instant stopped = town.now;
  town.now += 2 * day + 10 * hour;  // three noons and three 14:00 are past
  town.wake(stopped);
  town.sent.clear();
  town.round();
  EXPECT_EQ(town.count("SELECT count(*) FROM occurrence WHERE state = 4 AND excuse = 2"), 4);
  EXPECT_EQ(town.count("SELECT count(*) FROM occurrence WHERE state = 1 AND outage = 1"), 2);
  EXPECT_FALSE(town.unresolved()) << "no storm";
  EXPECT_EQ(town.notices(town.coordinator, policy::NoticeCode::outage_digest), 1);
  town.advance(15 * minute + second);
  EXPECT_EQ(town.count("SELECT count(*) FROM occurrence WHERE state = 3"), 2)
      << "and who does not answer now is missed";
}

TEST(WatchDetection, G6_one_that_overlaps_is_extended_once) {
  WatchTown town;
  town.accept_plan({town.daily_at(noon)});
  town.advance_to(noon_at);
  Instant stopped = town.now;
  town.now = noon_deadline + 10 * minute;
  town.wake(stopped);
  town.round();
  ASSERT_EQ(town.occurrences().at(0).o.state, OccurrenceState::open);
  EXPECT_EQ(town.occurrences().at(0).o.deadline, noon_deadline + 25 * minute);
  stopped = town.now;
  town.now += 20 * minute;
  town.wake(stopped);
  town.round();
  EXPECT_EQ(town.occurrences().at(0).o.state, OccurrenceState::missed);
}

TEST(WatchDetection, check_plan_keeps_the_bounds_of_the_settings) {
  WatchTown town;
  (void)town.circle.next_plan(town.participant, {town.daily_at(noon)}, town.now);
  protocol::Plan plan = town.circle.plan;
  const auto& zones = protocol::tzdata_zones();
  EXPECT_FALSE(check_plan(town.settings, plan, zones));
  plan.schedules[0].grace_s = 299;
  EXPECT_EQ(check_plan(town.settings, plan, zones)->code, Code::bad_times);
  plan.schedules[0].grace_s = 300;
  EXPECT_FALSE(check_plan(town.settings, plan, zones));
  plan.member_wait_s = 59;
  EXPECT_TRUE(check_plan(town.settings, plan, zones));
  plan.member_wait_s = 60;
  plan.schedules[0].zone = "Mars/Olympus";
  EXPECT_TRUE(check_plan(town.settings, plan, zones));
}

}  // namespace
}  // namespace livlina::testing

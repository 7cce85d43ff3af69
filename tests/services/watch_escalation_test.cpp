// From a trigger to a human: steps, rounds, receipts, leases, restarts.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/services/watch_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using policy::IncidentState;
using policy::NoticeCode;
using protocol::Act;
using protocol::Reason;

// A database file that a restart can open again.
class DatabaseFile {
 public:
  DatabaseFile()
      : path_(std::filesystem::path(::testing::TempDir()) /
              ("watch-" + std::to_string(::getpid()) + "-" + std::to_string(++made_) + ".db")) {
    remove();
  }
  ~DatabaseFile() { remove(); }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  void remove() const {
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path_.string() + end);
  }
  static inline int made_ = 0;
  std::filesystem::path path_;
};

TEST(WatchEscalation, G4_category_2_mentors_then_contact_then_the_desk_as_well) {
  WatchTown town;
  town.miss_noon();
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 1);
  EXPECT_EQ(town.notices(town.other_mentor, NoticeCode::page_open), 1);
  EXPECT_EQ(town.notices(town.contact, NoticeCode::page_open), 0);
  town.advance(10 * minute);
  EXPECT_GE(town.notices(town.contact, NoticeCode::page_open), 1);
  EXPECT_EQ(town.notices(town.coordinator, NoticeCode::page_open), 0);
  EXPECT_TRUE(town.operator_lines.empty());
  town.advance(10 * minute);
  EXPECT_EQ(town.unresolved()->i.round, 2);
  EXPECT_GE(town.notices(town.coordinator, NoticeCode::page_open), 1);
  ASSERT_EQ(town.operator_lines.size(), 1u);
  EXPECT_STREQ(town.operator_lines[0].code, "untaken");
}

TEST(WatchEscalation, G4_category_1_mentors_and_contact_at_once_then_the_desk) {
  WatchTown town(CircleState::armed, 1);
  town.miss_noon();
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 1);
  EXPECT_EQ(town.notices(town.contact, NoticeCode::page_open), 1);
  town.sent.clear();
  town.advance(2 * minute);
  EXPECT_GE(town.notices(town.coordinator, NoticeCode::page_open), 1);
}

TEST(WatchEscalation, H20_an_unreachable_step_costs_no_wait_and_warns_the_desk) {
  WatchTown town;
  town.offline(town.mentor);
  town.offline(town.other_mentor);
  town.miss_noon();
  EXPECT_EQ(town.notices(town.contact, NoticeCode::page_open), 1);
  EXPECT_EQ(town.notices(town.coordinator, NoticeCode::step_empty), 1);
}

TEST(WatchEscalation, H25_rounds_go_on_for_days) {
  WatchTown town;
  town.miss_noon();
  town.accept_plan({});
  const int before = town.unresolved()->i.round;
  town.advance(2 * day);
  EXPECT_EQ(town.unresolved()->i.round, before + 2 * 24 * 3);
  EXPECT_EQ(town.unresolved()->i.state, IncidentState::notifying);
}

TEST(WatchEscalation, H12_what_was_decided_and_not_sent_is_sent_after_the_crash) {
  const DatabaseFile file;
  WatchTown town(CircleState::armed, 2, 1, file.path());
  town.accept_plan({town.daily_at(12 * 60)});
  town.advance_to(town_start + 4 * hour + 30 * minute);
  town.now += 1;
  auto t = town.turn();
  town.db.begin();  // decided and committed; the process dies before anything leaves
  (void)judge(t, 200);
  (void)run_deadlines(t, 200);
  town.db.commit();
  town.crash_and_restart();
  const Instant stopped = town.now;
  town.now += 3 * second;
  town.wake(stopped);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident"), 1);
  town.all_online();
  town.commit([&](Turn& turn) { device_online(turn, town.mentor.primary().id()); });
  town.round();
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident"), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM trigger_row"), 1);
}

TEST(WatchEscalation, H12_what_was_decided_and_not_committed_is_decided_again_once) {
  const DatabaseFile file;
  WatchTown town(CircleState::armed, 2, 1, file.path());
  town.accept_plan({town.daily_at(12 * 60)});
  town.advance_to(town_start + 4 * hour + 30 * minute);
  town.now += 1;
  auto t = town.turn();
  town.db.begin();
  (void)run_deadlines(t, 200);
  town.crash_and_restart();
  EXPECT_EQ(town.count("SELECT count(*) FROM incident"), 0);
  town.all_online();
  town.round();
  EXPECT_EQ(town.count("SELECT count(*) FROM incident"), 1);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 1);
}

TEST(WatchEscalation, H10_an_escalation_in_flight_goes_on_at_its_own_step) {
  const DatabaseFile file;
  WatchTown town(CircleState::armed, 2, 1, file.path());
  town.miss_noon();
  ASSERT_EQ(town.unresolved()->i.step, 1);
  const Instant next = *town.unresolved()->i.next_at;
  town.crash_and_restart();
  const Instant stopped = town.now;
  town.now += 2 * minute;
  town.all_online();
  town.wake(stopped);
  town.round();
  EXPECT_EQ(town.unresolved()->i.step, 1);
  EXPECT_EQ(town.unresolved()->i.next_at, next);
  town.advance_to(next);
  EXPECT_EQ(town.notices(town.contact, NoticeCode::page_open), 1);
  EXPECT_EQ(town.unresolved()->i.round, 2);
}

TEST(WatchEscalation, H22_taken_and_forgotten_goes_back_to_notifying) {
  WatchTown town;
  town.miss_noon();
  town.accept_plan({});
  const IncidentId id = town.unresolved()->id;
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  town.sent.clear();
  town.advance(55 * minute);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::lease_ending), 1);
  EXPECT_EQ(town.notices(town.contact, NoticeCode::page_open), 0) << "I6";
  town.advance(5 * minute);
  EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying);
  EXPECT_FALSE(town.incident(id).i.holder);
  EXPECT_GE(town.notices(town.other_mentor, NoticeCode::page_open), 1);
}

TEST(WatchEscalation, H23_a_manifest_without_the_holders_line_ends_the_lease_at_once) {
  WatchTown town;
  town.miss_noon();
  const IncidentId id = town.unresolved()->id;
  ASSERT_EQ(town.act(town.contact, id, {.act = Act::take}), 1);
  auto lines = town.circle.manifest.lines;
  lines.erase(lines.begin(), lines.begin() + 2);  // the contact person's line and the desk's
  (void)town.circle.next_manifest(town.participant, lines, true, town.now);
  town.commit([&](Turn& t) {
    store_manifest(town.db, town.circle);
    circle_changed(t, town.facts());
  });
  EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying);
  EXPECT_EQ(town.facts().state, CircleState::degraded) << "no second step is left";
  town.sent.clear();
  town.round();
  EXPECT_GE(town.notices(town.mentor, NoticeCode::page_open), 1);
  EXPECT_EQ(town.notices(town.coordinator, NoticeCode::circle_degraded), 1);
  EXPECT_EQ(town.act(town.contact, id, {.act = Act::take}), 0);
}

TEST(WatchEscalation, G4_the_known_end_of_a_line_ends_the_lease) {
  WatchTown town;
  town.miss_noon();
  const IncidentId id = town.unresolved()->id;
  auto lines = town.circle.manifest.lines;
  lines[0].not_after = town.now + 20 * minute;
  lines[0].incident_grace_h = 0;
  (void)town.circle.next_manifest(town.participant, lines, true, town.now);
  town.commit([&](Turn& t) {
    store_manifest(town.db, town.circle);
    circle_changed(t, town.facts());
  });
  ASSERT_EQ(town.act(town.contact, id, {.act = Act::take}), 1);
  EXPECT_EQ(town.incident(id).i.next_at, town.now + 20 * minute);
  town.advance(20 * minute);
  EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying);
}

TEST(WatchEscalation, H24_resolve_at_the_instant_of_a_step_leaves_no_page) {
  for (const bool resolve_first : {true, false}) {
    WatchTown town;
    town.miss_noon();
    const IncidentId id = town.unresolved()->id;
    const Instant step = *town.unresolved()->i.next_at;
    town.advance_to(step - 1);
    town.now = step;
    town.sent.clear();
    const auto resolve = [&] {
      EXPECT_EQ(
          town.act(town.coordinator, id, {.act = Act::resolve, .reason = Reason::reached_and_well}),
          1);
    };
    if (resolve_first) resolve();
    town.round();
    if (!resolve_first) resolve();
    EXPECT_EQ(town.incident(id).i.state, IncidentState::resolved);
    EXPECT_EQ(town.notices(town.contact, NoticeCode::page_open), resolve_first ? 0 : 1);
    town.sent.clear();
    town.advance(hour);
    EXPECT_EQ(town.notices(town.contact, NoticeCode::page_open), 0);
    EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE kind = 1 AND state = 1"), 0);
  }
}

TEST(WatchEscalation, H26_H27_incidents_of_two_participants_with_the_same_helpers_stay_two) {
  WatchTown town;
  // A second participant with the same helpers.
  Person second_one = make_participant(town.random, town.now);
  TestCircle other =
      make_circle(town.random, second_one, town.desk.key(), town.circle.manifest.lines, town.now);
  town.commit([&](Turn&) {
    install_account(town.db, second_one, 2, false);
    install_circle(town.db, other, CircleState::armed, 2);
  });
  (void)other.next_plan(second_one, {town.daily_at(12 * 60)}, town.now);
  town.commit([&](Turn& t) {
    store_plan(town.db, other);
    plan_accepted(t, *circle_facts(t, other.id), *protocol::verify_plan(other.plan_record));
  });
  town.miss_noon();
  EXPECT_EQ(town.count("SELECT count(*) FROM incident WHERE state = 1"), 2);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 2) << "one page for each";
  ASSERT_EQ(town.act(town.mentor, town.unresolved()->id, {.act = Act::take}), 1);
  town.sent.clear();
  town.advance(11 * minute);
  EXPECT_GE(town.notices(town.contact, NoticeCode::page_open), 1)
      << "taking one never quiets the other";
  EXPECT_EQ(store::Incidents(town.db).unresolved(other.id, policy::Lane::open)->i.state,
            IncidentState::notifying);
}

TEST(WatchEscalation, H28_a_more_severe_press_pages_again_at_once) {
  WatchTown town;
  (void)town.answer({.answer = 2});
  town.round();
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 1);
  const IncidentId id = town.unresolved()->id;
  town.advance(minute);
  town.sent.clear();
  (void)town.answer({.answer = 3});
  town.round();
  EXPECT_EQ(town.incident(id).i.severity, 3);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 1);
  (void)town.answer({.answer = 3});
  town.round();
  EXPECT_EQ(town.count("SELECT count(*) FROM incident"), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM trigger_row"), 3);
}

TEST(WatchEscalation, G3_a_late_ok_annotates_and_never_closes) {
  WatchTown town;
  town.miss_noon();
  town.accept_plan({});
  const IncidentId id = town.unresolved()->id;
  town.advance(minute);
  const Instant fired = town.now - minute;
  const auto reply = town.answer({});
  EXPECT_EQ(reply.status, protocol::RecordStatus::received);
  town.round();
  EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying);
  EXPECT_TRUE(town.incident(id).i.calm);
  EXPECT_EQ(town.incident(id).i.next_at, town.now + 60 * minute);
  EXPECT_GT(*town.incident(id).i.next_at, fired + 10 * minute);
  town.advance(3 * day);
  EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying);
}

TEST(WatchEscalation, G4_ok_and_talk_in_turn_postpone_once) {
  WatchTown town;
  town.miss_noon();
  town.accept_plan({});
  const auto fired = [&] {
    return town.count("SELECT count(*) FROM incident_event WHERE kind = 6");
  };
  ASSERT_EQ(fired(), 1);
  for (int k = 0; k < 4; ++k) {
    (void)town.answer({});
    town.round();
    town.advance(59 * minute);
    (void)town.answer({.answer = 2});
    town.round();
  }
  EXPECT_GE(fired(), 3) << "once between two steps, not for ever";
  EXPECT_GE(town.notices(town.contact, NoticeCode::page_open), 1);
}

TEST(WatchEscalation, H06_a_backward_clock_keeps_an_incident_moving) {
  WatchTown town;
  town.miss_noon();
  town.accept_plan({});
  const Instant before = town.now;
  town.now -= 3 * hour;
  town.wake(before);
  EXPECT_LE(*town.unresolved()->i.next_at, town.now + 10 * minute);
  town.round();
  ASSERT_FALSE(town.operator_lines.empty());
  EXPECT_STREQ(town.operator_lines.back().code, "clock_back");
}

TEST(WatchEscalation, the_policy_of_an_incident_is_pinned) {
  WatchTown town;
  town.miss_noon();
  const IncidentId id = town.unresolved()->id;
  town.settings.wait_category2 = 30 * minute;
  town.advance(10 * minute);
  EXPECT_EQ(town.incident(id).i.round, 2) << "the version it was opened under";
}

}  // namespace
}  // namespace livlina::testing

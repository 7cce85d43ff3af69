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

WatchTown& missed(WatchTown& town) {
  town.accept_plan({town.daily_at(12 * 60)});
  town.advance_to(town_start + 4 * hour + 30 * minute + 1);
  return town;
}

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
  missed(town);
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
  missed(town);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 1);
  EXPECT_EQ(town.notices(town.contact, NoticeCode::page_open), 1);
  town.out.clear();
  town.advance(2 * minute);
  EXPECT_GE(town.notices(town.coordinator, NoticeCode::page_open), 1);
}

TEST(WatchEscalation, H20_an_unreachable_step_costs_no_wait_and_warns_the_desk) {
  WatchTown town;
  town.offline(town.mentor);
  town.offline(town.other_mentor);
  missed(town);
  EXPECT_EQ(town.notices(town.contact, NoticeCode::page_open), 1);
  EXPECT_EQ(town.notices(town.coordinator, NoticeCode::step_empty), 1);
}

TEST(WatchEscalation, H20_with_nobody_reachable_the_operator_is_told_until_it_arrives) {
  WatchTown town;
  town.presence.devices.clear();
  town.operator_delivers = false;
  missed(town);
  ASSERT_GE(town.operator_lines.size(), 1u);
  EXPECT_STREQ(town.operator_lines[0].code, "no_person");
  town.advance(minute);
  EXPECT_GE(town.operator_lines.size(), 4u) << "repeated with a growing wait";
  town.operator_delivers = true;
  town.advance(5 * minute);
  const auto said = town.operator_lines.size();
  town.advance(3 * minute);
  EXPECT_EQ(town.operator_lines.size(), said) << "delivered: silent until the next round";
}

TEST(WatchEscalation, H25_rounds_go_on_for_days) {
  WatchTown town;
  missed(town);
  town.accept_plan({});
  const int before = town.unresolved()->i.round;
  town.advance(2 * day);
  EXPECT_EQ(town.unresolved()->i.round, before + 2 * 24 * 3);
  EXPECT_EQ(town.unresolved()->i.state, IncidentState::notifying);
}

TEST(WatchEscalation, G5_a_page_goes_again_until_its_receipt_which_stops_only_the_page) {
  WatchTown town;
  missed(town);
  town.out.clear();
  town.advance(16 * second);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 2) << "after 5 and 15 seconds";
  v1::ReceiptNotices request;
  for (const v1::ServerFrame* f : town.frames(town.mentor.primary().id()))
    if (f->has_notice()) request.add_notice_ids(f->notice().notice_id());
  // Somebody else's receipt is none.
  town.commit([&](Turn& t) { (void)receipt_notices(t, town.as(town.contact), request).ok(); });
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE state = 2"), 0);
  town.commit(
      [&](Turn& t) { EXPECT_TRUE(receipt_notices(t, town.as(town.mentor), request).ok()); });
  town.commit(
      [&](Turn& t) { EXPECT_TRUE(receipt_notices(t, town.as(town.mentor), request).ok()); });
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE state = 2"), 1);
  town.out.clear();
  town.advance(minute);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 0);
  EXPECT_GE(town.notices(town.other_mentor, NoticeCode::page_open), 1);
  EXPECT_EQ(town.unresolved()->i.state, IncidentState::notifying) << "until a human takes it";
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
  missed(town);
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
  missed(town);
  town.accept_plan({});
  const IncidentId id = town.unresolved()->id;
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  town.out.clear();
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
  missed(town);
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
  town.out.clear();
  town.round();
  EXPECT_GE(town.notices(town.mentor, NoticeCode::page_open), 1);
  EXPECT_EQ(town.notices(town.coordinator, NoticeCode::circle_degraded), 1);
  EXPECT_EQ(town.act(town.contact, id, {.act = Act::take}), 0);
}

TEST(WatchEscalation, G4_the_known_end_of_a_line_ends_the_lease) {
  WatchTown town;
  missed(town);
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
    missed(town);
    const IncidentId id = town.unresolved()->id;
    const Instant step = *town.unresolved()->i.next_at;
    town.advance_to(step - 1);
    town.now = step;
    town.out.clear();
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
    town.out.clear();
    town.advance(hour);
    EXPECT_EQ(town.notices(town.contact, NoticeCode::page_open), 0);
    EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE kind = 1 AND state = 1"), 0);
  }
}

TEST(WatchEscalation, H26_incidents_of_two_participants_stay_two) {
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
  missed(town);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident WHERE state = 1"), 2);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 2) << "one page for each";
  ASSERT_EQ(town.act(town.mentor, town.unresolved()->id, {.act = Act::take}), 1);
  town.out.clear();
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
  town.out.clear();
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
  missed(town);
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
  missed(town);
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

// The holder's and the desk's page of a raise lie unreceipted: the reminder and the offer come all
// the same, and wake as the page would have.
TEST(WatchEscalation, H29_an_offer_and_a_lease_that_ends_come_through_an_unreceipted_page) {
  WatchTown town;
  missed(town);
  town.accept_plan({});
  const IncidentId id = town.unresolved()->id;
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  town.advance(minute);
  (void)town.answer({.answer = 3});  // more severe: the lease is cut to five minutes
  town.out.clear();
  town.round();
  EXPECT_GE(town.notices(town.mentor, NoticeCode::lease_ending), 1);
  EXPECT_GE(town.notices(town.coordinator, NoticeCode::page_raised), 1);
  for (const v1::ServerFrame* f : town.frames(town.mentor.primary().id()))
    if (f->has_notice() && f->notice().code() == 11) EXPECT_EQ(f->notice().kind(), 1u);
  town.out.clear();
  ASSERT_EQ(
      town.act(town.mentor, id, {.act = Act::offer, .target = town.coordinator.key().bytes()}), 1);
  town.round();
  EXPECT_GE(town.notices(town.coordinator, NoticeCode::offered), 1);
  ASSERT_EQ(town.act(town.coordinator, id, {.act = Act::accept}), 1);
}

TEST(WatchEscalation, I6_a_pending_page_of_somebody_who_is_dropped_becomes_obsolete) {
  WatchTown town(CircleState::armed, 1);
  missed(town);
  const auto pending = [&] {
    auto q = town.db.query("SELECT count(*) FROM notification WHERE state = 1 AND person = ?");
    return q.bind(town.contact.key()).step() ? q.integer(0) : -1;
  };
  ASSERT_EQ(pending(), 1) << "paged, and not receipted";
  auto lines = town.circle.manifest.lines;
  lines.erase(lines.begin());  // the contact person's
  (void)town.circle.next_manifest(town.participant, lines, true, town.now);
  town.commit([&](Turn& t) {
    store_manifest(town.db, town.circle);
    circle_changed(t, town.facts());
  });
  town.out.clear();
  town.advance(minute);
  EXPECT_EQ(pending(), 0);
  EXPECT_EQ(town.notices(town.contact, NoticeCode::page_open), 0);
  auto q = town.db.query("SELECT state FROM notification WHERE person = ?");
  q.bind(town.contact.key());
  ASSERT_TRUE(q.step());
  EXPECT_EQ(q.integer(0), 5);
}

TEST(WatchEscalation, H18_of_a_backlog_the_most_severe_then_the_newest_goes_first) {
  WatchTown town;
  const auto add = [&](int severity, Instant at) {
    store::NotificationRow row;
    row.id = random_id<NoticeId>(town.random);
    row.cause = random_id<CauseId>(town.random);
    row.person = town.mentor.key().bytes();
    row.kind = policy::NotificationKind::warning;
    row.severity = severity;
    row.at = at;
    row.n.next_at = town.now - (severity == 4 ? 0 : hour);  // waiting longer is no merit
    EXPECT_TRUE(store::Notifications(town.db).insert(row));
    return row.id;
  };
  const Instant t = town.now;
  const NoticeId mild = add(0, t);
  const NoticeId old_severe = add(4, t - 3 * hour);
  const NoticeId newer = add(2, t - hour);
  const NoticeId older = add(2, t - 2 * hour);
  const NoticeId severe = add(4, t - 2 * hour);
  std::vector<NoticeId> order;
  for (int k = 0; k < 5; ++k) {
    auto next = store::Notifications(town.db).due(t, 1);
    ASSERT_EQ(next.size(), 1u);
    order.push_back(next[0].id);
    next[0].n = policy::step(next[0].n, policy::NotificationEvent::receipt, t);
    store::Notifications(town.db).save(next[0]);
  }
  EXPECT_EQ(order, (std::vector<NoticeId>{severe, old_severe, newer, older, mild}));
}

TEST(WatchEscalation, H06_a_backward_clock_keeps_an_incident_moving) {
  WatchTown town;
  missed(town);
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
  missed(town);
  const IncidentId id = town.unresolved()->id;
  town.settings.wait_category2 = 30 * minute;
  town.advance(10 * minute);
  EXPECT_EQ(town.incident(id).i.round, 2) << "the version it was opened under";
}

}  // namespace
}  // namespace livlina::testing

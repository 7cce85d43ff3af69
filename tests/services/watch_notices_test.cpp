// Notices of an incident: whom they go to, how often, and which goes before which.
#include <gtest/gtest.h>

#include "tests/services/watch_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using policy::IncidentState;
using policy::NoticeCode;
using protocol::Act;

TEST(WatchNotices, G5_a_page_goes_again_until_its_receipt_which_stops_only_the_page) {
  WatchTown town;
  town.miss_noon();
  town.sent.clear();
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
  town.sent.clear();
  town.advance(minute);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 0);
  EXPECT_GE(town.notices(town.other_mentor, NoticeCode::page_open), 1);
  EXPECT_EQ(town.unresolved()->i.state, IncidentState::notifying) << "until a human takes it";
}

TEST(WatchNotices, H20_with_nobody_reachable_the_operator_is_told_until_it_arrives) {
  WatchTown town;
  town.presence.devices.clear();
  town.operator_delivers = false;
  town.miss_noon();
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

// The holder's and the desk's page of a raise lie unreceipted: the reminder and the offer come all
// the same, and wake as the page would have.
TEST(WatchNotices, H29_an_offer_and_a_lease_that_ends_come_through_an_unreceipted_page) {
  WatchTown town;
  town.miss_noon();
  town.accept_plan({});
  const IncidentId id = town.unresolved()->id;
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  town.advance(minute);
  (void)town.answer({.answer = 3});  // more severe: the lease is cut to five minutes
  town.sent.clear();
  town.round();
  EXPECT_GE(town.notices(town.mentor, NoticeCode::lease_ending), 1);
  EXPECT_GE(town.notices(town.coordinator, NoticeCode::page_raised), 1);
  for (const v1::ServerFrame* f : town.frames(town.mentor.primary().id())) {
    if (!f->has_notice() || f->notice().code() != 11) continue;
    EXPECT_EQ(f->notice().kind(), 1u);
  }
  town.sent.clear();
  ASSERT_EQ(
      town.act(town.mentor, id, {.act = Act::offer, .target = town.coordinator.key().bytes()}), 1);
  town.round();
  EXPECT_GE(town.notices(town.coordinator, NoticeCode::offered), 1);
  ASSERT_EQ(town.act(town.coordinator, id, {.act = Act::accept}), 1);
}

TEST(WatchNotices, I6_a_pending_page_of_somebody_who_is_dropped_becomes_obsolete) {
  WatchTown town(CircleState::armed, 1);
  town.miss_noon();
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
  town.sent.clear();
  town.advance(minute);
  EXPECT_EQ(pending(), 0);
  EXPECT_EQ(town.notices(town.contact, NoticeCode::page_open), 0);
  auto q = town.db.query("SELECT state FROM notification WHERE person = ?");
  q.bind(town.contact.key());
  ASSERT_TRUE(q.step());
  EXPECT_EQ(q.integer(0), 5);
}

TEST(WatchNotices, H18_of_a_backlog_the_most_severe_then_the_newest_goes_first) {
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

}  // namespace
}  // namespace livlina::testing

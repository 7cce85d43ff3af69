// The records that reach a member's client: their chain, their heads, whose they are.
#include <gtest/gtest.h>

#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

constexpr std::uint32_t ok = 2;

TEST(GuardRecords, T17_gap_and_fork_of_records_are_shown) {
  Evening b;
  (void)b.check_in(1);
  const auto before = b.primary;
  (void)b.signed_record(b.spoken(1, b.now));  // never forwarded
  (void)b.check_in(1);
  EXPECT_EQ(b.warnings("record_gap"), 1);
  EXPECT_EQ(b.warnings("record_fork"), 0);
  b.primary = before;
  (void)b.check_in(2);
  EXPECT_EQ(b.warnings("record_gap"), 1) << "the missing number, late";
  b.primary = before;
  (void)b.check_in(3);
  EXPECT_EQ(b.warnings("record_fork"), 1);
}

TEST(GuardRecords, T35_an_answer_counts_although_our_clock_says_that_the_slot_opens_in_a_moment) {
  WatchBench b(WatchBench::Who::bo, scope_all);
  b.online();
  b.drained();
  const Instant opens_at = WatchBench::due - hour;
  (void)b.run_to(opens_at - minute);
  b.forward(b.signed_record(b.spoken(1, opens_at)), opens_at + second);
  (void)b.run_to(WatchBench::deadline + hour);
  EXPECT_EQ(b.shown(), ok);
  EXPECT_EQ(b.warnings("nothing_came"), 0);
}

TEST(GuardRecords, T6_duplicates_change_nothing_over_a_reopen) {
  Evening b;
  const Bytes record = b.check_in(2);
  b.events.clear();
  b.forward(record, b.now);
  b.reopen();
  b.online();
  b.forward(record, b.now);
  EXPECT_EQ(b.count(v1::Event::kCheckin), 0);
  EXPECT_EQ(b.count(v1::Event::kWarning), 0);
}

TEST(GuardRecords, T17_heads_that_lag_show_a_rollback) {
  Evening b;
  auto r = b.spoken(1, b.now);
  r.heads.manifest_seq -= 1;
  r.heads.manifest_hash = crypto::Hash{1};
  b.forward(b.signed_record(r), b.now);
  EXPECT_EQ(b.warnings("rollback"), 1);
}

// The server took the manifest and ended before it said so: the phone asks again when it can, and
// goes by the one before until then.
TEST(GuardRecords, T17_T35_heads_from_before_the_answer_to_a_manifest_are_no_rollback) {
  Evening b;
  const Bytes next = b.circle.next_manifest(b.sami, b.circle.manifest.lines, true, b.now);
  ASSERT_TRUE(b.trust().accept_manifest(next, {}).ok());
  b.commit();
  auto r = b.spoken(1, b.now + 10 * minute);
  r.heads.manifest_seq -= 1;
  r.heads.manifest_hash = crypto::Hash{1};
  b.forward(b.signed_record(r), b.now);
  EXPECT_EQ(b.warnings("rollback"), 0) << "pressed while the answer was on its way";
  r.claimed_at = b.now + 16 * minute;
  b.forward(b.signed_record(r), b.now);
  EXPECT_EQ(b.warnings("rollback"), 1);
}

TEST(GuardRecords, T17_heads_of_another_hash_show_a_fork) {
  for (const bool list : {false, true}) {
    Evening b;
    auto r = b.spoken(1, b.now);
    (list ? r.heads.devlist_hash : r.heads.manifest_hash) = crypto::Hash{1};
    b.forward(b.signed_record(r), b.now);
    EXPECT_EQ(b.warnings("fork"), 1);
    EXPECT_EQ(b.shown(), ok) << "the answer itself stands";
  }
}

TEST(GuardRecords, T17_heads_that_are_ahead_make_this_client_ask_and_tell_what_is_withheld) {
  for (const int what : {0, 1, 2}) {
    Evening b;
    auto r = b.spoken(1, b.now);
    if (what == 0) r.heads.manifest_seq += 1;
    if (what == 1) r.heads.plan_version += 1;
    if (what == 2) r.heads.devlist_version += 1;
    b.forward(b.signed_record(r), b.now);
    ASSERT_EQ(b.waiting(v1::Request::kGetCircle).size(), 1u);
    EXPECT_EQ(b.warnings("withheld"), 0);
    v1::ServerFrame reply;  // the server says that what it gave is the newest
    reply.mutable_circle()->add_manifests(to_string(b.circle.manifest_record));
    reply.mutable_circle()->set_plan(to_string(b.circle.plan_record));
    ASSERT_TRUE(b.answer(v1::Request::kGetCircle, &reply));
    v1::ServerFrame lists;
    lists.mutable_device_lists()->add_records(to_string(b.sami.list_record));
    ASSERT_TRUE(b.answer(v1::Request::kGetDeviceLists, &lists));
    EXPECT_EQ(b.warnings("withheld"), 1) << what;
  }
}

TEST(GuardRecords, T17_the_shadows_heads_may_lag) {
  Evening b;
  auto r = b.spoken(1, b.now);
  r.heads.manifest_seq -= 1;
  b.forward(b.signed_record(r, true), b.now);
  EXPECT_EQ(b.warnings("rollback") + b.warnings("fork"), 0);
}

TEST(GuardRecords, H33_record_of_a_stranger_or_with_a_broken_signature_is_refused) {
  Evening b;
  Bytes broken = b.signed_record(b.spoken(1, b.now));
  broken.back() ^= 1;
  b.forward(broken, b.now);
  EXPECT_EQ(b.warnings("bad_record"), 1);
  auto r = b.spoken(1, b.now);
  r.device = b.stranger.primary().id();
  b.forward(protocol::sign_checkin(r, b.stranger.primary().sig), b.now);
  b.refuse_fetches();
  EXPECT_EQ(b.shown(), 0u);
  // Bo's own device is no device of Sami's.
  r.device = b.bo.primary().id();
  b.forward(protocol::sign_checkin(r, b.bo.primary().sig), b.now);
  b.refuse_fetches();
  EXPECT_EQ(b.shown(), 0u);
}

TEST(GuardRecords, M1_record_of_an_unknown_device_stays_at_the_server_until_it_can_be_checked) {
  Evening b;
  SeededRandom other(99);
  const TestDevice unknown = make_device(other);
  auto r = b.spoken(1, b.now);
  r.device = unknown.id();
  b.requests.held.clear();
  b.forward(protocol::sign_checkin(r, unknown.sig), b.now);
  b.refuse_fetches(v1::INTERNAL);
  EXPECT_TRUE(b.waiting(v1::Request::kAckDeliveries).empty());
  EXPECT_EQ(b.count(v1::Event::kWarning), 0);
  // Asked about again after a while; and whatever the server answers decides.
  (void)b.run_to(b.now + 59 * second);
  EXPECT_TRUE(b.waiting(v1::Request::kListCircles).empty());
  (void)b.run_to(b.now + second);
  ASSERT_EQ(b.waiting(v1::Request::kListCircles).size(), 1u);
  b.refuse_fetches(v1::FORBIDDEN);
  EXPECT_EQ(b.warnings("unknown_device_record"), 1);
  EXPECT_EQ(b.waiting(v1::Request::kAckDeliveries).size(), 1u);
}

// A circle that this client cannot believe in is answered for every time: it must not hold up the
// records, and so the mail, of the others.
TEST(GuardRecords, M1_a_circle_that_does_not_verify_holds_up_no_record) {
  Evening b;
  SeededRandom other(99);
  const TestDevice unknown = make_device(other);
  auto r = b.spoken(1, b.now);
  r.device = unknown.id();
  b.requests.held.clear();
  b.forward(protocol::sign_checkin(r, unknown.sig), b.now);
  v1::ServerFrame heads;
  v1::CircleHead& head = *heads.mutable_circle_heads()->add_circles();
  head.set_circle_id(std::string(16, 'x'));
  ASSERT_TRUE(b.answer(v1::Request::kListCircles, &heads));
  const Person stranger = make_participant(other, b.noon - day);
  const TestCircle foreign = make_circle(other, stranger, b.desk.key(), {}, b.noon - day);
  v1::ServerFrame circle;
  circle.mutable_circle()->set_circle_id(head.circle_id());
  circle.mutable_circle()->add_manifests(to_string(foreign.manifest_record));
  ASSERT_TRUE(b.answer(v1::Request::kGetCircle, &circle));
  EXPECT_EQ(b.warnings("unconfirmed"), 1);
  EXPECT_EQ(b.warnings("unknown_device_record"), 1);
  EXPECT_EQ(b.waiting(v1::Request::kAckDeliveries).size(), 1u);
}

}  // namespace
}  // namespace livlina::testing

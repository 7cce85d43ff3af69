// Two records of one number: what freezes, what ends it, and what never goes back (T17).
#include "tests/clients/trust_bench.hpp"

namespace livlina::testing {
namespace {

using client::Trust;

TEST_F(TrustTest, T17_fork_of_a_device_list_freezes_the_account) {
  Person p = make_person(random, start);
  protocol::DeviceList other = p.list;
  other.issued_at += 1;
  ASSERT_TRUE(trust.accept_device_list(p.list_record).ok());
  const Bytes fork = protocol::sign_device_list(other, p.account);
  EXPECT_FALSE(trust.accept_device_list(fork).ok());
  EXPECT_TRUE(warned("fork"));
  EXPECT_TRUE(trust.frozen(p.key()));
  EXPECT_FALSE(trust.accept_device_list(p.next_list(start, random)).ok()) << "frozen";
}

TEST_F(TrustTest, T17_fork_of_the_roster_freezes_the_desk) {
  know_circle();
  TestDesk twin{desk.root.copy(), desk.roster, desk.roster_record, desk.directory,
                desk.directory_record};
  ASSERT_TRUE(trust.accept_roster(desk.next_roster({&coordinator}, start)).ok());
  EXPECT_FALSE(trust.accept_roster(twin.next_roster({&coordinator, &mentor}, start)).ok());
  EXPECT_TRUE(warned("fork"));
  EXPECT_TRUE(trust.desk()->frozen);
  // New content stops, for the desk and its pool alone; who may act is still known.
  const auto* c = trust.circle(circle.id);
  const auto reach = trust.reach(*c, scope_alarm, start);
  ASSERT_EQ(reach.size(), 1u);
  EXPECT_EQ(reach[0].account, contact.key());
  EXPECT_TRUE(trust.standing(*c, coordinator.key(), start).has_value());
}

TEST_F(TrustTest, T17_only_a_record_that_names_both_ends_a_fork) {
  know_circle();
  TestDesk twin{desk.root.copy(), desk.roster, desk.roster_record, desk.directory,
                desk.directory_record};
  const Bytes ours = desk.next_roster({&coordinator}, start);
  const Bytes theirs = twin.next_roster({&coordinator, &mentor}, start);
  ASSERT_TRUE(trust.accept_roster(ours).ok());
  EXPECT_FALSE(trust.accept_roster(theirs).ok());
  ASSERT_TRUE(trust.desk()->frozen);
  EXPECT_EQ(trust.roster_fork(), crypto::sha256(theirs));

  TestDesk one_sided{desk.root.copy(), desk.roster, desk.roster_record, desk.directory,
                     desk.directory_record};
  EXPECT_FALSE(trust.accept_roster(one_sided.next_roster({&coordinator}, start)).ok());
  EXPECT_TRUE(trust.desk()->frozen);
  EXPECT_EQ((*trust.desk()->roster)->serial, 2u);

  desk.roster.also = trust.roster_fork();
  Trust after_restart(context);
  ASSERT_TRUE(after_restart.load().ok());
  EXPECT_TRUE(after_restart.desk()->frozen);
  EXPECT_EQ(after_restart.roster_fork(), trust.roster_fork());
  const Bytes both = desk.next_roster({&coordinator}, start);
  ASSERT_TRUE(after_restart.accept_roster(both).ok());
  EXPECT_FALSE(after_restart.desk()->frozen);
  EXPECT_EQ(after_restart.roster_fork(), crypto::Hash{});
}

TEST_F(TrustTest, T17_who_saw_only_the_other_record_follows_the_one_that_names_both) {
  know_circle();
  TestDesk twin{desk.root.copy(), desk.roster, desk.roster_record, desk.directory,
                desk.directory_record};
  const Bytes theirs = twin.next_roster({&coordinator, &mentor}, start);
  (void)desk.next_roster({&coordinator}, start);
  ASSERT_TRUE(trust.accept_roster(theirs).ok());
  desk.roster.also = crypto::sha256(theirs);
  EXPECT_TRUE(trust.accept_roster(desk.next_roster({&coordinator}, start)).ok());
  EXPECT_FALSE(warned("fork"));
}

TEST_F(TrustTest, T16_directory_that_names_another_device_list_freezes_the_account) {
  know_desk();
  // The keeper saw another version 1 of the mentor's list than the server showed to us.
  Person twin{mentor.account.copy(), {}, mentor.list, {}};
  twin.list.issued_at += 5;
  twin.list_record = protocol::sign_device_list(twin.list, twin.account);
  ASSERT_TRUE(trust
                  .accept_directory(desk.next_directory(
                      {{&contact, Role::contact_person}, {&twin, Role::mentor}}, start))
                  .ok());
  EXPECT_TRUE(warned("fork"));
  EXPECT_TRUE(trust.frozen(mentor.key()));
}

TEST_F(TrustTest, T17_only_a_manifest_that_names_both_ends_a_fork_of_the_circle) {
  know_circle();
  TestCircle twin = circle;
  const Bytes ours = circle.next_manifest(participant, circle.manifest.lines, false, start + 1);
  const Bytes theirs =
      twin.next_manifest(participant, {circle.manifest.lines[0]}, false, start + 2);
  ASSERT_TRUE(trust.accept_manifest(ours, {}).ok());
  EXPECT_FALSE(trust.accept_manifest(theirs, {}).ok());
  ASSERT_TRUE(trust.circle(circle.id)->frozen);
  EXPECT_EQ(trust.manifest_fork(circle.id), crypto::sha256(theirs));
  TestCircle one_sided = circle;
  EXPECT_FALSE(
      trust.accept_manifest(one_sided.next_manifest(participant, lines(), false, start + 3), {})
          .ok());
  EXPECT_TRUE(trust.circle(circle.id)->frozen);

  Trust after_restart(context);
  ASSERT_TRUE(after_restart.load().ok());
  EXPECT_TRUE(after_restart.circle(circle.id)->frozen);
  twin.manifest.also = {crypto::sha256(ours)};
  const Bytes both = twin.next_manifest(participant, {circle.manifest.lines[0]}, false, start + 4);
  ASSERT_TRUE(after_restart.accept_manifest(both, {}).ok());
  const auto* now = after_restart.circle(circle.id);
  EXPECT_FALSE(now->frozen);
  EXPECT_EQ((*now->newest())->seq, 3u);
  EXPECT_FALSE(after_restart.reach(*now, scope_alarm, start + 5).empty());
}

// The server refused one and shows it to a member all the same, then the one after its successor.
TEST_F(TrustTest, T17_the_other_side_of_a_fork_ends_it_when_it_takes_the_place_of_ours) {
  know_circle();
  TestCircle twin = circle;
  const Bytes refused = circle.next_manifest(participant, circle.manifest.lines, false, start + 1);
  twin.manifest.also = {crypto::sha256(refused)};
  const auto lines = circle.manifest.lines;
  const Bytes meant = twin.next_manifest(participant, lines, false, start + 2);
  twin.manifest.also = {};
  const Bytes after = twin.next_manifest(participant, lines, false, start + 3);
  ASSERT_TRUE(trust.accept_manifest(refused, {}).ok());
  EXPECT_FALSE(trust.accept_manifest(after, {}).ok());
  ASSERT_TRUE(trust.circle(circle.id)->frozen);
  ASSERT_EQ(trust.manifest_fork(circle.id), crypto::sha256(meant));
  EXPECT_TRUE(trust.accept_manifest(meant, {}).ok());
  EXPECT_FALSE(trust.circle(circle.id)->frozen);
  EXPECT_TRUE(trust.accept_manifest(after, {}).ok());
  EXPECT_FALSE(trust.accept_manifest(refused, {}).ok());
  EXPECT_EQ(trust.circle(circle.id)->newest()->hash(), crypto::sha256(after));
}

TEST_F(TrustTest, T17_the_other_side_of_a_true_fork_ends_nothing) {
  know_circle();
  TestCircle twin = circle;
  const Bytes ours = circle.next_manifest(participant, circle.manifest.lines, false, start + 1);
  const Bytes theirs = twin.next_manifest(participant, circle.manifest.lines, false, start + 2);
  ASSERT_TRUE(trust.accept_manifest(ours, {}).ok());
  EXPECT_FALSE(trust.accept_manifest(theirs, {}).ok());
  EXPECT_FALSE(trust.accept_manifest(theirs, {}).ok());
  EXPECT_TRUE(trust.circle(circle.id)->frozen);
  EXPECT_EQ(trust.circle(circle.id)->newest()->hash(), crypto::sha256(ours));
}

TEST_F(TrustTest, T17_a_manifest_that_was_refused_is_replaced_by_the_one_that_names_it) {
  know_circle();
  TestCircle twin = circle;
  const Bytes refused = circle.next_manifest(participant, circle.manifest.lines, false, start + 1);
  ASSERT_TRUE(trust.accept_manifest(refused, {}).ok()) << "a server kept what it refused";
  twin.manifest.also = {crypto::sha256(refused)};
  const Bytes meant = twin.next_manifest(participant, {circle.manifest.lines[0]}, false, start + 2);
  ASSERT_TRUE(trust.accept_manifest(meant, {}).ok());
  EXPECT_FALSE(trust.circle(circle.id)->frozen);
  EXPECT_EQ(trust.circle(circle.id)->newest()->hash(), crypto::sha256(meant));
  // Not back again.
  EXPECT_FALSE(trust.accept_manifest(refused, {}).ok());
  EXPECT_TRUE(warned("rollback"));
  EXPECT_FALSE(warned("fork"));
  EXPECT_EQ(trust.circle(circle.id)->newest()->hash(), crypto::sha256(meant));
  EXPECT_FALSE(trust.circle(circle.id)->frozen);
}

TEST_F(TrustTest, T17_manifest_rollback_and_fork) {
  know_circle();
  const Bytes first = circle.manifest_record;
  TestCircle twin = circle;
  ASSERT_TRUE(
      trust.accept_manifest(circle.next_manifest(participant, {lines()[0]}, false, start), {})
          .ok());
  EXPECT_FALSE(trust.accept_manifest(first, {}).ok());
  EXPECT_TRUE(warned("rollback"));
  EXPECT_EQ((*trust.circle(circle.id)->newest())->seq, 2u);
  EXPECT_FALSE(
      trust.accept_manifest(twin.next_manifest(participant, {lines()[1]}, false, start), {}).ok());
  EXPECT_TRUE(warned("fork"));
  EXPECT_TRUE(trust.circle(circle.id)->frozen);
  EXPECT_TRUE(trust.reach(*trust.circle(circle.id), scope_none, start).empty());
}

TEST_F(TrustTest, T17_plan_rollback_and_fork) {
  know_circle();
  const auto schedule = daily(random, "Europe/Stockholm", {1200}, start, start + 30 * day);
  const Bytes first = circle.next_plan(participant, {schedule}, start);
  ASSERT_TRUE(trust.accept_plan(first, {}).ok());
  TestCircle twin = circle;
  ASSERT_TRUE(trust.accept_plan(circle.next_plan(participant, {}, start), {}).ok());
  EXPECT_FALSE(trust.accept_plan(first, {}).ok());
  EXPECT_TRUE(warned("rollback"));
  EXPECT_FALSE(
      trust.accept_plan(twin.next_plan(participant, {schedule, schedule}, start + 1), {}).ok());
  EXPECT_FALSE(warned("plan_fork"));
  // A higher one that follows another second version: told, and followed.
  EXPECT_TRUE(trust.accept_plan(twin.next_plan(participant, {schedule}, start + 1), {}).ok());
  EXPECT_TRUE(warned("plan_fork"));
  EXPECT_FALSE(trust.circle(circle.id)->frozen);
  EXPECT_EQ((*trust.circle(circle.id)->plan)->version, 3u);
}

}  // namespace
}  // namespace livlina::testing

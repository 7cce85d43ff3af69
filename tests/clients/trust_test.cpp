// What enters a client's trust and what does not: chains, forks, pins (T1, T2, T16, T17).
#include "tests/clients/trust_bench.hpp"

namespace livlina::testing {
namespace {

using client::Context;
using client::Store;
using client::Trust;

// ---- device lists ----

TEST_F(TrustTest, T17_device_list_chain_from_version_1) {
  Person p = make_person(random, start);
  const Bytes first = p.list_record;
  const Bytes second = p.next_list(start, random);
  EXPECT_FALSE(trust.accept_device_list(second).ok()) << "a later one without its chain";
  EXPECT_EQ(trust.device_list(p.key()), nullptr);
  ASSERT_TRUE(trust.accept_device_list(first).ok());
  ASSERT_TRUE(trust.accept_device_list(second).ok());
  EXPECT_EQ((*trust.device_list(p.key()))->version, 2u);
  // The old one, late: not accepted, and nothing to warn of.
  EXPECT_FALSE(trust.accept_device_list(first).ok());
  EXPECT_TRUE(events.empty());
  EXPECT_EQ((*trust.device_list(p.key()))->version, 2u);
}

TEST_F(TrustTest, T1_device_list_signed_by_another_is_refused) {
  Person p = make_person(random, start);
  ASSERT_TRUE(trust.accept_device_list(p.list_record).ok());
  Bytes forged = p.next_list(start, random);
  forged[40] ^= 1;
  EXPECT_FALSE(trust.accept_device_list(forged).ok());
  EXPECT_TRUE(warned("not_verified"));
  EXPECT_EQ((*trust.device_list(p.key()))->version, 1u);
}

TEST_F(TrustTest, T16_nobody_lists_the_device_of_somebody_else) {
  ASSERT_TRUE(trust.accept_device_list(mentor.list_record).ok());
  Person thief = make_person(random, start);
  thief.list.devices.push_back(mentor.list.devices[0]);
  const Bytes record = protocol::sign_device_list(thief.list, thief.account);
  EXPECT_FALSE(trust.accept_device_list(record).ok());
  EXPECT_TRUE(warned("device_claimed"));
  EXPECT_EQ(trust.owner(mentor.primary().id()), mentor.key());
}

TEST_F(TrustTest, T20_a_new_device_in_a_list_is_told_until_a_person_accepts_it) {
  Person p = make_person(random, start);
  ASSERT_TRUE(trust.accept_device_list(p.list_record).ok());
  trust.set_person(p.key(), "Amal", "");
  EXPECT_EQ(trust.new_devices(p.key()), crypto::Hash{});
  p.devices.push_back(make_device(random));
  p.list.devices.push_back(p.devices.back().device);
  const Bytes grown = p.next_list(start, random);
  ASSERT_TRUE(trust.accept_device_list(grown).ok());
  EXPECT_TRUE(warned("device_added"));
  EXPECT_EQ(trust.new_devices(p.key()), crypto::sha256(grown));
  Trust after_restart(context);
  ASSERT_TRUE(after_restart.load().ok());
  EXPECT_EQ(after_restart.new_devices(p.key()), crypto::sha256(grown));
  EXPECT_FALSE(
      after_restart.accept_devices(crypto::sha256(p.list_record.empty() ? grown : Bytes{1})));
  EXPECT_TRUE(after_restart.accept_devices(crypto::sha256(grown)));
  EXPECT_EQ(after_restart.new_devices(p.key()), crypto::Hash{});
}

// ---- the desk ----

TEST_F(TrustTest, T17_directory_and_roster_never_go_back) {
  know_desk();
  const Bytes old_directory = desk.directory_record;
  const Bytes old_roster = desk.roster_record;
  ASSERT_TRUE(
      trust.accept_directory(desk.next_directory({{&contact, Role::contact_person}}, start)).ok());
  ASSERT_TRUE(trust.accept_roster(desk.next_roster({&coordinator}, start)).ok());
  EXPECT_FALSE(trust.accept_directory(old_directory).ok());
  EXPECT_TRUE(warned("rollback"));
  EXPECT_FALSE(trust.accept_roster(old_roster).ok());
  EXPECT_EQ((*trust.desk()->directory)->serial, 2u);
  EXPECT_FALSE(trust.desk_role(mentor.key()).has_value()) << "dropped";
}

TEST_F(TrustTest, T1_another_desks_roster_is_refused) {
  know_desk();
  TestDesk other = make_desk(random, {&mentor}, {}, start);
  EXPECT_FALSE(trust.accept_roster(other.roster_record).ok());
  EXPECT_TRUE(warned("not_verified"));
  events.clear();
  EXPECT_FALSE(trust.accept_directory(other.directory_record).ok());
  EXPECT_FALSE(warned("fork"));
  EXPECT_FALSE(trust.desk()->frozen) << "a stranger's signature is no fork";
  EXPECT_FALSE(trust.desk_role(mentor.key()) == Role::coordinator);
}

TEST_F(TrustTest, stale_roster_stops_content_but_takes_no_right) {
  know_circle();
  const auto* c = trust.circle(circle.id);
  EXPECT_TRUE(trust.roster_fresh(start));
  EXPECT_EQ(trust.reach(*c, scope_alarm, start).size(), 3u);
  const Instant later = start + protocol::roster_life;
  EXPECT_FALSE(trust.roster_fresh(later));
  EXPECT_EQ(trust.reach(*c, scope_alarm, later).size(), 2u) << "no new content to the desk";
  EXPECT_TRUE(trust.standing(*c, coordinator.key(), later).has_value()) << "age takes no right";
  EXPECT_FALSE(trust.directory_fresh(start + protocol::directory_life));
  EXPECT_EQ(trust.reach(*c, scope_alarm, start + protocol::directory_life).size(), 1u);
}

// ---- circles ----

TEST_F(TrustTest, T1_circle_needs_our_pairing_or_a_listed_inviter) {
  know_desk();
  const Person stranger = make_person(random, start);
  EXPECT_FALSE(trust.accept_manifest(circle.manifest_record, {}).ok());
  EXPECT_FALSE(trust.accept_manifest(circle.manifest_record, confirm_by(stranger)).ok());
  EXPECT_TRUE(warned("unconfirmed"));
  EXPECT_EQ(trust.circle(circle.id), nullptr);
  EXPECT_TRUE(trust.accept_manifest(circle.manifest_record, confirm_by(contact)).ok());
}

TEST_F(TrustTest, T16_confirm_of_another_circle_or_person_does_not_count) {
  know_desk();
  protocol::Confirm c{crypto::sha256(view(std::string("tx"))), random_id<CircleId>(random),
                      participant.key(), contact.key()};
  EXPECT_FALSE(
      trust.accept_manifest(circle.manifest_record, protocol::sign_confirm(c, contact.account))
          .ok());
  c.circle = circle.id;
  c.participant = mentor.key();
  EXPECT_FALSE(
      trust.accept_manifest(circle.manifest_record, protocol::sign_confirm(c, contact.account))
          .ok());
}

TEST_F(TrustTest, T1_server_adds_no_line) {
  know_circle();
  const Person spy = make_person(random, start);
  // Signed by somebody else for this circle, and the participant's own with a byte changed.
  TestCircle fake = circle;
  auto wider = lines();
  wider.push_back(
      make_line(random, protocol::LineType::account, spy.key(), Role::mentor, scope_all, start));
  fake.manifest.participant = spy.key();
  EXPECT_FALSE(trust.accept_manifest(fake.next_manifest(spy, {wider[3]}, false, start), {}).ok());
  Bytes changed = circle.next_manifest(participant, lines(), false, start);
  changed[100] ^= 1;
  EXPECT_FALSE(trust.accept_manifest(changed, {}).ok());
  EXPECT_TRUE(warned("not_verified"));
  EXPECT_EQ((*trust.circle(circle.id)->newest())->seq, 1u);
  EXPECT_FALSE(trust.standing(*trust.circle(circle.id), spy.key(), start).has_value());
}

TEST_F(TrustTest, T17_manifest_chain_is_complete) {
  know_circle();
  (void)circle.next_manifest(participant, lines(), false, start);
  const Bytes third = circle.next_manifest(participant, lines(), false, start);
  EXPECT_FALSE(trust.accept_manifest(third, {}).ok()) << "the second is missing";
  EXPECT_FALSE(warned("fork")) << "a gap is no fork";
}

TEST_F(TrustTest, T2_a_record_of_one_type_is_none_of_another) {
  know_circle();
  const Bytes plan = circle.next_plan(participant, {}, start);
  const Bytes next = circle.next_manifest(participant, lines(), false, start);
  EXPECT_FALSE(trust.accept_manifest(plan, confirm_by(contact)).ok());
  EXPECT_FALSE(trust.accept_plan(next, {}).ok());
  EXPECT_FALSE(trust.accept_directory(desk.next_roster({&coordinator}, start)).ok());
  EXPECT_FALSE(trust.accept_roster(desk.next_directory({}, start)).ok());
  EXPECT_FALSE(trust.accept_device_list(plan).ok());
  EXPECT_FALSE(trust.accept_shadow_mark(next).ok());
  EXPECT_TRUE(warned("not_verified"));
  EXPECT_EQ((*trust.circle(circle.id)->newest())->seq, 1u);
  EXPECT_EQ(trust.circle(circle.id)->plan, nullptr);
}

TEST_F(TrustTest, plan_is_approved_by_a_supporter_with_the_scope_alone) {
  know_circle();
  const Bytes plan = circle.next_plan(participant, {}, start);
  protocol::StaffAct act;
  act.act = protocol::Act::approve;
  act.circle = circle.id;
  act.target = crypto::sha256(plan);
  act.time = start;
  const auto approved_by = [&](const Person& who, protocol::StaffAct a) {
    a.actor = who.primary().id();
    (void)trust.accept_plan(plan, protocol::sign_act(a, who.primary().sig)).ok();
    return trust.circle(circle.id)->plan_approved;
  };
  EXPECT_FALSE(approved_by(participant, act)) << "nobody approves their own";
  EXPECT_FALSE(approved_by(make_person(random, start), act));
  protocol::StaffAct other = act;
  other.target[0] ^= 1;
  EXPECT_FALSE(approved_by(contact, other));
  other = act;
  other.act = protocol::Act::seen;
  EXPECT_FALSE(approved_by(contact, other));
  EXPECT_FALSE(approved_by(mentor, act)) << "the pool's line has no plan scope";
  EXPECT_FALSE(approved_by(coordinator, act)) << "nor has the desk's: the roster gives nothing";
  EXPECT_TRUE(approved_by(contact, act));
}

TEST_F(TrustTest, H32_coordinator_approves_a_plan_only_by_the_desks_line) {
  know_circle();
  const Bytes plan = circle.next_plan(participant, {}, start);
  ASSERT_TRUE(trust.accept_plan(plan, {}).ok());
  protocol::StaffAct act;
  act.act = protocol::Act::approve;
  act.circle = circle.id;
  act.target = crypto::sha256(plan);
  act.actor = coordinator.primary().id();
  act.time = start;
  const Bytes approval = protocol::sign_act(act, coordinator.primary().sig);
  const auto counts = [&] {
    return trust.approves(approval, *trust.circle(circle.id), crypto::sha256(plan));
  };
  const auto next = [&](std::vector<protocol::Line> some) {
    ASSERT_TRUE(
        trust.accept_manifest(circle.next_manifest(participant, some, false, start), {}).ok());
  };
  auto some = circle.manifest.lines;
  EXPECT_FALSE(counts());
  next({some[0], some[2]});
  EXPECT_TRUE(trust.verify_act(approval)) << "a coordinator's act, but no approval";
  EXPECT_FALSE(counts());
  some[1].scope |= scope_plan;
  next(some);
  EXPECT_TRUE(counts());
}

// Sixteen are kept, and the one by which the circle was armed is long gone.
TEST_F(TrustTest, H32_the_arming_is_known_after_its_manifest_is_dropped) {
  know_circle();
  const Instant armed = start + hour;
  const auto sign = [&](bool arm, Instant at) {
    return trust
        .accept_manifest(circle.next_manifest(participant, circle.manifest.lines, arm, at), {})
        .ok();
  };
  ASSERT_TRUE(sign(false, start + minute));
  EXPECT_EQ(client::watched_from(*trust.circle(circle.id)), 0);
  ASSERT_TRUE(sign(true, armed));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(sign(true, start + 2 * hour + i * minute));
  ASSERT_TRUE((*trust.circle(circle.id)->manifests.begin()->second)->armed);
  Trust after_restart(context);
  ASSERT_TRUE(after_restart.load().ok());
  EXPECT_EQ(client::watched_from(*after_restart.circle(circle.id)), armed);
  TestCircle twin = circle;
  // A plan from the set-up needed no approval, one from between them does.
  ASSERT_TRUE(trust.accept_plan(circle.next_plan(participant, {}, armed - 1), {}).ok());
  EXPECT_EQ(client::watched_from(*trust.circle(circle.id)), armed);
  EXPECT_FALSE(warned("plan_unapproved"));
  ASSERT_TRUE(after_restart.accept_plan(twin.next_plan(participant, {}, armed + 1), {}).ok());
  EXPECT_EQ(client::watched_from(*after_restart.circle(circle.id)), armed + 1);
  EXPECT_TRUE(warned("plan_unapproved"));
}

TEST_F(TrustTest, T17_shadow_mark_serial_rises) {
  know_circle();
  const auto mark = [&](std::size_t device, std::uint32_t serial) {
    return protocol::sign_shadow_mark({participant.key(), participant.devices[device].id(), serial},
                                      participant.account);
  };
  ASSERT_TRUE(trust.accept_shadow_mark(mark(1, 2)).ok());
  EXPECT_EQ(trust.circle(circle.id)->shadow, participant.shadow().id());
  EXPECT_FALSE(trust.accept_shadow_mark(mark(0, 1)).ok());
  EXPECT_FALSE(trust.accept_shadow_mark(mark(0, 2)).ok());
  EXPECT_TRUE(warned("rollback"));
  EXPECT_TRUE(warned("fork"));
  EXPECT_EQ(trust.circle(circle.id)->shadow, participant.shadow().id());
  // Of a device that is not the participant's, or about an account that is none.
  const Bytes foreign = protocol::sign_shadow_mark({participant.key(), mentor.primary().id(), 9},
                                                   participant.account);
  EXPECT_FALSE(trust.accept_shadow_mark(foreign).ok());
}

// ---- standing ----

TEST_F(TrustTest, standing_goes_by_account_line_then_desk_then_pool) {
  know_circle();
  const auto& c = *trust.circle(circle.id);
  EXPECT_EQ(trust.standing(c, contact.key(), start)->scope, scope_all);
  EXPECT_EQ(trust.standing(c, coordinator.key(), start)->type, protocol::LineType::desk);
  EXPECT_EQ(trust.standing(c, mentor.key(), start)->type, protocol::LineType::pool);
  EXPECT_EQ(trust.standing(c, participant.key(), start)->role, Role::participant);
  EXPECT_FALSE(trust.standing(c, contact.key(), start + protocol::line_life + day).has_value());
  const auto with_messages = trust.reach(c, scope_messages, start);
  EXPECT_EQ(with_messages.size(), 2u) << "the desk's line gives no messages";
}

TEST_F(TrustTest, line_past_its_date_keeps_the_alarm_scope_for_what_opened_before) {
  know_circle();
  const auto& c = *trust.circle(circle.id);
  const Instant end = (*c.newest())->lines[0].not_after;
  ASSERT_GT((*c.newest())->lines[0].incident_grace_h, 0);
  EXPECT_FALSE(trust.standing(c, contact.key(), end).has_value());
  trust.note_incident(circle.id, end - 1);
  ASSERT_TRUE(trust.standing(c, contact.key(), end).has_value());
  EXPECT_EQ(trust.standing(c, contact.key(), end)->scope, scope_alarm);
  trust.note_incident(circle.id, end);
  EXPECT_FALSE(trust.standing(c, contact.key(), end).has_value()) << "it opened afterwards";
  trust.note_incident(circle.id, std::nullopt);
  EXPECT_FALSE(trust.standing(c, contact.key(), end).has_value());
}

TEST_F(TrustTest, everything_stands_again_after_a_restart) {
  know_circle();
  ASSERT_TRUE(trust.accept_plan(circle.next_plan(participant, {}, start), {}).ok());
  ASSERT_TRUE(trust.accept_shadow_mark(participant.shadow_mark()).ok());
  trust.set_person(participant.key(), "Pa", "");
  crypto::Vault::Values stored;
  for (auto& [key, value] : store.take_changes())
    if (value) stored.emplace(key, std::move(*value));
  Store again(stored);
  Context other{again, server, random, protocol::tzdata_zones()};
  other.events = &events;
  other.now = start;
  Trust reopened(other);
  ASSERT_TRUE(reopened.load().ok());
  const auto* c = reopened.circle(circle.id);
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(c->newest()->hash(), trust.circle(circle.id)->newest()->hash());
  EXPECT_EQ(c->plan->hash(), trust.circle(circle.id)->plan->hash());
  EXPECT_EQ(c->shadow, participant.shadow().id());
  EXPECT_EQ(reopened.person_name(participant.key()), "Pa");
  EXPECT_EQ(reopened.reach(*c, scope_alarm, start).size(), 3u);
  EXPECT_EQ(reopened.owner(mentor.primary().id()), mentor.key());
}

}  // namespace
}  // namespace livlina::testing

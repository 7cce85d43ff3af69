// Signed acts: who holds an incident, and that nothing but a named human's signature moves it.
#include <gtest/gtest.h>

#include "server/store/circles.hpp"
#include "tests/services/watch_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using policy::IncidentState;
using policy::NoticeCode;
using protocol::Act;
using protocol::Reason;

IncidentId talk(WatchTown& town) {
  (void)town.answer({.answer = 2});
  town.round();
  return town.unresolved()->id;
}

TEST(WatchActs, H21_the_second_taker_is_told_who_holds_it) {
  WatchTown town;
  const IncidentId id = talk(town);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  const auto out = town.post_act_as(town.other_mentor,
                                    town.sign_act_of(town.other_mentor, id, {.act = Act::take}));
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->outcome(), 3u);
  EXPECT_EQ(to_bytes(view(out->incident().holder())), to_bytes(town.mentor.key().view()));
  EXPECT_EQ(out->incident().lease_until(), town.now + 60 * minute);
  town.advance(second);
  EXPECT_EQ(town.act(town.mentor, id, {.act = Act::take}), 2) << "the holder's own repeat is ok";
}

TEST(WatchActs, I9_a_replayed_act_changes_nothing) {
  WatchTown town;
  const IncidentId id = talk(town);
  const Bytes take = town.sign_act_of(town.mentor, id, {.act = Act::take});
  ASSERT_TRUE(town.post_act_as(town.mentor, take).ok());
  town.advance(2 * hour);
  ASSERT_EQ(town.incident(id).i.state, IncidentState::notifying);
  const auto again = town.post_act_as(town.mentor, take);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->outcome(), 1u) << "the stored outcome";
  EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying);
  EXPECT_EQ(town.count("SELECT count(*) FROM act"), 1);
}

TEST(WatchActs, H22_former_holder_is_told_that_the_lease_has_ended) {
  WatchTown town;
  const IncidentId id = talk(town);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  town.advance(59 * minute);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::lease_ended), 0);
  town.advance(2 * minute);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::lease_ended), 1);
  EXPECT_EQ(town.notices(town.other_mentor, NoticeCode::lease_ended), 0);
}

TEST(WatchActs, H22_former_holder_who_is_away_is_still_told_when_another_has_taken_it) {
  WatchTown town;
  const IncidentId id = talk(town);
  // Nobody else pages a coordinator in round 1: a page would say it as well.
  ASSERT_EQ(town.act(town.coordinator, id, {.act = Act::take}), 1);
  town.offline(town.coordinator);
  town.now += 61 * minute;
  // The act itself finds that the lease is over.
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM notification WHERE state = 1 AND code = 20"), 1);
}

// What was so when their phone was off is so no longer.
TEST(WatchActs, H22_former_holder_who_gets_it_again_is_not_told_that_the_lease_has_ended) {
  WatchTown town;
  const IncidentId id = talk(town);
  const char* told = "SELECT count(*) FROM notification WHERE state = 1 AND code = 20";
  ASSERT_EQ(town.act(town.coordinator, id, {.act = Act::take}), 1);
  town.offline(town.coordinator);
  town.now += 61 * minute;
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  ASSERT_EQ(town.count(told), 1);
  ASSERT_EQ(town.act(town.coordinator, id, {.act = Act::take_over}), 1);
  EXPECT_EQ(town.count(told), 0);
}

TEST(WatchActs, H23_holder_whose_line_is_dropped_is_told_and_nothing_after_it) {
  WatchTown town;
  const IncidentId id = talk(town);
  ASSERT_EQ(town.act(town.contact, id, {.act = Act::take}), 1);
  auto lines = town.circle.manifest.lines;
  lines.erase(lines.begin());
  (void)town.circle.next_manifest(town.participant, lines, true, town.now);
  town.sent.clear();
  town.commit([&](Turn& t) {
    store_manifest(town.db, town.circle);
    circle_changed(t, *circle_facts(t, town.circle.id));
  });
  town.round();
  EXPECT_EQ(town.incident(id).i.holder, std::nullopt);
  EXPECT_EQ(town.notices(town.contact, NoticeCode::lease_ended), 1);
  EXPECT_EQ(town.frames(town.contact.primary().id()).size(), 1U);
}

TEST(WatchActs, rule_9_resolving_ends_a_lease_that_stood_on_that_incident_alone) {
  WatchTown town;
  auto lines = town.circle.manifest.lines;
  lines[0].not_after = town.now + hour;  // the contact person's, with 48 h of grace
  (void)town.circle.next_manifest(town.participant, lines, true, town.now);
  town.commit([&](Turn&) { store_manifest(town.db, town.circle); });
  const IncidentId open = talk(town);  // opened before that hour is over
  town.advance(2 * hour);
  (void)town.answer({.type = protocol::RecordType::alarm, .answer = 3});
  town.round();
  const IncidentId drill = town.unresolved(policy::Lane::drill)->id;
  ASSERT_EQ(town.act(town.contact, drill, {.act = Act::take}), 1);
  ASSERT_EQ(town.act(town.mentor, open, {.act = Act::resolve, .reason = Reason::other}), 0);
  ASSERT_EQ(town.act(town.coordinator, open, {.act = Act::resolve, .reason = Reason::other}), 1);
  EXPECT_EQ(town.incident(drill).i.state, IncidentState::notifying);
  EXPECT_EQ(town.act(town.contact, drill, {.act = Act::take}), 0);
}

TEST(WatchActs, act_with_notes_that_are_none_is_refused_and_changes_nothing) {
  WatchTown town;
  const IncidentId id = talk(town);
  const Bytes take = town.sign_act_of(town.mentor, id, {.act = Act::take});
  const DeviceId to = town.contact.primary().id();
  const auto refused = [&](const WatchTown::NotesTo& notes) {
    const auto out = town.post_act_as(town.mentor, take, notes);
    return !out.ok() && out.error().code == Code::malformed;
  };
  EXPECT_TRUE(refused({{to, note_frame(0)}})) << "another kind's queue";
  EXPECT_TRUE(refused({{to, std::string(72 * 1024 + 1, 'x').replace(0, 3, note_frame(1), 0, 3)}}));
  EXPECT_TRUE(refused({{to, note_frame(1).substr(0, 250)}}));
  EXPECT_TRUE(refused({{to, note_frame(1)}, {to, note_frame(1)}}));
  EXPECT_TRUE(refused(WatchTown::NotesTo(65, {random_id<DeviceId>(town.random), note_frame(1)})));
  EXPECT_EQ(town.count("SELECT count(*) FROM act"), 0);
  EXPECT_EQ(town.count("SELECT count(*) FROM mailbox WHERE kind = 1"), 0);
  EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying);
  // Only for those who may take the incident; for others it is dropped.
  ASSERT_TRUE(town.post_act_as(town.mentor, take,
                               {{to, note_frame(1)},
                                {town.participant.primary().id(), note_frame(1)},
                                {random_id<DeviceId>(town.random), note_frame(1)}})
                  .ok());
  EXPECT_EQ(town.count("SELECT count(*) FROM mailbox WHERE kind = 1"), 1);
}

TEST(WatchActs, an_act_that_no_operation_takes_yet_is_refused_and_changes_nothing) {
  WatchTown town;
  const IncidentId id = talk(town);
  for (const Act act :
       {Act::excuse, Act::override_, Act::absence, Act::seeking, Act::swap, Act::pause}) {
    const auto out =
        town.post_act_as(town.mentor, town.sign_act_of(town.mentor, id, {.act = act}), {});
    ASSERT_FALSE(out.ok());
    EXPECT_EQ(out.error().code, Code::malformed);
  }
  EXPECT_EQ(town.count("SELECT count(*) FROM act"), 0);
}

TEST(WatchActs, T36_nothing_but_the_actors_own_signature_takes_or_resolves) {
  WatchTown town;
  const IncidentId id = talk(town);
  const auto refused = [&](const Person& session, const Bytes& record, Code why) {
    const auto out = town.post_act_as(session, record);
    ASSERT_FALSE(out.ok());
    EXPECT_EQ(out.error().code, why);
    EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying);
    EXPECT_EQ(town.count("SELECT count(*) FROM act"), 0);
  };
  for (const Act act : {Act::take, Act::resolve}) {
    const WatchTown::ActSpec spec{.act = act, .reason = Reason::reached_and_well};
    const Bytes genuine = town.sign_act_of(town.coordinator, id, spec);
    Bytes unsigned_one = genuine;
    std::fill(unsigned_one.end() - 64, unsigned_one.end(), std::uint8_t{0});
    refused(town.coordinator, unsigned_one, Code::bad_record);
    for (std::size_t at = 34; at < genuine.size(); at += 7) {
      Bytes flipped = genuine;
      flipped[at] ^= 1;
      const auto out = town.post_act_as(town.coordinator, flipped);
      EXPECT_FALSE(out.ok()) << at;
    }
    EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying);
    refused(town.mentor, genuine, Code::forbidden);       // somebody else's session
    refused(town.participant, genuine, Code::forbidden);  // the participant's own phone
    // A session of another device, even of the same account, is not the one that signed.
    v1::PostAct request;
    request.set_record(to_string(genuine));
    Caller elsewhere = town.as(town.coordinator);
    elsewhere.device = town.mentor.primary().id();
    auto t = town.turn();
    EXPECT_FALSE(post_act(t, elsewhere, request).ok());
    EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying);
    // Signed by another's key over the coordinator's name.
    protocol::StaffAct forged;
    forged.act = act;
    forged.circle = town.circle.id;
    forged.incident = id;
    forged.actor = town.coordinator.primary().id();
    forged.reason = Reason::reached_and_well;
    forged.time = town.now;
    refused(town.coordinator, protocol::sign_act(forged, town.mentor.primary().sig),
            Code::bad_record);
    forged.actor = town.participant.primary().id();
    refused(town.participant, protocol::sign_act(forged, town.participant.primary().sig),
            Code::forbidden);
    forged.actor = town.mentor.primary().id();
    forged.circle = random_id<CircleId>(town.random);
    refused(town.mentor, protocol::sign_act(forged, town.mentor.primary().sig), Code::forbidden);
  }
}

TEST(WatchActs, T36_an_act_of_one_circle_moves_nothing_in_another) {
  WatchTown town;
  const IncidentId id = talk(town);
  Person second_one = make_participant(town.random, town.now);
  TestCircle other =
      make_circle(town.random, second_one, town.desk.key(), town.circle.manifest.lines, town.now);
  town.commit([&](Turn&) {
    install_account(town.db, second_one, 2, false);
    install_circle(town.db, other, CircleState::armed, 2);
  });
  protocol::StaffAct act;
  act.act = Act::take;
  act.circle = other.id;
  act.incident = id;
  act.actor = town.mentor.primary().id();
  act.time = town.now;
  const auto out =
      town.post_act_as(town.mentor, protocol::sign_act(act, town.mentor.primary().sig));
  ASSERT_FALSE(out.ok());
  EXPECT_EQ(out.error().code, Code::forbidden);
}

TEST(WatchActs, somebody_without_the_alarm_scope_may_not_act_or_see) {
  WatchTown town;
  auto lines = town.circle.manifest.lines;
  lines[0].scope = scope_messages | scope_checkin;
  (void)town.circle.next_manifest(town.participant, lines, true, town.now);
  town.commit([&](Turn&) { store_manifest(town.db, town.circle); });
  const IncidentId id = talk(town);
  EXPECT_EQ(town.act(town.contact, id, {.act = Act::take}), 0);
  auto t = town.turn();
  EXPECT_EQ(list_incidents(t, town.as(town.contact), {})->incidents_size(), 0);
  EXPECT_EQ(list_incidents(t, town.as(town.mentor), {})->incidents_size(), 1);
}

TEST(WatchActs, G3_resolve_needs_a_reason_and_the_holder_or_a_coordinator) {
  WatchTown town;
  const IncidentId id = talk(town);
  EXPECT_EQ(town.act(town.mentor, id, {.act = Act::resolve, .reason = Reason::mistake}), 0);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  EXPECT_EQ(town.act(town.other_mentor, id, {.act = Act::resolve, .reason = Reason::mistake}), 3);
  EXPECT_EQ(town.act(town.mentor, id, {.act = Act::resolve}), 0);
  EXPECT_EQ(town.act(town.mentor, id, {.act = Act::resolve, .reason = Reason::drill_done}), 0)
      << "this is no drill (H35)";
  EXPECT_EQ(town.incident(id).i.state, IncidentState::taken);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::resolve, .reason = Reason::reached_and_well}),
            1);
  EXPECT_EQ(town.incident(id).i.state, IncidentState::resolved);
  EXPECT_EQ(town.incident(id).reason, 1);
  town.advance(second);
  EXPECT_EQ(town.act(town.mentor, id, {.act = Act::take}), 0) << "an end is an end";
}

TEST(WatchActs, a_take_tells_everybody_who_was_paged_quietly) {
  WatchTown town;
  const IncidentId id = talk(town);
  town.sent.clear();
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  town.advance(second);
  EXPECT_EQ(town.notices(town.other_mentor, NoticeCode::taken), 1);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::taken), 0);
  EXPECT_EQ(town.notices(town.contact, NoticeCode::taken), 0) << "was not paged yet";
}

TEST(WatchActs, the_take_is_shown_with_its_signature_to_phone_members_and_desk) {
  WatchTown town;
  town.presence.devices.insert(town.participant.primary().id());
  const IncidentId id = talk(town);
  town.sent.clear();
  const Bytes take = town.sign_act_of(town.mentor, id, {.act = Act::take});
  ASSERT_TRUE(town.post_act_as(town.mentor, take).ok());
  for (const Person* p : {&town.participant, &town.contact, &town.coordinator, &town.mentor}) {
    const auto frames = town.frames(p->primary().id());
    ASSERT_EQ(frames.size(), 1u);
    const v1::Incident& shown = frames[0]->incident_changed().incident();
    EXPECT_EQ(shown.state(), 2u);
    ASSERT_GE(shown.events_size(), 1);
    EXPECT_EQ(to_bytes(view(shown.events(shown.events_size() - 1).record())), take);
    EXPECT_EQ(to_bytes(view(shown.head())), to_bytes(crypto::sha256(take)));
  }
}

TEST(WatchActs, H29_an_offer_that_is_accepted_and_one_that_is_not) {
  WatchTown town;
  const IncidentId id = talk(town);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  const WatchTown::ActSpec offer{.act = Act::offer, .target = town.contact.key().bytes()};
  ASSERT_EQ(town.act(town.mentor, id, offer), 1);
  town.advance(minute);
  EXPECT_EQ(town.notices(town.contact, NoticeCode::offered) > 0, true);
  ASSERT_EQ(town.act(town.contact, id, {.act = Act::accept}), 1);
  EXPECT_EQ(town.incident(id).i.holder, town.contact.key().bytes());

  const WatchTown::ActSpec back{.act = Act::offer, .target = town.mentor.key().bytes()};
  ASSERT_EQ(town.act(town.contact, id, back), 1);
  town.advance(5 * minute);
  EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying);
  EXPECT_EQ(town.act(town.mentor, id, {.act = Act::accept}), 0) << "too late";
}

TEST(WatchActs, a_declined_offer_is_told_and_the_lease_stays_cut) {
  WatchTown town;
  const IncidentId id = talk(town);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::offer, .target = town.contact.key().bytes()}),
            1);
  ASSERT_EQ(town.act(town.contact, id, {.act = Act::decline}), 1);
  EXPECT_EQ(town.incident(id).i.lease_until, town.now + 5 * minute);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::renew}), 1);
  EXPECT_EQ(town.incident(id).i.lease_until, town.now + 60 * minute);
}

TEST(WatchActs, a_coordinator_takes_over_and_assigns) {
  WatchTown town;
  const IncidentId id = talk(town);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  EXPECT_EQ(town.act(town.other_mentor, id, {.act = Act::take_over}), 0);
  ASSERT_EQ(town.act(town.coordinator, id, {.act = Act::take_over}), 1);
  EXPECT_EQ(town.incident(id).i.holder, town.coordinator.key().bytes());
  town.advance(second);
  ASSERT_EQ(town.act(town.coordinator, id,
                     {.act = Act::assign, .target = town.other_mentor.key().bytes()}),
            1);
  EXPECT_EQ(town.incident(id).i.holder, town.other_mentor.key().bytes());
  EXPECT_FALSE(town.incident(id).holder_device) << "has signed nothing yet";
  EXPECT_EQ(town.act(town.coordinator, id,
                     {.act = Act::assign, .target = town.participant.key().bytes()}),
            0);
  town.advance(second);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::taken_over), 1);
  EXPECT_EQ(town.notices(town.other_mentor, NoticeCode::assigned), 1);
}

TEST(WatchActs, reopen_and_a_later_trigger_make_a_new_incident_with_its_previous) {
  WatchTown town;
  const IncidentId id = talk(town);
  const WatchTown::ActSpec resolve{.act = Act::resolve, .reason = Reason::other};
  ASSERT_EQ(town.act(town.coordinator, id, resolve), 1);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::reopen}), 1);
  const auto again = town.unresolved();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->previous, id);
  EXPECT_EQ(town.act(town.contact, id, {.act = Act::reopen}), 0) << "one unresolved per lane";
  ASSERT_EQ(town.act(town.coordinator, again->id, resolve), 1);
  EXPECT_EQ(town.unresolved(), std::nullopt);
  const IncidentId third = talk(town);
  EXPECT_EQ(town.incident(third).previous, again->id);
}

TEST(WatchActs, a_coordinator_sets_the_category_and_nobody_else) {
  WatchTown town;
  WatchTown::ActSpec spec{.act = Act::policy};
  spec.target[0] = 1;
  EXPECT_EQ(town.act(town.mentor, {}, spec), 0);
  EXPECT_EQ(town.facts().category, 2);
  EXPECT_EQ(town.act(town.coordinator, {}, spec), 1);
  EXPECT_EQ(town.facts().category, 1);
  spec.target[0] = 3;
  EXPECT_EQ(town.act(town.coordinator, {}, spec), 0);
}

TEST(WatchActs, rule_15_a_coordinator_switches_the_policy_of_an_incident) {
  WatchTown town;
  const IncidentId id = talk(town);
  WatchTown::ActSpec spec{.act = Act::policy};
  spec.target[0] = 1;
  ASSERT_EQ(town.act(town.coordinator, id, spec), 1);
  EXPECT_EQ(town.incident(id).i.next_at, town.now);
  town.sent.clear();
  town.round();
  EXPECT_EQ(town.notices(town.contact, NoticeCode::page_open), 1) << "category 1: at once";
  EXPECT_EQ(town.incident(id).i.next_at, town.now + 2 * minute);
}

TEST(WatchActs, the_backup_rule_needs_two_people_in_different_steps) {
  WatchTown town(CircleState::setup);
  const auto holds = [&] {
    auto t = town.turn();
    return backup_rule_holds(t, town.facts());
  };
  EXPECT_TRUE(holds());
  town.offline(town.contact);
  EXPECT_TRUE(holds()) << "mentors, and the desk by its line";
  town.offline(town.coordinator);
  EXPECT_FALSE(holds()) << "in setup they must be within reach";
  store::Circles(town.db).set_state(town.circle.id, static_cast<int>(CircleState::armed));
  EXPECT_TRUE(holds()) << "afterwards the lines count";
}

TEST(WatchActs, M1_a_second_seen_that_says_something_reaches_the_others) {
  WatchTown town;
  const IncidentId id = talk(town);
  EXPECT_EQ(town.act(town.mentor, id, {.act = Act::seen}), 1);
  const auto frames = [&] { return town.count("SELECT count(*) FROM mailbox WHERE kind = 1"); };
  const auto before = frames();
  ++town.now;
  const auto out =
      town.post_act_as(town.mentor, town.sign_act_of(town.mentor, id, {.act = Act::seen}),
                       {{town.contact.primary().id(), note_frame(1)}});
  EXPECT_TRUE(out.ok());
  EXPECT_EQ(frames(), before + 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident_event WHERE kind = 9"), 2);
}

}  // namespace
}  // namespace livlina::testing

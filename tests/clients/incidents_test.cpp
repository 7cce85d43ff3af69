// Incidents as one client can vouch for them: what is proved by signatures, and what is not (T36).
#include <gtest/gtest.h>

#include "clients/core/incident_proof.hpp"
#include "clients/core/note.hpp"
#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

using protocol::Act;
using protocol::RecordType;
using Who = WatchBench::Who;

constexpr std::uint32_t notifying = 1, taken = 2, resolved = 3, cancelled = 4;

struct Incident : WatchBench {
  explicit Incident(Who who = Who::bo) : WatchBench(who) {
    online();
    told.set_incident_id(std::string(16, 'i'));
    told.set_circle_id(to_string(circle.id.view()));
    told.set_lane(1);
    told.set_state(notifying);
    told.set_severity(2);
  }

  [[nodiscard]] Bytes act(const Person& by, Act what, Instant at,
                          const crypto::Hash& note_ref = {}) const {
    protocol::StaffAct a;
    a.act = what;
    a.circle = circle.id;
    a.incident = *IncidentId::from(told.incident_id());
    a.actor = by.primary().id();
    a.time = at;
    a.note_ref = note_ref;
    if (what == Act::resolve) a.reason = protocol::Reason::reached_and_well;
    return protocol::sign_act(a, by.primary().sig);
  }
  void event(std::uint32_t kind, const Bytes& record) {
    auto& e = *told.add_events();
    e.set_kind(kind);
    e.set_record(to_string(record));
  }
  void trigger(std::uint32_t kind, const Bytes& record) {
    auto& t = *told.add_triggers();
    t.set_kind(kind);
    t.set_record(to_string(record));
  }
  [[nodiscard]] Bytes said(RecordType type, std::uint64_t alarm_seq = 0, bool by_shadow = false,
                           const crypto::Hash& note_ref = {}) {
    auto r = spoken(type == RecordType::alarm ? 2 : 0, now);
    r.type = type;
    r.slot_utc = 0;
    r.note_ref = note_ref;
    for (std::size_t i = 0; i < 8; ++i)
      r.schedule[i] = static_cast<std::uint8_t>(alarm_seq >> (8 * i));
    return signed_record(r, by_shadow);
  }
  void hold(const Person& who) {
    told.set_state(taken);
    told.set_holder(to_string(who.key().view()));
  }
  // The server tells it; what this client shows, after it asked for newer lists if it did.
  const v1::IncidentView& tell() {
    v1::ServerFrame frame;
    *frame.mutable_incident_changed()->mutable_incident() = told;
    push(frame);
    refuse_fetches();
    return last(v1::Event::kIncident)->incident();
  }

  // The messenger is ticked as well, which the bench leaves alone.
  void pass(Duration time) {
    now += time;
    context().now = now;
    messenger().tick();
    commit();
  }

  v1::Incident told;
};

TEST(Incidents, T36_notifying_needs_no_proof) {
  Incident b;
  EXPECT_TRUE(b.tell().taken_verified());
  EXPECT_EQ(b.count(v1::Event::kWarning), 0);
}

TEST(Incidents, T36_signed_take_of_the_holder_is_verified) {
  Incident b;
  b.hold(b.cam);
  b.event(6, b.act(b.cam, Act::take, b.now));
  EXPECT_TRUE(b.tell().taken_verified());
  EXPECT_EQ(b.count(v1::Event::kWarning), 0);
}

TEST(Incidents, T36_forged_taken_is_shown_as_the_servers_word) {
  {
    Incident b;  // nobody signed anything
    b.hold(b.cam);
    EXPECT_FALSE(b.tell().taken_verified());
    EXPECT_EQ(b.warnings("unsigned_taken"), 1);
  }
  {
    Incident b;  // somebody else took it
    b.hold(b.cam);
    b.event(6, b.act(b.bo, Act::take, b.now));
    EXPECT_FALSE(b.tell().taken_verified());
  }
  {
    Incident b;  // only looked at it
    b.hold(b.cam);
    b.event(6, b.act(b.cam, Act::seen, b.now));
    EXPECT_FALSE(b.tell().taken_verified());
  }
  {
    Incident b;  // a broken signature
    b.hold(b.cam);
    Bytes forged = b.act(b.cam, Act::take, b.now);
    forged.back() ^= 1;
    b.event(6, forged);
    EXPECT_FALSE(b.tell().taken_verified());
  }
}

TEST(Incidents, T36_act_of_a_stranger_proves_nothing) {
  Incident b;  // on the desk's directory, and in no line of this circle
  b.hold(b.stranger);
  b.event(6, b.act(b.stranger, Act::take, b.now));
  EXPECT_FALSE(b.tell().taken_verified());
  b.told.set_state(resolved);
  b.event(6, b.act(b.stranger, Act::resolve, b.now));
  EXPECT_FALSE(b.tell().taken_verified());
  EXPECT_EQ(b.warnings("unsigned_resolved"), 1);
}

TEST(Incidents, T36_member_without_the_alarm_scope_holds_nothing) {
  Incident b;
  auto lines = b.circle.manifest.lines;
  lines[0].scope = scope_messages;  // Bo's
  (void)b.circle.next_manifest(b.sami, lines, true, b.now);
  ASSERT_TRUE(b.trust().accept_manifest(b.circle.manifest_record, {}).ok());
  b.hold(b.bo);
  b.event(6, b.act(b.bo, Act::take, b.now));
  EXPECT_FALSE(b.tell().taken_verified());
}

TEST(Incidents, T36_participant_cannot_take_or_resolve_its_own) {
  Incident b;
  b.hold(b.sami);
  b.event(6, b.act(b.sami, Act::take, b.now));
  EXPECT_FALSE(b.tell().taken_verified());
}

TEST(Incidents, T36_act_of_another_incident_or_circle_proves_nothing) {
  Incident b;
  b.hold(b.cam);
  const std::string ours = b.told.incident_id();
  b.told.set_incident_id(std::string(16, 'j'));
  const Bytes other = b.act(b.cam, Act::take, b.now);
  b.told.set_incident_id(ours);
  b.event(6, other);
  EXPECT_FALSE(b.tell().taken_verified());
}

TEST(Incidents, T36_old_take_replayed_makes_no_holder_of_today) {
  Incident b;
  b.hold(b.cam);
  b.event(6, b.act(b.cam, Act::take, b.now - client::longest_lease - 1));
  EXPECT_FALSE(b.tell().taken_verified());
  b.event(6, b.act(b.cam, Act::renew, b.now));
  EXPECT_TRUE(b.tell().taken_verified()) << "a renewed lease holds on";
}

TEST(Incidents, T36_the_newest_act_makes_the_holder) {
  Incident b;
  b.hold(b.bo);
  b.event(6, b.act(b.bo, Act::take, b.now - minute));
  b.event(6, b.act(b.cam, Act::take_over, b.now));
  EXPECT_FALSE(b.tell().taken_verified());
  b.hold(b.cam);
  EXPECT_TRUE(b.tell().taken_verified());
}

TEST(Incidents, T36_assign_names_the_holder) {
  Incident b;
  b.hold(b.bo);
  protocol::StaffAct a;
  a.act = Act::assign;
  a.circle = b.circle.id;
  a.incident = *IncidentId::from(b.told.incident_id());
  a.actor = b.cam.primary().id();
  a.time = b.now;
  std::memcpy(a.target.data(), b.bo.key().bytes().data(), 32);
  b.event(6, protocol::sign_act(a, b.cam.primary().sig));
  EXPECT_TRUE(b.tell().taken_verified());
  b.hold(b.cam);
  EXPECT_FALSE(b.tell().taken_verified());
}

TEST(Incidents, T36_forged_resolved_is_shown_as_the_servers_word) {
  Incident b;
  b.event(6, b.act(b.cam, Act::take, b.now));
  b.told.set_state(resolved);
  EXPECT_FALSE(b.tell().taken_verified());
  EXPECT_EQ(b.warnings("unsigned_resolved"), 1);
  b.event(6, b.act(b.cam, Act::resolve, b.now));
  EXPECT_TRUE(b.tell().taken_verified());
}

TEST(Incidents, T36_cancel_counts_for_the_alarm_that_it_names) {
  Incident b;
  b.told.set_state(cancelled);
  const Bytes old_alarm = b.said(RecordType::alarm);
  const Bytes old_cancel = b.said(RecordType::cancel, 1);
  b.trigger(4, b.said(RecordType::alarm));
  EXPECT_FALSE(b.tell().taken_verified()) << "nobody cancelled";
  b.event(9, old_cancel);
  EXPECT_FALSE(b.tell().taken_verified()) << "an old cancel, shown again";
  b.event(9, b.said(RecordType::mistake, 3));
  EXPECT_FALSE(b.tell().taken_verified()) << "a mistake cancels nothing";
  b.event(9, b.said(RecordType::cancel, 3));
  EXPECT_TRUE(b.tell().taken_verified());
}

TEST(Incidents, T36_cancel_by_the_shadow_cancels_nothing) {
  Incident b;
  b.told.set_state(cancelled);
  b.trigger(4, b.said(RecordType::alarm, 0, true));
  b.event(9, b.said(RecordType::cancel, 1, true));
  EXPECT_FALSE(b.tell().taken_verified());
}

TEST(Incidents, T36_the_participants_phone_believes_no_unsigned_taken) {
  Incident b(Who::sami);
  b.hold(b.cam);
  EXPECT_FALSE(b.tell().taken_verified());
  b.event(6, b.act(b.cam, Act::take, b.now));
  EXPECT_TRUE(b.tell().taken_verified());
}

TEST(Incidents, I5_the_silent_lane_never_shows_on_the_participants_phone) {
  Incident b(Who::sami);
  b.told.set_lane(2);
  v1::ServerFrame frame;
  *frame.mutable_incident_changed()->mutable_incident() = b.told;
  b.push(frame);
  EXPECT_EQ(b.count(v1::Event::kIncident), 0);
  v1::ServerFrame page;
  page.mutable_notice()->set_notice_id(std::string(16, 'n'));
  page.mutable_notice()->set_lane(2);
  b.push(page);
  EXPECT_EQ(b.count(v1::Event::kNotice), 0);
  v1::Command list;
  (void)list.mutable_get_incidents();
  b.command(list);
  v1::ServerFrame reply;
  *reply.mutable_incidents()->add_incidents() = b.told;
  ASSERT_TRUE(b.answer(v1::Request::kListIncidents, &reply));
  EXPECT_EQ(b.last(v1::Event::kIncidents)->incidents().incidents_size(), 0);
  EXPECT_EQ(b.warnings("unexpected_silent"), 1);
}

TEST(Incidents, a_note_shows_with_the_record_that_names_it_and_no_other) {
  Incident b;
  const client::Note right = client::make_note("at the door", b.random);
  const client::Note wrong = client::make_note("never said", b.random);
  b.trigger(4, b.said(RecordType::alarm, 0, false, right.ref()));
  client::store_note(b.store(), wrong, b.now);
  EXPECT_EQ(b.tell().notes_size(), 0) << "a note that matches nothing signed is not shown";
  b.events.clear();
  client::store_note(b.store(), right, b.now);
  b.incidents().note_came(right.ref());
  b.commit();
  ASSERT_EQ(b.count(v1::Event::kIncident), 1) << "it came after the incident";
  const auto& view = b.last(v1::Event::kIncident)->incident();
  ASSERT_EQ(view.notes_size(), 1);
  EXPECT_EQ(view.notes(0), "at the door");
  b.incidents().note_came(wrong.ref());
  b.commit();
  EXPECT_EQ(b.count(v1::Event::kIncident), 1);
}

TEST(Incidents, notes_are_forgotten_after_their_time) {
  Incident b;
  const client::Note note = client::make_note("old", b.random);
  client::store_note(b.store(), note, b.now);
  EXPECT_TRUE(client::stored_note(b.store(), note.ref()));
  b.now += client::note_memory + day;
  b.commit();
  b.reopen();
  EXPECT_FALSE(client::stored_note(b.store(), note.ref()));
}

TEST(Incidents, older_word_does_not_overtake_the_newer_one) {
  Incident b;
  b.hold(b.cam);
  v1::ServerFrame frame;
  *frame.mutable_incident_changed()->mutable_incident() = b.told;
  b.push(frame);  // its signature is unknown: the circle is asked for
  b.event(6, b.act(b.cam, Act::take, b.now));
  b.event(6, b.act(b.cam, Act::resolve, b.now));
  b.told.set_state(resolved);
  *frame.mutable_incident_changed()->mutable_incident() = b.told;
  b.push(frame);
  b.refuse_fetches();
  EXPECT_EQ(b.last(v1::Event::kIncident)->incident().incident().state(), resolved);
  EXPECT_EQ(b.count(v1::Event::kWarning), 0);
}

TEST(Incidents, one_lanes_end_leaves_the_others_open) {
  Incident b;
  auto lines = b.circle.manifest.lines;
  lines[0].not_after = b.now + hour;  // Bo's line ends soon, with a grace for incidents
  lines[0].incident_grace_h = 48;
  (void)b.circle.next_manifest(b.sami, lines, true, b.now);
  ASSERT_TRUE(b.trust().accept_manifest(b.circle.manifest_record, {}).ok());
  (void)b.tell();
  b.told.set_incident_id(std::string(16, 'k'));
  b.told.set_lane(3);
  (void)b.tell();
  b.told.set_state(resolved);
  b.event(6, b.act(b.cam, Act::resolve, b.now));
  (void)b.tell();
  b.now += 2 * hour;
  const auto& circle = *b.trust().circle(b.circle.id);
  EXPECT_TRUE(b.trust().standing(circle, b.bo.key(), b.now)) << "one is still open";
}

TEST(Incidents, G5_notice_is_shown_once_and_receipted_each_time) {
  Incident b;
  v1::ServerFrame frame;
  frame.mutable_notice()->set_notice_id(std::string(16, 'n'));
  frame.mutable_notice()->set_circle_id(b.told.circle_id());
  frame.mutable_notice()->set_kind(1);
  b.push(frame);
  b.push(frame);
  b.reopen();
  b.online();
  b.push(frame);
  EXPECT_EQ(b.count(v1::Event::kNotice), 1);
  EXPECT_EQ(b.waiting(v1::Request::kReceiptNotices).size(), 1u) << "of this connection";
  b.now += client::notice_memory + day;
  b.reopen();
  for (const auto& [key, value] : b.disk) EXPECT_NE(key.rfind("notice/", 0), 0u) << key;
}

v1::Command do_act(const v1::Incident& incident, std::uint32_t what) {
  v1::Command c;
  c.mutable_do_act()->set_act(what);
  c.mutable_do_act()->set_incident_id(incident.incident_id());
  return c;
}

TEST(Incidents, T36_an_act_is_signed_over_the_newest_head_of_that_incident_only) {
  Incident b;
  b.told.set_head(std::string(32, 'h'));
  b.command(do_act(b.told, 2));
  v1::ServerFrame other;
  *other.mutable_incident() = b.told;
  other.mutable_incident()->set_incident_id(std::string(16, 'x'));
  ASSERT_TRUE(b.answer(v1::Request::kGetIncident, &other));
  EXPECT_TRUE(b.waiting(v1::Request::kPostAct).empty()) << "not what was asked for";
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "unknown_incident");
  b.command(do_act(b.told, 2));
  v1::ServerFrame reply;
  *reply.mutable_incident() = b.told;
  ASSERT_TRUE(b.answer(v1::Request::kGetIncident, &reply));
  ASSERT_EQ(b.waiting(v1::Request::kPostAct).size(), 1u);
  const auto act =
      protocol::verify_act(view(b.waiting(v1::Request::kPostAct)[0]->post_act().record()),
                           b.bo.primary().sig.public_key());
  ASSERT_TRUE(act.ok());
  EXPECT_EQ((*act)->act, Act::take);
  EXPECT_EQ(to_string((*act)->seen_act), b.told.head());
  EXPECT_EQ(to_string((*act)->incident.view()), b.told.incident_id());
  b.offline();
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "offline");
}

// Nobody's prekeys come: the act waits one second for its note, whatever it is.
TEST(Incidents, G4_an_act_never_hangs_on_the_sessions_of_its_note) {
  constexpr std::uint32_t seen = 1, take = 2, resolve = 9;
  for (const std::uint32_t what : {seen, take, resolve}) {
    Incident b;
    v1::Command c = do_act(b.told, what);
    c.mutable_do_act()->set_note("I call her now");
    if (what == resolve) c.mutable_do_act()->set_reason(1);
    b.command(c);
    v1::ServerFrame reply;
    *reply.mutable_incident() = b.told;
    ASSERT_TRUE(b.answer(v1::Request::kGetIncident, &reply));
    ASSERT_FALSE(b.waiting(v1::Request::kGetPrekeys).empty()) << "sessions are wanted";
    b.pass(client::act_seal_wait - 1);
    EXPECT_TRUE(b.waiting(v1::Request::kPostAct).empty());
    b.pass(1);
    ASSERT_EQ(b.waiting(v1::Request::kPostAct).size(), 1u) << what;
    const v1::PostAct& posted = b.waiting(v1::Request::kPostAct)[0]->post_act();
    EXPECT_EQ(posted.notes_size(), 0);
    const auto act = protocol::verify_act(view(posted.record()), b.bo.primary().sig.public_key());
    ASSERT_TRUE(act.ok());
    EXPECT_NE((*act)->note_ref, crypto::Hash{}) << "the note is named, and follows";
    b.hold(b.bo);
    v1::ServerFrame done;
    done.mutable_act_answer()->set_outcome(1);
    *done.mutable_act_answer()->mutable_incident() = b.told;
    ASSERT_TRUE(b.answer(v1::Request::kPostAct, &done));
    b.refuse_fetches();
    EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "");
  }
}

TEST(Incidents, a_participant_does_no_acts) {
  Incident b(Who::sami);
  b.command(do_act(b.told, 2));
  EXPECT_EQ(b.last(v1::Event::kFinished)->finished().error(), "not_yours");
  EXPECT_TRUE(b.waiting(v1::Request::kGetIncident).empty());
}

TEST(Incidents, H21_who_holds_it_is_told) {
  Incident b;
  b.command(do_act(b.told, 2));
  v1::ServerFrame reply;
  *reply.mutable_incident() = b.told;
  ASSERT_TRUE(b.answer(v1::Request::kGetIncident, &reply));
  b.hold(b.cam);
  b.event(6, b.act(b.cam, Act::take, b.now));
  v1::ServerFrame held;
  held.mutable_act_answer()->set_outcome(3);
  *held.mutable_act_answer()->mutable_incident() = b.told;
  ASSERT_TRUE(b.answer(v1::Request::kPostAct, &held));
  const auto& finished = b.last(v1::Event::kFinished)->finished();
  EXPECT_EQ(finished.error(), "held");
  EXPECT_EQ(finished.detail(), hex(b.cam.key().view()));
}

}  // namespace
}  // namespace livlina::testing

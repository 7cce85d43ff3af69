// Alarms, duress and drills: lanes, what each reaches, and what a participant's device never
// learns.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "server/services/handlers.hpp"
#include "tests/services/harness.hpp"
#include "tests/services/watch_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using policy::IncidentState;
using policy::Lane;
using policy::NoticeCode;
using protocol::Act;
using protocol::Reason;
using protocol::RecordType;

constexpr std::uint8_t silent = 1;
constexpr std::uint8_t loud = 2;
constexpr std::uint8_t drill = 3;

RecordSpec alarm(std::uint8_t kind) { return {.type = RecordType::alarm, .answer = kind}; }

TEST(WatchAlarm, a_loud_alarm_fires_after_five_seconds) {
  WatchTown town;
  (void)town.answer(alarm(loud));
  town.round();
  ASSERT_TRUE(town.unresolved());
  EXPECT_EQ(town.unresolved()->i.severity, 4);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 0);
  town.advance(5 * second);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 1);
}

TEST(WatchAlarm, G3_a_signed_cancel_before_the_first_step_ends_it_and_stays_on_the_board) {
  WatchTown town;
  (void)town.answer(alarm(loud));
  town.round();
  const IncidentId id = town.unresolved()->id;
  town.advance(4 * second);
  (void)town.answer({.type = RecordType::cancel, .named = 1});
  town.round();
  EXPECT_EQ(town.incident(id).i.state, IncidentState::cancelled);
  town.advance(minute);
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_open), 0);
  const auto listed = [&] {
    auto t = town.turn();
    return list_incidents(t, town.as(town.coordinator), {})->incidents_size();
  };
  EXPECT_EQ(listed(), 1);
  town.advance(24 * hour);
  EXPECT_EQ(listed(), 0);
}

TEST(WatchAlarm, G3_a_later_cancel_only_annotates) {
  WatchTown town;
  (void)town.answer(alarm(loud));
  town.round();
  const IncidentId id = town.unresolved()->id;
  town.advance(6 * second);
  const auto before = town.incident(id);
  (void)town.answer({.type = RecordType::cancel, .named = 1});
  town.round();
  EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying);
  EXPECT_FALSE(town.incident(id).i.calm);
  EXPECT_EQ(town.incident(id).i.next_at, before.i.next_at);
  (void)town.answer({.type = RecordType::mistake, .named = 1});
  town.round();
  EXPECT_TRUE(town.incident(id).i.calm);
  EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying);
}

TEST(WatchAlarm, a_silent_alarm_reaches_alarm_lines_and_desk_and_no_phone) {
  WatchTown town;
  town.presence.devices.insert(town.participant.primary().id());
  (void)town.answer(alarm(silent));
  town.round();
  EXPECT_FALSE(town.unresolved(Lane::open));
  ASSERT_TRUE(town.unresolved(Lane::silent));
  for (const Person* p : {&town.mentor, &town.other_mentor, &town.contact, &town.coordinator})
    EXPECT_EQ(town.notices(*p, NoticeCode::page_silent), 1);
  town.advance(hour);
  const IncidentId id = town.unresolved(Lane::silent)->id;
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::resolve, .reason = Reason::help_on_site}), 1);
  town.advance(hour);
  EXPECT_TRUE(town.frames(town.participant.primary().id()).empty());
}

TEST(WatchAlarm, H35_a_drill_stays_in_its_lane_and_off_the_desk) {
  WatchTown town(CircleState::setup);
  (void)town.answer(alarm(drill));
  town.round();
  EXPECT_FALSE(town.unresolved(Lane::open));
  const IncidentId id = town.unresolved(Lane::drill)->id;
  EXPECT_EQ(town.notices(town.mentor, NoticeCode::page_drill), 1);
  town.advance(2 * hour);
  for (const auto code : {NoticeCode::page_drill, NoticeCode::page_open, NoticeCode::nobody})
    EXPECT_EQ(town.notices(town.coordinator, code), 0);
  EXPECT_TRUE(town.operator_lines.empty());
  EXPECT_EQ(town.incident(id).i.state, IncidentState::notifying);
}

TEST(WatchAlarm, H36_the_practice_alarm_counts_once_a_human_has_taken_it) {
  WatchTown town(CircleState::setup);
  const auto taken = [&] {
    auto t = town.turn();
    return practice_alarm_taken(t, town.circle.id);
  };
  (void)town.answer(alarm(drill));
  town.round();
  EXPECT_FALSE(taken());
  const IncidentId id = town.unresolved(Lane::drill)->id;
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::seen}), 1);
  EXPECT_FALSE(taken());
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::take}), 1);
  EXPECT_TRUE(taken());
  ASSERT_EQ(town.act(town.mentor, id, {.act = Act::resolve, .reason = Reason::drill_done}), 1);
  EXPECT_TRUE(taken());
}

TEST(WatchAlarm, H36_a_real_alarm_that_was_taken_is_no_practice_alarm) {
  WatchTown town(CircleState::setup);
  (void)town.answer(alarm(loud));
  town.advance(minute);
  ASSERT_EQ(town.act(town.mentor, town.unresolved()->id, {.act = Act::take}), 1);
  auto t = town.turn();
  EXPECT_FALSE(practice_alarm_taken(t, town.circle.id));
}

TEST(WatchAlarm, the_shadows_ok_answers_the_slot_and_raises_the_silent_lane_only) {
  WatchTown town;
  town.accept_plan({town.daily_at(12 * 60)});
  town.advance_to(town_start + 4 * hour);
  (void)town.answer({}, 1);
  town.round();
  EXPECT_EQ(town.occurrences().at(0).o.state, policy::OccurrenceState::answered);
  EXPECT_FALSE(town.unresolved(Lane::open));
  ASSERT_TRUE(town.unresolved(Lane::silent));
  EXPECT_EQ(town.unresolved(Lane::silent)->i.severity, 4);
  town.advance(hour);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident WHERE lane = 1"), 0);
}

TEST(WatchAlarm, the_shadow_never_calms_or_cancels) {
  WatchTown town;
  (void)town.answer(alarm(loud));
  town.advance(second);
  (void)town.answer({}, 1);
  town.chains[1].seq = 7;
  (void)town.answer({.type = RecordType::cancel, .named = 1}, 1);
  town.round();
  EXPECT_EQ(town.unresolved(Lane::open)->i.state, IncidentState::notifying);
  EXPECT_FALSE(town.unresolved(Lane::open)->i.calm);
}

TEST(WatchAlarm, a_shadows_log_in_triggers_once_and_then_annotates) {
  WatchTown town;
  const auto log_in = [&] {
    town.commit([&](Turn& t) { shadow_seen(t, town.circle.id, town.participant.shadow().id()); });
    EXPECT_TRUE(town.count("SELECT count(*) FROM checkin_record WHERE judged = 0") == 1);
    town.round();
  };
  log_in();
  ASSERT_TRUE(town.unresolved(Lane::silent));
  log_in();
  log_in();
  EXPECT_EQ(town.count("SELECT count(*) FROM trigger_row"), 1);
  EXPECT_EQ(town.count("SELECT count(*) FROM incident_event WHERE kind = 24"), 2);
  ASSERT_EQ(town.act(town.coordinator, town.unresolved(Lane::silent)->id,
                     {.act = Act::resolve, .reason = Reason::help_on_site}),
            1);
  log_in();
  EXPECT_EQ(town.count("SELECT count(*) FROM incident WHERE lane = 2"), 2);
  EXPECT_TRUE(town.unresolved(Lane::silent)->previous);
}

// The statements that a request runs, as SQLite sees them.
std::vector<std::string> traced(store::Db& db, const std::function<void()>& f) {
  std::vector<std::string> statements;
  sqlite3_trace_v2(
      db.handle(), SQLITE_TRACE_STMT,
      [](unsigned, void* to, void* statement, void*) {
        static_cast<std::vector<std::string>*>(to)->emplace_back(
            sqlite3_sql(static_cast<sqlite3_stmt*>(statement)));
        return 0;
      },
      &statements);
  f();
  sqlite3_trace_v2(db.handle(), 0, nullptr, nullptr);
  return statements;
}

TEST(WatchAlarm, I10_ok_talk_not_ok_and_the_shadows_ok_run_the_same_statements) {
  struct Case {
    std::uint8_t answer;
    std::size_t device;
  };
  std::optional<std::vector<std::string>> first;
  std::optional<Bytes> first_reply;
  for (const Case c : {Case{1, 0}, Case{2, 0}, Case{3, 0}, Case{1, 1}, Case{3, 1}}) {
    WatchTown town;
    town.accept_plan({town.daily_at(12 * 60, {0})});
    town.advance_to(town_start + 4 * hour + minute);
    v1::PostRecord request;
    request.set_record(to_string(town.sign({.answer = c.answer}, c.device)));
    auto t = town.turn();
    town.db.begin();
    Bytes reply;
    const auto statements = traced(town.db, [&] {
      const auto out = post_record(t, town.as(town.participant, c.device), request);
      ASSERT_TRUE(out.ok());
      reply = to_bytes(view(out->reply()));
    });
    town.db.commit();
    EXPECT_GT(statements.size(), 10u);
    if (!first) first = statements;
    if (!first_reply) first_reply = reply;
    EXPECT_EQ(statements, *first) << int{c.answer} << " by device " << c.device;
    EXPECT_EQ(reply, *first_reply) << int{c.answer} << " by device " << c.device;
  }
}

// An answer as its bytes, or the code of the refusal.
template <class T>
std::string told(const Answer<T>& answer) {
  return answer.ok() ? answer->SerializeAsString()
                     : "refused " + std::to_string(static_cast<int>(answer.error().code));
}

// What a participant's device is told when it asks for people, keys and places in mailboxes.
std::vector<std::string> asked(WatchTown& town, std::size_t device, SeededRandom& random) {
  std::vector<std::string> out;
  const Caller caller = town.as(town.participant, device);
  town.commit([&](Turn& t) {
    for (const Person* p : {&town.contact, &town.mentor, &town.coordinator}) {
      v1::GetPrekeys prekeys;
      prekeys.add_device_ids(to_string(p->primary().id().view()));
      out.push_back(told(get_prekeys(t, caller, prekeys)));
      v1::GetDeviceLists lists;
      lists.set_account(to_string(p->key().view()));
      out.push_back(told(get_device_lists(t, caller, lists)));
      const auto message = testing::post_message(random_id<MessageId>(random), {p->primary().id()});
      out.push_back(told(server::post_message(t, caller, message.post_message())));
    }
    v1::GetCircle circle;
    circle.set_circle_id(to_string(town.circle.id.view()));
    out.push_back(told(get_circle(t, caller, circle)));
    v1::GetDesk desk;
    desk.set_desk_pk(to_string(town.desk.key().view()));
    out.push_back(told(get_desk(t, caller, desk)));
    out.push_back(told(list_circles(t, caller)));
    // And the other way: what somebody past their time can leave for the participant.
    const auto back =
        testing::post_message(random_id<MessageId>(random), {town.participant.primary().id()});
    out.push_back(told(server::post_message(t, town.as(town.contact), back.post_message())));
    v1::GetPrekeys own;
    own.add_device_ids(to_string(town.participant.primary().id().view()));
    out.push_back(told(get_prekeys(t, town.as(town.contact), own)));
  });
  return out;
}

// Everything that goes towards the participant's devices in a day, with or without silent
// incidents. The contact person's line ends within it.
std::vector<std::string> towards_the_phone(bool with_silent) {
  WatchTown town;
  std::vector<std::string> seen;
  SeededRandom random(7);  // of the messages: the town's own runs on when there is more to do
  auto lines = town.circle.manifest.lines;
  lines[0].not_after = town_start + 3 * hour;
  lines[0].incident_grace_h = 72;
  (void)town.circle.next_manifest(town.participant, lines, true, town.now);
  town.commit([&](Turn&) { store_manifest(town.db, town.circle); });
  for (const TestDevice& d : town.participant.devices) town.presence.devices.insert(d.id());
  town.accept_plan({town.daily_at(12 * 60, {0, 600})});
  const auto keep = [&](const std::string& bytes) { seen.push_back(bytes); };
  const auto look = [&] {
    auto t = town.turn();
    v1::ListIncidents all;
    all.set_resolved_too(true);
    const auto list = list_incidents(t, town.as(town.participant), all);
    keep(list.ok() ? std::to_string(list->incidents_size()) : "refused");
    for (const v1::Incident& i : list->incidents()) EXPECT_NE(i.lane(), 2u);
    v1::GetOccurrences occurrences;
    occurrences.set_circle_id(to_string(town.circle.id.view()));
    keep(get_occurrences(t, town.as(town.participant), occurrences)->SerializeAsString());
    for (const std::size_t device : {std::size_t{0}, std::size_t{1}})
      for (const std::string& answer : asked(town, device, random)) keep(answer);
  };
  look();
  if (with_silent) {
    town.commit([&](Turn& t) { shadow_seen(t, town.circle.id, town.participant.shadow().id()); });
    town.round();
  }
  look();
  town.advance_to(town_start + 4 * hour + minute);
  // The same ok, once by the primary and once under duress.
  auto reply = town.answer({}, with_silent ? 1 : 0);
  keep(to_string(protocol::encode(reply)));
  town.round();
  look();
  town.advance(day + hour);  // the next noon is missed, and people are paged
  look();
  if (with_silent) {
    const auto id = town.unresolved(Lane::silent)->id;
    EXPECT_EQ(town.act(town.contact, id, {.act = Act::take}), 1) << "in the lane's own grace";
    EXPECT_EQ(town.act(town.contact, id, {.act = Act::resolve, .reason = Reason::other}), 1);
  }
  town.advance(hour);
  look();
  for (const TestDevice& d : town.participant.devices)
    for (const v1::ServerFrame* f : town.frames(d.id())) {
      v1::ServerFrame shown = *f;
      if (shown.has_reminder()) shown.mutable_reminder()->clear_notice_id();  // random
      if (shown.has_incident_changed()) {
        EXPECT_NE(shown.incident_changed().incident().lane(), 2u);
        EXPECT_NE(d.id(), town.participant.shadow().id()) << "no incident goes to the shadow";
        shown.mutable_incident_changed()->mutable_incident()->clear_incident_id();
      }
      // The schedule's random id is the same in both runs: the random source starts alike.
      keep(shown.SerializeAsString());
    }
  return seen;
}

TEST(WatchAlarm, I5_nothing_towards_a_participants_device_depends_on_a_silent_incident) {
  const auto without = towards_the_phone(false);
  const auto with = towards_the_phone(true);
  ASSERT_GT(without.size(), 8u);
  EXPECT_EQ(with, without);
}

TEST(WatchAlarm, I5_a_silent_incident_cannot_be_fetched_by_the_phone) {
  WatchTown town;
  (void)town.answer({}, 1);
  (void)town.answer({.answer = 2});
  town.round();
  auto t = town.turn();
  v1::GetIncident get;
  get.set_incident_id(to_string(town.unresolved(Lane::silent)->id.view()));
  const auto silent_one = get_incident(t, town.as(town.participant), get);
  ASSERT_FALSE(silent_one.ok());
  get.set_incident_id(std::string(16, 'x'));
  const auto missing = get_incident(t, town.as(town.participant), get);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(silent_one.error().code, missing.error().code) << "T23";
  get.set_incident_id(to_string(town.unresolved(Lane::open)->id.view()));
  EXPECT_TRUE(get_incident(t, town.as(town.participant), get).ok());
  EXPECT_FALSE(get_incident(t, town.as(town.participant, 1), get).ok())
      << "nor anything by the shadow";
  EXPECT_EQ(list_incidents(t, town.as(town.participant, 1), {})->incidents_size(), 0);
}

TEST(WatchAlarm, records_and_notes_go_only_to_lines_with_both_scopes) {
  WatchTown town;
  auto lines = town.circle.manifest.lines;
  lines[0].scope = scope_messages | scope_checkin;  // the contact person: no alarms
  (void)town.circle.next_manifest(town.participant, lines, true, town.now);
  town.commit([&](Turn&) { store_manifest(town.db, town.circle); });
  town.accept_plan({town.daily_at(12 * 60)});
  town.advance_to(town_start + 4 * hour);
  const Bytes record = town.sign({});
  ASSERT_TRUE(town.post(record, 0,
                        {{town.contact.primary().id(), note_frame(0)},
                         {town.mentor.primary().id(), note_frame(0)},
                         {town.participant.shadow().id(), note_frame(0)}})
                  .ok());
  town.round();
  const auto rows = [&](const Person& p, int kind) {
    auto q = town.db.query("SELECT count(*) FROM mailbox WHERE device = ? AND kind = ?");
    q.bind(p.primary().id(), kind);
    return q.step() ? q.integer(0) : -1;
  };
  EXPECT_EQ(rows(town.mentor, 2), 1);
  EXPECT_EQ(rows(town.mentor, 1), 1);
  EXPECT_EQ(rows(town.mentor, 3), 0);
  EXPECT_EQ(rows(town.contact, 2), 0);
  EXPECT_EQ(rows(town.contact, 1), 0);
  EXPECT_EQ(rows(town.contact, 3), 1) << "the server's word, after judging";
}

TEST(WatchAlarm, a_record_is_never_refused_for_its_notes_and_bad_ones_are_dropped) {
  using protocol::RecordType;
  const auto stored = [](RecordType type, const std::string& frame, int copies = 1) {
    WatchTown town;
    const std::vector<std::pair<DeviceId, std::string>> notes(static_cast<std::size_t>(copies),
                                                              {town.mentor.primary().id(), frame});
    EXPECT_TRUE(town.post(town.sign({.type = type}), 0, notes).ok());
    EXPECT_EQ(town.count("SELECT count(*) FROM mailbox WHERE kind = 2 AND rank = 0"), 4)
        << "the record goes to all four of them";
    return town.count("SELECT count(*) FROM mailbox WHERE kind = 1");
  };
  for (const RecordType type : {RecordType::checkin, RecordType::alarm}) {
    const std::uint8_t queue = type == RecordType::checkin ? 0 : 1;
    const std::string good = note_frame(queue);
    const auto with = [&](std::size_t at, char value) {
      std::string out = good;
      out[at] = value;
      return out;
    };
    EXPECT_EQ(stored(type, good), 1);
    EXPECT_EQ(stored(type, with(1, 1) + std::string(1139, 'i')), 1) << "with an init part";
    EXPECT_EQ(stored(type, std::string(72 * 1024, 'x').replace(0, 3, good, 0, 3)), 1);
    EXPECT_EQ(stored(type, std::string(72 * 1024 + 1, 'x').replace(0, 3, good, 0, 3)), 0);
    EXPECT_EQ(stored(type, good.substr(0, 250)), 0) << "shorter than a frame";
    EXPECT_EQ(stored(type, ""), 0);
    EXPECT_EQ(stored(type, with(0, 2)), 0) << "version";
    EXPECT_EQ(stored(type, with(1, 2)), 0) << "flags";
    EXPECT_EQ(stored(type, with(1, 1)), 0) << "too short for an init part";
    EXPECT_EQ(stored(type, with(2, static_cast<char>(1 - queue))), 0) << "another kind's queue";
    EXPECT_EQ(stored(type, with(2, 2)), 0);
    EXPECT_EQ(stored(type, good, 2), 1) << "one for each device";
  }
}

TEST(WatchAlarm, no_more_notes_than_envelopes_of_a_message) {
  WatchTown town;
  std::vector<std::pair<DeviceId, std::string>> notes;
  for (int i = 0; i < 64; ++i) notes.emplace_back(random_id<DeviceId>(town.random), note_frame(0));
  notes.emplace_back(town.mentor.primary().id(), note_frame(0));
  ASSERT_TRUE(town.post(town.sign({}), 0, notes).ok());
  EXPECT_EQ(town.count("SELECT count(*) FROM mailbox WHERE kind = 1"), 0) << "the 65th is dropped";
}

}  // namespace
}  // namespace livlina::testing

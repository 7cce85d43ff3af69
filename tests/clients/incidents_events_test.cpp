// Who is named beside an event of an incident: whoever signed this very event, and nobody else.
#include <gtest/gtest.h>

#include "tests/clients/incidents_bench.hpp"

namespace livlina::testing {
namespace {

using protocol::Act;
using protocol::RecordType;
using Who = WatchBench::Who;
using Incident = IncidentBench;
namespace is = incident;

constexpr std::uint32_t late_ok = 3, mistake = 4, cancel_late = 5, assigned = 12, renewed = 13,
                        offered = 14, accepted = 15, declined = 16, cancelled = 21, reopened = 22,
                        switched = 23;

struct Named : Incident {
  explicit Named(Who who = Who::bo) : Incident(who) {
    trust().set_person(cam.key(), "Cam", {});
    trust().set_person(bo.key(), "Bo", {});
    if (who == Who::bo) trust().set_person(sami.key(), "Sami", {});
  }
  // The event is the only one after the opening.
  const v1::EventPeople& people_of(std::uint32_t kind, const Bytes& record) {
    told.clear_events();
    event(is::opened);
    event(kind, record);
    view = tell();
    return view.event_people(1);
  }
  Bytes late(Instant pressed, bool by_shadow = false, std::uint8_t answer = 1) {
    return signed_record(spoken(answer, pressed), by_shadow);
  }
  // A miss of tonight's check-in.
  void missed() {
    now = deadline + minute;
    trigger(is::miss);
    told.mutable_triggers()->rbegin()->set_due(due);
    told.set_opened_at(now);
  }
  v1::IncidentView view;
};

// ---- what an honest server stores ----

TEST(IncidentEvents, T36_each_act_names_its_signer_under_its_own_event_only) {
  const struct {
    std::uint32_t kind;
    Act act;
  } rows[] = {{is::seen, Act::seen},   {is::took, Act::take},    {is::took_over, Act::take_over},
              {assigned, Act::assign}, {renewed, Act::renew},    {offered, Act::offer},
              {accepted, Act::accept}, {declined, Act::decline}, {is::ended, Act::resolve},
              {switched, Act::policy}};
  for (const auto& signed_as : rows)
    for (const auto& told_as : rows) {
      Named b;
      auto act = b.said_by(b.cam, signed_as.act, b.now);
      act.target = b.bo.key().bytes();
      const auto& people = b.people_of(told_as.kind, Incident::sign(act, b.cam));
      const bool same = signed_as.kind == told_as.kind;
      EXPECT_EQ(people.who(), same ? "Cam" : "") << signed_as.kind << " told as " << told_as.kind;
      EXPECT_EQ(people.contradicts(), !same);
      EXPECT_EQ(b.warnings("trigger_contradicts"), same ? 0 : 1);
      const bool means = same && (told_as.kind == assigned || told_as.kind == offered);
      EXPECT_EQ(people.whom(), means ? "Bo" : "");
      EXPECT_EQ(people.signed_at(), same ? b.now : 0);
    }
}

TEST(IncidentEvents, T36_who_reopened_it_signed_that_of_the_one_before) {
  for (const bool told : {true, false}) {
    Named b;
    const std::string ours = b.told.incident_id();
    b.told.set_incident_id(std::string(16, 'h'));
    const Bytes reopen = b.act(b.cam, Act::reopen, b.now);
    const Bytes elsewhere = b.act(b.cam, Act::seen, b.now);
    b.told.set_incident_id(ours);
    if (told) b.told.set_previous_id(std::string(16, 'h'));
    b.event(reopened, reopen);
    auto view = b.tell();
    EXPECT_EQ(view.event_people(0).who(), told ? "Cam" : "");
    EXPECT_EQ(b.warnings("trigger_contradicts"), 0) << "the one before may be deleted by now";
    b.event(is::seen, elsewhere);
    view = b.tell();
    EXPECT_EQ(view.event_people(1).who(), "") << "that is of another incident";
    EXPECT_EQ(b.warnings("trigger_contradicts"), 1);
  }
}

TEST(IncidentEvents, T36_a_word_of_the_participant_is_named_with_the_incident_that_it_means) {
  Named b;
  const Bytes older = b.record(RecordType::alarm, 2);
  const Bytes alarm = b.record(RecordType::alarm, 2);
  b.trigger(is::loud, alarm);
  EXPECT_EQ(b.people_of(cancel_late, b.record(RecordType::cancel, 0, 2)).who(), "Sami");
  EXPECT_EQ(b.people_of(mistake, b.record(RecordType::mistake, 0, 2)).who(), "Sami");
  EXPECT_EQ(b.people_of(cancelled, b.record(RecordType::cancel, 0, 2)).who(), "Sami");
  EXPECT_EQ(b.people_of(late_ok, b.record(RecordType::checkin, 1)).who(), "Sami");
  EXPECT_EQ(b.people_of(is::opened, alarm).who(), "Sami");
  EXPECT_EQ(b.warnings("trigger_contradicts"), 0);
  EXPECT_EQ(b.people_of(mistake, b.record(RecordType::mistake, 0, 1)).who(), "")
      << "another alarm was the mistake";
  EXPECT_TRUE(b.view.event_people(1).contradicts());
  EXPECT_EQ(b.warnings("trigger_contradicts"), 1);
}

// A wish to talk, or a not ok, may be a mistake as well.
TEST(IncidentEvents, T36_an_answer_that_raised_it_may_be_taken_back) {
  Named b;
  b.trigger(is::not_ok, b.record(RecordType::checkin, 3));
  EXPECT_EQ(b.people_of(mistake, b.record(RecordType::mistake, 0, 1)).who(), "Sami");
  EXPECT_EQ(b.warnings("trigger_contradicts"), 0);
}

// In a tunnel: it was pressed in time, and came when the check-in was missed already.
TEST(IncidentEvents, H05_T36_an_answer_that_came_late_is_named_with_the_check_in_that_it_answers) {
  Named b;
  const Bytes in_time = b.late(WatchBench::due - 10 * minute);
  b.missed();
  EXPECT_EQ(b.people_of(late_ok, in_time).who(), "Sami");
  EXPECT_EQ(b.view.event_people(1).signed_at(), WatchBench::due - 10 * minute);
  EXPECT_EQ(b.people_of(late_ok, b.late(b.now)).who(), "Sami");
  EXPECT_EQ(b.warnings("trigger_contradicts"), 0);
}

// The server tells a late ok of whatever is open when it comes: that is no lie, and no answer.
TEST(IncidentEvents, T36_an_ok_of_before_is_told_in_nobodys_name_and_accuses_nobody) {
  Named missed;
  const Bytes yesterday = [&] {
    auto r = missed.spoken(1, missed.now - day);
    r.slot_utc = WatchBench::due - day;
    return missed.signed_record(r);
  }();
  missed.missed();
  EXPECT_EQ(missed.people_of(late_ok, yesterday).who(), "");
  EXPECT_EQ(missed.warnings("trigger_contradicts"), 0);

  Named alarm;
  const Bytes before = alarm.late(alarm.now);
  alarm.trigger(is::loud, alarm.record(RecordType::alarm, 2));
  EXPECT_EQ(alarm.people_of(late_ok, before).who(), "") << "signed before the alarm";
  EXPECT_EQ(alarm.warnings("trigger_contradicts"), 0);
}

TEST(IncidentEvents, T36_a_story_without_its_beginning_is_not_accused_of_what_it_names) {
  Named b;
  const Bytes alarm = b.record(RecordType::alarm, 2);
  b.event(mistake, b.record(RecordType::mistake, 0, 1));
  EXPECT_EQ(b.tell().event_people(0).who(), "") << "the alarm is not told any more";
  EXPECT_EQ(b.warnings("trigger_contradicts"), 0);
  // Told whole, but with more triggers than are shown: the event tells of it.
  b.told.clear_events();
  b.event(is::opened, alarm);
  b.event(mistake, b.record(RecordType::mistake, 0, 1));
  EXPECT_EQ(b.tell().event_people(1).who(), "");
  EXPECT_EQ(b.warnings("trigger_contradicts"), 0);
}

// ---- what a hostile one makes of the signatures that it has ----

TEST(IncidentEvents, T36_a_signature_that_says_something_else_names_nobody) {
  const auto forged = [](std::uint32_t kind, const auto& make, bool warned = true) {
    Named b;
    const Bytes record = make(b);
    b.trigger(is::loud, b.record(RecordType::alarm, 2));
    EXPECT_EQ(b.people_of(kind, record).who(), "") << kind;
    EXPECT_EQ(b.warnings("trigger_contradicts"), warned ? 1 : 0) << kind;
  };
  const auto old_ok = [](Named& b) { return b.record(RecordType::checkin, 1); };
  const auto old_talk = [](Named& b) { return b.record(RecordType::checkin, 2); };
  const auto old_alarm = [](Named& b) { return b.record(RecordType::alarm, 2); };
  const auto old_cancel = [](Named& b) {
    (void)b.record(RecordType::alarm, 2);
    return b.record(RecordType::cancel, 0, 1);
  };
  const auto seen = [](Named& b) { return b.act(b.cam, Act::seen, b.now); };
  for (const std::uint32_t kind : {mistake, cancel_late, cancelled}) {
    forged(kind, old_ok);
    forged(kind, old_alarm);
    forged(kind, old_cancel);
    forged(kind, seen);
  }
  forged(late_ok, old_ok, false);
  forged(late_ok, old_talk);
  forged(late_ok, old_alarm);
  forged(late_ok, seen);
  for (const std::uint32_t kind : {is::took, is::took_over, accepted, is::ended}) {
    forged(kind, old_ok);
    forged(kind, seen);
  }
  forged(is::opened, old_ok);
  forged(is::opened, seen);
}

TEST(IncidentEvents, T36_one_signature_is_one_event) {
  Named b;
  const Bytes taken_over = b.act(b.cam, Act::take_over, b.now);
  b.event(is::opened);
  b.event(is::took_over, taken_over);
  b.event(is::took_over, taken_over);
  const auto view = b.tell();
  EXPECT_EQ(view.event_people(1).who(), "Cam");
  EXPECT_EQ(view.event_people(2).who(), "");
  EXPECT_EQ(b.warnings("trigger_contradicts"), 1);
}

// ---- the shadow ----

TEST(IncidentEvents, T36_what_was_said_under_duress_is_never_a_calm_word) {
  for (const std::uint32_t kind : {late_ok, mistake, cancel_late, cancelled, is::seen}) {
    Named b;
    b.trigger(is::loud, b.record(RecordType::alarm, 2));
    const auto type = kind == late_ok   ? RecordType::checkin
                      : kind == mistake ? RecordType::mistake
                                        : RecordType::cancel;
    const bool answer = type == RecordType::checkin;
    (void)b.record(RecordType::checkin, 1, 0, true);
    const Bytes record = b.record(type, answer ? 1 : 0, answer ? 0 : 1, true);
    const auto& people = b.people_of(kind, record);
    EXPECT_TRUE(people.under_duress()) << kind;
    EXPECT_EQ(people.who(), "Sami");
    EXPECT_TRUE(people.contradicts());
    EXPECT_EQ(b.warnings("trigger_contradicts"), 1) << "an honest server makes duress of it";
  }
}

TEST(IncidentEvents, T36_what_the_shadow_raised_is_named_as_under_duress) {
  Named b;
  b.told.set_lane(is::silent);
  const Bytes record = b.record(RecordType::checkin, 1, 0, true);
  b.trigger(is::duress, record);
  b.event(is::opened, record);
  const auto& people = b.tell().event_people(0);
  EXPECT_EQ(people.who(), "Sami");
  EXPECT_TRUE(people.under_duress());
  EXPECT_FALSE(people.contradicts());
  EXPECT_EQ(b.warnings("trigger_contradicts"), 0);
}

TEST(IncidentEvents, T36_who_does_not_know_the_shadow_says_so_and_accuses_nobody) {
  Named b;
  b.disk.erase("circle/" + b.circle.id.hex() + "/shadow");
  b.reopen();
  b.trust().set_person(b.sami.key(), "Sami", {});
  b.online();
  b.missed();
  const auto& people = b.people_of(late_ok, b.late(b.now));
  EXPECT_EQ(people.who(), "Sami");
  EXPECT_TRUE(people.duress_unknown());
  EXPECT_FALSE(people.under_duress());
  b.told.set_lane(is::silent);
  b.told.clear_triggers();
  b.trigger(is::duress);
  (void)b.people_of(is::opened, b.late(b.now, true));
  EXPECT_EQ(b.warnings("trigger_contradicts"), 0);
}

TEST(IncidentEvents, T30_the_participants_phone_never_says_duress) {
  for (const Who who : {Who::sami, Who::decoy}) {
    Named b(who);
    b.missed();
    for (const bool by_shadow : {false, true}) {
      const auto& people = b.people_of(late_ok, b.late(b.now, by_shadow));
      EXPECT_FALSE(people.under_duress());
      EXPECT_FALSE(people.duress_unknown());
    }
  }
}

}  // namespace
}  // namespace livlina::testing

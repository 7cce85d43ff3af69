// What a trigger is goes by the signed record behind it, not by what the server tells (T36).
#include <gtest/gtest.h>

#include "tests/clients/incidents_bench.hpp"

namespace livlina::testing {
namespace {

using protocol::Act;
using protocol::Reason;
using protocol::RecordType;
using protocol::StaffAct;
using Who = WatchBench::Who;
using Incident = IncidentBench;
namespace is = incident;

struct Told {
  RecordType type;
  std::uint8_t answer;
  bool by_shadow;
  std::uint32_t kind, lane;  // as an honest server tells them
};
constexpr Told honest[] = {
    {RecordType::checkin, 2, false, is::talk, is::open},
    {RecordType::checkin, 3, false, is::not_ok, is::open},
    {RecordType::alarm, 1, false, is::quiet, is::silent},
    {RecordType::alarm, 2, false, is::loud, is::open},
    {RecordType::alarm, 3, false, is::practice, is::drill},
    {RecordType::checkin, 1, true, is::duress, is::silent},
    {RecordType::alarm, 2, true, is::duress, is::silent},
    {RecordType::alarm, 3, true, is::duress, is::silent},
};

TEST(IncidentProof, T36_kind_and_lane_are_those_of_the_signed_record) {
  for (const Told& truth : honest) {
    for (const Told& told : honest) {
      const bool same = told.kind == truth.kind;
      Incident b;
      b.told.set_severity(1);
      b.told.set_lane(told.lane);
      b.trigger(told.kind, b.record(truth.type, truth.answer, 0, truth.by_shadow));
      const auto& v = b.tell();
      EXPECT_EQ(v.trigger_contradicts(), !same) << truth.kind << " told as " << told.kind;
      EXPECT_EQ(b.warnings("trigger_contradicts"), same ? 0 : 1);
      EXPECT_EQ(v.incident().triggers(0).kind(), truth.kind) << "the record's word is shown";
    }
  }
}

TEST(IncidentProof, T36_a_loud_alarm_told_as_a_drill_is_shown_as_what_it_is) {
  Incident b;
  b.told.set_lane(is::drill);
  b.told.set_severity(1);
  b.trigger(is::practice, b.record(RecordType::alarm, 2));
  const auto& v = b.tell();
  EXPECT_TRUE(v.trigger_contradicts());
  EXPECT_FALSE(v.lane_verified());
  EXPECT_EQ(v.incident().triggers(0).severity(), 4u);
  // Who believed the server and ended the drill did not end the alarm.
  b.event(is::ended, b.resolve(b.cam, Reason::drill_done));
  b.told.set_state(is::resolved);
  EXPECT_FALSE(b.tell().taken_verified());
}

TEST(IncidentProof, T36_a_lane_that_is_told_without_a_record) {
  Incident b;
  b.told.set_lane(is::drill);
  EXPECT_FALSE(b.tell().lane_verified()) << "the record of the alarm is withheld";
  EXPECT_EQ(b.warnings("trigger_contradicts"), 0);
  b.trigger(is::miss);
  EXPECT_TRUE(b.tell().trigger_contradicts()) << "a miss is never a drill";
  Incident silent;
  silent.told.set_lane(is::silent);
  silent.trigger(is::duress);
  EXPECT_FALSE(silent.tell().trigger_contradicts()) << "a log-in by the shadow has no record";
  Incident hushed;
  hushed.told.set_lane(is::silent);
  hushed.trigger(is::miss);
  EXPECT_TRUE(hushed.tell().trigger_contradicts()) << "nobody would call because of it";
}

TEST(IncidentProof, T36_severity_is_never_told_lower_than_signed) {
  Incident b;
  b.trigger(is::not_ok, b.record(RecordType::checkin, 3));
  b.told.set_severity(1);
  EXPECT_TRUE(b.tell().trigger_contradicts());
  b.told.set_severity(4);
  EXPECT_FALSE(b.tell().trigger_contradicts()) << "others may have raised it";
  b.told.mutable_triggers(0)->set_severity(2);
  EXPECT_TRUE(b.tell().trigger_contradicts());
}

TEST(IncidentProof, T36_who_does_not_know_the_shadow_accuses_nobody_of_duress) {
  Incident b;
  b.disk.erase("circle/" + b.circle.id.hex() + "/shadow");
  b.reopen();
  b.online();
  b.told.set_lane(is::silent);
  b.trigger(is::duress, b.record(RecordType::checkin, 1, 0, true));
  EXPECT_FALSE(b.tell().trigger_contradicts());
}

}  // namespace
}  // namespace livlina::testing

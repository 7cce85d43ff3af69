#include "server/policy/judge.hpp"

#include <gtest/gtest.h>

namespace livlina::server::policy {
namespace {

using What = Verdict::What;

TEST(Judge, I10_the_shadow_makes_duress_of_everything_and_never_calms) {
  for (const RecordKind kind : {RecordKind::checkin, RecordKind::alarm, RecordKind::cancel,
                                RecordKind::mistake, RecordKind::login})
    for (std::uint8_t answer = 0; answer <= 3; ++answer)
      for (const bool late : {false, true}) {
        const Verdict v = judge({kind, answer, true, late});
        EXPECT_EQ(v.what, What::trigger);
        EXPECT_EQ(v.kind, TriggerKind::duress);
        EXPECT_EQ(lane(v.kind), Lane::silent);
        EXPECT_EQ(severity(v.kind), 4);
      }
}

TEST(Judge, answers_of_the_primary) {
  EXPECT_EQ(judge({RecordKind::checkin, 1, false, false}).what, What::nothing);
  EXPECT_EQ(judge({RecordKind::checkin, 1, false, true}).what, What::late_ok);
  for (const bool late : {false, true}) {
    EXPECT_EQ(judge({RecordKind::checkin, 2, false, late}),
              (Verdict{What::trigger, TriggerKind::talk}));
    EXPECT_EQ(judge({RecordKind::checkin, 3, false, late}),
              (Verdict{What::trigger, TriggerKind::not_ok}));
  }
  EXPECT_EQ(judge({RecordKind::alarm, 1, false, false}).kind, TriggerKind::silent_alarm);
  EXPECT_EQ(judge({RecordKind::alarm, 2, false, false}).kind, TriggerKind::loud_alarm);
  EXPECT_EQ(judge({RecordKind::alarm, 3, false, false}).kind, TriggerKind::drill);
  EXPECT_EQ(judge({RecordKind::cancel, 0, false, false}).what, What::cancel);
  EXPECT_EQ(judge({RecordKind::mistake, 0, false, false}).what, What::mistake);
}

TEST(Judge, H35_lanes_and_severities) {
  EXPECT_EQ(lane(TriggerKind::drill), Lane::drill);
  EXPECT_EQ(lane(TriggerKind::silent_alarm), Lane::silent);
  for (const TriggerKind kind :
       {TriggerKind::miss, TriggerKind::talk, TriggerKind::not_ok, TriggerKind::loud_alarm})
    EXPECT_EQ(lane(kind), Lane::open);
  EXPECT_LT(severity(TriggerKind::talk), severity(TriggerKind::miss));
  EXPECT_LT(severity(TriggerKind::miss), severity(TriggerKind::not_ok));
  EXPECT_LT(severity(TriggerKind::not_ok), severity(TriggerKind::loud_alarm));
}

}  // namespace
}  // namespace livlina::server::policy

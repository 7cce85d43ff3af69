#include "protocol/records/staff_act.hpp"

#include <gtest/gtest.h>

#include "tests/protocol/record_samples.hpp"
#include "tests/protocol/why.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

std::optional<Error> refusal(const StaffAct& act) {
  return why(verify_act(sign_act(act, owner()), owner().public_key()));
}

TEST(StaffAct, every_act_is_read_back_as_written) {
  for (int n = 1; n <= 18; ++n) {
    StaffAct act = sample_act();
    act.act = static_cast<Act>(n);
    act.target = hash_of(static_cast<std::uint8_t>(n));
    const auto back = verify_act(sign_act(act, owner()), owner().public_key());
    ASSERT_TRUE(back.ok()) << n;
    EXPECT_EQ((*back)->act, act.act);
    EXPECT_EQ((*back)->circle, act.circle);
    EXPECT_EQ((*back)->incident, act.incident);
    EXPECT_EQ((*back)->target, act.target);
    EXPECT_EQ((*back)->seen_act, act.seen_act);
    EXPECT_EQ((*back)->actor, act.actor);
    EXPECT_EQ((*back)->reason, act.reason);
    EXPECT_EQ((*back)->note_ref, act.note_ref);
    EXPECT_EQ((*back)->time, act.time);
  }
}

TEST(StaffAct, unknown_acts_and_reasons_are_refused) {
  StaffAct act = sample_act();
  for (const int n : {0, 19, 255}) {
    act.act = static_cast<Act>(n);
    EXPECT_EQ(refusal(act), Error::bad_format) << n;
  }
  act = sample_act();
  for (const int n : {7, 255}) {
    act.reason = static_cast<Reason>(n);
    EXPECT_EQ(refusal(act), Error::bad_format) << n;
  }
}

TEST(StaffAct, T36_only_the_actors_own_key_takes_or_closes) {
  const Bytes record = sign_act(sample_act(), sign_key(0x70));
  EXPECT_EQ(why(verify_act(record, owner().public_key())), Error::bad_signature);
}

TEST(StaffAct, G3_an_incident_is_closed_only_with_a_reason_and_by_name) {
  StaffAct act = sample_act();
  act.reason = Reason::none;
  EXPECT_EQ(refusal(act), Error::bad_format);
  act = sample_act();
  act.incident = IncidentId{};
  EXPECT_EQ(refusal(act), Error::bad_format);
  act.act = Act::approve;  // concerns a plan, not an incident
  act.reason = Reason::none;
  EXPECT_EQ(refusal(act), std::nullopt);
  act.act = Act::take;
  EXPECT_EQ(refusal(act), Error::bad_format);
}

TEST(StaffAct, T28_a_wrong_clock_is_no_reason_to_refuse) {
  StaffAct act = sample_act();
  act.time = 0;
  EXPECT_EQ(refusal(act), std::nullopt);
  act.time = std::numeric_limits<Instant>::max();
  EXPECT_EQ(refusal(act), Error::bad_dates);
}

TEST(StaffAct, peek_tells_the_actor_without_trust) {
  const Bytes record = sign_act(sample_act(), owner());
  EXPECT_EQ(*peek_actor(record), sample_act().actor);
  EXPECT_FALSE(peek_actor(ByteView(record).first(218)).ok());
  EXPECT_FALSE(peek_actor({}).ok());
}

}  // namespace
}  // namespace livlina::testing

// Plans that a restored server had lost come again before the next one: they link the two, and are
// never in force. A chain that does not hold changes nothing.
#include <gtest/gtest.h>

#include "server/services/handlers.hpp"
#include "tests/services/watch_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;

// The server has the first plan; the phone has signed more.
class PlanLinks : public ::testing::Test {
 protected:
  PlanLinks() : town(CircleState::setup) { town.accept_plan({town.daily_at(12 * 60)}); }
  void sign(int more) {
    for (int i = 0; i < more; ++i)
      signed_here.push_back(
          town.circle.next_plan(town.participant, {town.daily_at(13 * 60)}, town.now));
  }
  // The last of them, with all the others before it.
  v1::PutPlan request() {
    v1::PutPlan out;
    for (std::size_t i = 0; i + 1 < signed_here.size(); ++i)
      out.add_before(to_string(ByteView(signed_here[i])));
    out.set_record(to_string(ByteView(signed_here.back())));
    return out;
  }
  std::optional<Refusal> put(const v1::PutPlan& request) {
    Answer<Unit> answer = refuse(Code::internal);
    town.commit([&](Turn& t) { answer = put_plan(t, town.as(town.participant), request); });
    return answer.ok() ? std::nullopt : std::optional(answer.error());
  }
  std::int64_t newest() { return town.count("SELECT max(version) FROM plan"); }
  void nothing_changes(const v1::PutPlan& request, Code code) {
    const auto refusal = put(request);
    ASSERT_TRUE(refusal.has_value());
    EXPECT_EQ(refusal->code, code);
    EXPECT_EQ(newest(), 1);
  }
  WatchTown town;
  std::vector<Bytes> signed_here;
};

TEST_F(PlanLinks, T6_as_many_as_a_device_keeps_link_the_next_plan) {
  sign(static_cast<int>(protocol::max_plan_links) + 1);
  EXPECT_FALSE(put(request()).has_value());
  EXPECT_EQ(newest(), static_cast<std::int64_t>(protocol::max_plan_links) + 2);
}

TEST_F(PlanLinks, T24_more_are_refused_unread) {
  sign(static_cast<int>(protocol::max_plan_links) + 2);
  nothing_changes(request(), Code::malformed);
}

TEST_F(PlanLinks, T6_a_gap_or_a_broken_link_changes_nothing) {
  sign(3);
  v1::PutPlan gap = request();
  gap.mutable_before()->DeleteSubrange(0, 1);
  nothing_changes(gap, Code::conflict);
  v1::PutPlan broken = request();
  broken.mutable_before(1)->back() ^= 1;
  nothing_changes(broken, Code::bad_record);
}

TEST_F(PlanLinks, T34_plans_of_others_link_nothing) {
  sign(3);
  TestCircle theirs = town.circle;
  const Person other = make_participant(town.random, town.now);
  theirs.plan.participant = other.key();
  v1::PutPlan request = this->request();
  request.set_before(0, to_string(ByteView(theirs.next_plan(other, {}, town.now))));
  nothing_changes(request, Code::forbidden);
}

}  // namespace
}  // namespace livlina::testing

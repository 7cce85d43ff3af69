// After a restore members ask for the incident of each alarm that they hold, whatever the server
// says of its epochs.
#include "tests/clients/restore_bench.hpp"

namespace livlina::testing::sim {
namespace {

// A server that claims a restore at every log-in, and ends each connection before the minute is
// over.
TEST(RestoreDoubt, G3_ever_new_epochs_keep_no_member_from_asking) {
  RestoreBench b(602);
  Village& v = b.v;
  b.arm();
  b.alarm_after_the_copy(10 * second);
  v.participant.disconnect();
  b.restart(&b.copy, 50 * second);
  for (int i = 0; i < 10; ++i) b.restart(nullptr, 50 * second);
  for (Phone* p : {&v.contact, &v.mentor, &v.coordinator})
    EXPECT_EQ(RestoreBench::standing(*p).count("alarm_without_incident"), 1u) << p->name();
}

}  // namespace
}  // namespace livlina::testing::sim

// The mark of the shadow reaches everybody, or the participant is told: who lacks it cannot tell
// duress.
#include <gtest/gtest.h>

#include "clients/core/introductions.hpp"
#include "tests/clients/sim_commands.hpp"

namespace livlina::testing::sim {
namespace {

struct Marks : ::testing::Test {
  Marks() : v(61), late(v.world.add("Lo")) {}
  // Another mentor joins the pool; whatever the participant writes to her is lost at the server.
  void SetUp() override {
    ASSERT_TRUE(v.ok);
    late.on_frame = [](v1::ServerFrame& f) {
      return !(f.has_delivery() && f.delivery().has_frame());
    };
    ASSERT_TRUE(pair(v.coordinator, late, 1, Role::mentor).ok);
    v.world.advance(minute);
    lose_mail();
    v.participant.clear();
  }
  void lose_mail() {
    const auto device = DeviceId::from(late.status().device());
    ASSERT_TRUE(device);
    late.disconnect();
    v.world.db().run("DELETE FROM mailbox WHERE device = ?", *device);
  }
  [[nodiscard]] bool late_knows() {
    return late.values().count("circle/" + v.circle().hex() + "/shadow") != 0;
  }
  Village v;
  Phone& late;
};

TEST_F(Marks, T30_a_mark_that_was_lost_is_sent_again_until_it_is_receipted) {
  ASSERT_FALSE(late_knows());
  v.world.advance(client::mark_repeat - hour);
  EXPECT_FALSE(v.participant.warned("mark_unconfirmed"));
  v.world.advance(2 * hour);
  ASSERT_TRUE(v.participant.warned("mark_unconfirmed"));
  EXPECT_EQ(v.participant.last(v1::Event::kWarning)->warning().detail(), "Lo");
  lose_mail();  // again
  v.world.advance(client::mark_repeat);
  late.on_frame = nullptr;
  ASSERT_TRUE(late.reopen());
  late.connect();
  v.world.advance(minute);
  EXPECT_TRUE(late_knows());
  v.world.advance(client::mark_repeat);
  v.participant.clear();
  v.world.advance(5 * day);
  EXPECT_FALSE(v.participant.warned("mark_unconfirmed"));
}

TEST_F(Marks, T30_a_mark_is_written_anew_when_its_letter_has_expired) {
  v.participant.disconnect();
  v.world.advance(31 * day);
  ASSERT_TRUE(v.coordinator.ok(plain(v1::Command::kRenewDesk)));
  late.on_frame = nullptr;
  late.connect();
  ASSERT_TRUE(v.participant.reopen());
  v.participant.connect();
  v.world.advance(2 * hour);
  EXPECT_TRUE(late_knows());
}

TEST_F(Marks, T30_everybody_else_has_it_at_once_and_nothing_is_repeated) {
  int letters = 0;
  v.participant.on_request = [&](v1::Request& r) {
    letters += r.has_post_message() ? 1 : 0;
    return true;
  };
  late.on_frame = nullptr;
  late.connect();
  v.world.advance(2 * client::mark_repeat);  // her own, once
  letters = 0;
  v.world.advance(5 * day);
  EXPECT_EQ(letters, 0);
}

}  // namespace
}  // namespace livlina::testing::sim

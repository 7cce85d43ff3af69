// The mark of the shadow goes to each device of an account, and only its own receipt counts.
#include <gtest/gtest.h>

#include "clients/core/introductions.hpp"
#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

// Sami's phone, whose people were introduced a moment ago; nothing was given to the server.
struct MarkDevices : ::testing::Test {
  MarkDevices() : b(WatchBench::Who::sami) {
    b.store().put("shadow_mark", b.sami.shadow_mark());
    auto identity = client::load_identity(b.store());
    EXPECT_TRUE(identity.ok() && *identity);
    self = std::move(*identity);
    EXPECT_TRUE(marks.load(*self).ok());
    b.online();
    settle();
  }
  void settle() {
    marks.settle();
    b.messenger().tick();
    b.commit();
  }
  void list_again() {
    ASSERT_TRUE(b.trust().accept_device_list(b.bo.next_list(b.now, b.random)).ok());
    b.messenger().tick();
  }
  [[nodiscard]] bool on_its_way(const DeviceId& device) {
    ByteReader r(b.store().get("mark_sent/" + hex(b.bo.key().view())));
    (void)r.u8();
    return b.messenger().on_its_way(MessageId{r.array<16>()}, b.bo.key(), device);
  }
  WatchBench b;
  std::optional<client::Identity> self;
  client::Introductions marks{b.context(), b.trust(), b.messenger()};
};

TEST_F(MarkDevices, T30_a_device_that_was_dropped_has_receipted_nothing) {
  const DeviceId lost = b.bo.primary().id();
  ASSERT_TRUE(on_its_way(lost));
  b.bo.devices[0] = make_device(b.random);
  list_again();
  ASSERT_FALSE(on_its_way(lost)) << "the letter has gone";
  marks.tick();
  settle();
  EXPECT_TRUE(on_its_way(b.bo.primary().id())) << "a mark for the one in its place";
  EXPECT_EQ(b.warnings("mark_unconfirmed"), 0);
  b.now += client::mark_repeat;
  b.context().now = b.now;
  marks.tick();
  b.commit();
  EXPECT_EQ(b.warnings("mark_unconfirmed"), 2) << "neither Bo nor Cam has receipted it";
}

TEST_F(MarkDevices, T30_a_later_device_gets_the_mark_too) {
  b.bo.devices.push_back(make_device(b.random));
  list_again();
  EXPECT_FALSE(on_its_way(b.bo.devices[1].id()));
  settle();
  EXPECT_TRUE(on_its_way(b.bo.devices[0].id()));
  EXPECT_TRUE(on_its_way(b.bo.devices[1].id()));
}

}  // namespace
}  // namespace livlina::testing

// What a device keeps of what the server took is bounded: the newest records, and of few their
// notes.
#include "clients/core/given.hpp"

#include <gtest/gtest.h>

#include "livlina/checkin.pb.h"
#include "tests/clients/watch_bench.hpp"

namespace livlina::testing {
namespace {

constexpr Instant noon = WatchBench::noon;

v1::PostRecord post_of(std::size_t number) {
  v1::PostRecord out;
  out.set_record("record " + std::to_string(number));
  out.add_notes()->set_frame("note");
  return out;
}

TEST(Given, T24_the_newest_records_are_kept_and_of_few_their_notes) {
  client::Store store{crypto::Vault::Values{}};
  constexpr std::size_t more = 6, notes = 8;
  for (std::size_t i = 1; i <= client::given_posts_kept + more; ++i)
    client::keep_given_post(store, i, noon, noon, post_of(i));
  const auto kept = client::given_posts(store, noon);
  ASSERT_EQ(kept.size(), client::given_posts_kept);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i].record(), post_of(i + 1 + more).record());
    EXPECT_EQ(kept[i].notes_size(), i + notes >= kept.size() ? 1 : 0) << i;
  }
}

TEST(Given, T24_a_record_is_kept_for_thirty_days) {
  client::Store store{crypto::Vault::Values{}};
  client::keep_given_post(store, 1, noon, noon, post_of(1));
  EXPECT_EQ(client::given_posts(store, noon + client::given_post_life - 1).size(), 1u);
  EXPECT_TRUE(client::given_posts(store, noon + client::given_post_life).empty());
  client::keep_given_post(store, 2, noon + client::given_post_life, noon, post_of(2));
  EXPECT_EQ(store.keys("given/").size(), 1u) << "and is not left in the vault";
}

TEST(Given, T17_a_restore_counts_for_a_day_whatever_the_clock_was) {
  WatchBench b(WatchBench::Who::bo, scope_all);
  client::Context& context = b.context();
  EXPECT_FALSE(client::restored_at(context));
  context.now = noon;
  client::keep_restored(context);
  context.now = noon + hour;
  client::keep_restored(context);
  for (const Duration by : {-day + 1, -minute, Duration{0}, day - 1}) {
    context.now = noon + by;
    EXPECT_EQ(client::restored_at(context), noon) << by << ": the first of a day";
  }
  for (const Duration by : {-day, day}) {
    context.now = noon + by;
    EXPECT_FALSE(client::restored_at(context)) << by;
  }
  client::keep_restored(context);
  EXPECT_EQ(client::restored_at(context), noon + day);
}

}  // namespace
}  // namespace livlina::testing

#include "server/policy/notification.hpp"

#include <gtest/gtest.h>

namespace livlina::server::policy {
namespace {

using E = NotificationEvent;

TEST(Notification, G5_goes_again_from_five_seconds_to_five_minutes) {
  EXPECT_EQ(backoff(1), 5 * second);
  EXPECT_EQ(backoff(2), 10 * second);
  EXPECT_EQ(backoff(6), 160 * second);
  EXPECT_EQ(backoff(7), 5 * minute);
  EXPECT_EQ(backoff(1000), 5 * minute);
  Notification n;
  n.next_at = 100;
  n = step(n, E::due, 1000);
  EXPECT_EQ(n.attempts, 1);
  EXPECT_EQ(n.next_at, 1000 + 5 * second);
}

TEST(Notification, I7_pending_has_a_next_instant_and_an_end_has_none) {
  Notification n;
  n.next_at = 0;
  EXPECT_TRUE(step(n, E::due, 5).next_at);
  for (const E e : {E::receipt, E::accepted, E::permanent, E::obsolete}) {
    const Notification ended = step(n, e, 5);
    EXPECT_NE(ended.state, NotificationState::pending);
    EXPECT_FALSE(ended.next_at);
    for (const E again : {E::due, E::receipt, E::accepted, E::permanent, E::obsolete})
      EXPECT_EQ(step(ended, again, 9), ended) << "an end is an end";
  }
}

using K = NotificationKind;
using C = NoticeCode;

TEST(Notification, I7_what_only_informs_replaces_nothing_but_its_like) {
  EXPECT_EQ(in_place_of(K::page, C::page_open, K::page, C::page_open), K::page);
  EXPECT_EQ(in_place_of(K::warning, C::step_empty, K::page, C::page_open), K::page);
  EXPECT_EQ(in_place_of(K::warning, C::step_empty, K::update, C::taken), K::update);
  EXPECT_FALSE(in_place_of(K::page, C::page_open, K::warning, C::step_empty));
  for (const C code : {C::taken, C::trigger_added, C::resolved}) {
    EXPECT_FALSE(in_place_of(K::page, C::page_raised, K::update, code)) << static_cast<int>(code);
    EXPECT_FALSE(in_place_of(K::reminder, C::lease_ending, K::update, code));
    EXPECT_FALSE(in_place_of(K::update, C::offered, K::update, code));
  }
}

TEST(Notification, H29_an_offer_and_the_end_of_a_lease_are_never_swallowed_by_a_page) {
  EXPECT_EQ(in_place_of(K::page, C::page_raised, K::update, C::offered), K::page) << "still a page";
  EXPECT_EQ(in_place_of(K::page, C::page_raised, K::update, C::offer_declined), K::page);
  EXPECT_EQ(in_place_of(K::page, C::page_raised, K::reminder, C::lease_ending), K::page);
  EXPECT_EQ(in_place_of(K::page, C::page_raised, K::update, C::lease_ended), K::update);
  EXPECT_EQ(in_place_of(K::update, C::trigger_added, K::reminder, C::lease_ending), K::reminder);
  EXPECT_EQ(in_place_of(K::update, C::lease_ended, K::page, C::page_open), K::page);
}

}  // namespace
}  // namespace livlina::server::policy

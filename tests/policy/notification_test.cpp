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

TEST(Notification, H18_severity_then_newest) {
  EXPECT_TRUE(goes_before({4, 1}, {2, 9}));
  EXPECT_FALSE(goes_before({2, 9}, {4, 1}));
  EXPECT_TRUE(goes_before({2, 9}, {2, 1}));
}

TEST(Notification, I7_what_only_informs_never_replaces_a_page) {
  EXPECT_TRUE(replaces(NotificationKind::page, NotificationKind::page));
  EXPECT_TRUE(replaces(NotificationKind::page, NotificationKind::warning));
  EXPECT_TRUE(replaces(NotificationKind::update, NotificationKind::warning));
  EXPECT_FALSE(replaces(NotificationKind::warning, NotificationKind::page));
  EXPECT_FALSE(replaces(NotificationKind::update, NotificationKind::page));
}

}  // namespace
}  // namespace livlina::server::policy

#include "crypto/e2ee/kinds.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace livlina::testing {
namespace {

using namespace livlina::crypto;

TEST(Kinds, thirteen_of_them_and_no_other) {
  std::set<std::string_view> names;
  for (int k = 0; k < 256; ++k) {
    const KindRule* r = rule(static_cast<std::uint8_t>(k));
    ASSERT_EQ(r != nullptr, k >= 1 && k <= 13) << k;
    if (r == nullptr) continue;
    EXPECT_EQ(static_cast<int>(r->kind), k);
    EXPECT_TRUE(names.insert(r->name).second);
  }
}

TEST(Kinds, T30_receipt_alarm_and_checkin_note_have_one_size) {
  for (std::uint8_t k = 1; k <= 13; ++k)
    EXPECT_EQ(rule(k)->fixed_size, k == 2 || k == 4 || k == 6 ? 1024 : 0) << int{k};
}

TEST(Kinds, T26_what_an_alarm_needs_has_its_own_queue) {
  for (std::uint8_t k = 1; k <= 13; ++k) {
    const bool alarm = k == 4 || k == 5 || k == 7 || k == 13;
    const bool bulk = k == 3 || k == 11;
    const Queue queue = alarm ? Queue::alarm : bulk ? Queue::bulk : Queue::normal;
    EXPECT_EQ(rule(k)->queue, queue) << int{k};
  }
}

TEST(Kinds, T34_only_the_participant_raises_alarms_and_checks_in) {
  for (std::uint8_t k : std::initializer_list<std::uint8_t>{4, 5, 6, 12, 13}) {
    for (std::uint8_t role = 1; role <= 6; ++role) {
      const bool participant = role == 1;
      EXPECT_EQ(allows(rule(k)->senders, static_cast<Role>(role)), participant) << int{k};
      EXPECT_EQ(allows(rule(k)->receivers, static_cast<Role>(role)), !participant) << int{k};
    }
  }
}

TEST(Kinds, T34_relatives_and_agencies_neither_propose_nor_read_the_audit) {
  for (Role r : {Role::relative, Role::partner_agency}) {
    for (std::uint8_t k : std::initializer_list<std::uint8_t>{8, 9, 11})
      EXPECT_FALSE(allows(rule(k)->senders, r)) << int{k};
    for (std::uint8_t k : std::initializer_list<std::uint8_t>{9, 11})
      EXPECT_FALSE(allows(rule(k)->receivers, r)) << int{k};
  }
  EXPECT_FALSE(allows(rule(11)->senders, Role::participant));
}

TEST(Kinds, every_rule_names_known_roles_and_one_scope) {
  for (std::uint8_t k = 1; k <= 13; ++k) {
    const KindRule& r = *rule(k);
    EXPECT_NE(r.senders, 0);
    EXPECT_NE(r.receivers, 0);
    EXPECT_EQ((r.senders | r.receivers) & ~0x7e, 0);
    EXPECT_EQ(r.scope & (r.scope - 1), 0);
    EXPECT_EQ(r.scope & ~scope_all, 0);
  }
}

}  // namespace
}  // namespace livlina::testing

// How sessions begin and end: both at once, without a one-time key, replayed, renewed.
#include <gtest/gtest.h>

#include "clients/core/message_layout.hpp"
#include "tests/clients/town.hpp"

namespace livlina::testing {

using Texts = std::vector<std::string>;

namespace {

std::size_t stored(const Phone& phone, const std::string& prefix) {
  std::size_t out = 0;
  for (const auto& [key, value] : phone.disk) out += key.rfind(prefix, 0) == 0 ? 1 : 0;
  return out;
}

// Everything about sessions is gone, as after 35 days without use.
void forget_sessions(Phone& phone) {
  for (auto it = phone.disk.begin(); it != phone.disk.end();)
    it = it->first.rfind("session/", 0) == 0 || it->first.rfind("peer/", 0) == 0
             ? phone.disk.erase(it)
             : std::next(it);
  phone.disconnect();
  phone.boot();
  phone.connect();
}

}  // namespace

TEST(MessengerSessions, both_start_at_once_and_agree_on_one) {
  Town town;
  town.connect_all();
  (void)town.sara_phone.say("from sara", town.circle, {town.bo.key()});
  (void)town.bo_phone.say("from bo", town.circle, {town.sara.key()});
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{"from sara"});
  EXPECT_EQ(town.sara_phone.screen(), Texts{"from bo"});
  (void)town.sara_phone.say("again", town.circle, {town.bo.key()});
  (void)town.bo_phone.say("yes", town.circle, {town.sara.key()});
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"from sara", "again"}));
  EXPECT_EQ(town.sara_phone.screen(), (Texts{"from bo", "yes"}));
  EXPECT_EQ(Town::sids(town.sara_phone, town.bo_phone).size(), 2u);
  EXPECT_EQ(Town::sending_sid(town.sara_phone, town.bo_phone),
            Town::sending_sid(town.bo_phone, town.sara_phone));
  EXPECT_EQ(town.sara_phone.warnings("gap") + town.bo_phone.warnings("gap"), 0);
}

TEST(MessengerSessions, one_time_key_is_erased_with_the_first_opened_body) {
  Town town;
  town.bo_phone.connect();
  town.settle();
  const std::size_t before = stored(town.bo_phone, "prekeys/one_time/");
  town.bo_phone.disconnect();
  town.sara_phone.connect();
  (void)town.sara_phone.say("hej", town.circle, {town.bo.key()});
  town.settle();
  const std::size_t handed_out =
      before - town.office.prekeys[town.bo_phone.device()].one_time.size();
  EXPECT_EQ(stored(town.bo_phone, "prekeys/one_time/"), before);
  town.bo_phone.connect();
  town.settle();
  EXPECT_EQ(handed_out, 2u);  // Sara's session, and her shadow's
  EXPECT_EQ(stored(town.bo_phone, "prekeys/one_time/"), before - handed_out);
}

TEST(MessengerSessions, T6_without_one_time_keys_a_replayed_init_part_is_known) {
  Town town;
  town.office.hands_out_one_time_keys = false;
  town.bo_phone.connect();
  town.settle();
  town.bo_phone.disconnect();
  town.sara_phone.connect();
  (void)town.sara_phone.say("hej", town.circle, {town.bo.key()});
  town.settle();
  const auto rows = town.office.mailboxes[town.bo_phone.device()];
  town.bo_phone.connect();
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{"hej"});
  EXPECT_GE(stored(town.bo_phone, "prekeys/init/"), 1u);

  forget_sessions(town.bo_phone);
  const int posts = town.office.posts;
  for (const auto& row : rows) town.office.put(town.bo_phone.device(), row.frame);
  town.settle();
  EXPECT_EQ(stored(town.bo_phone, "session/"), 0u);
  EXPECT_EQ(town.office.posts, posts);
  EXPECT_TRUE(town.office.mailboxes[town.bo_phone.device()].empty());
}

TEST(MessengerSessions, T6_a_replayed_init_part_with_a_used_one_time_key_is_dropped) {
  Town town;
  town.bo_phone.connect();
  town.settle();
  town.bo_phone.disconnect();
  town.sara_phone.connect();
  (void)town.sara_phone.say("hej", town.circle, {town.bo.key()});
  town.settle();
  const auto rows = town.office.mailboxes[town.bo_phone.device()];
  town.bo_phone.connect();
  town.settle();
  forget_sessions(town.bo_phone);
  for (const auto& row : rows) town.office.put(town.bo_phone.device(), row.frame);
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{"hej"});
  EXPECT_EQ(stored(town.bo_phone, "session/"), 0u);
}

TEST(MessengerSessions, a_new_one_after_ninety_days_and_the_old_one_ends) {
  Town town;
  town.connect_all();
  (void)town.sara_phone.say("zero", town.circle, {town.bo.key()});
  town.settle();
  (void)town.bo_phone.say("hello", town.circle, {town.sara.key()});
  town.settle();
  const std::string first = Town::sending_sid(town.sara_phone, town.bo_phone);
  town.pass(89 * day);
  (void)town.sara_phone.say("day 89", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(Town::sending_sid(town.sara_phone, town.bo_phone), first);
  town.pass(2 * day);
  (void)town.sara_phone.say("day 91", town.circle, {town.bo.key()});
  town.settle();
  const std::string second = Town::sending_sid(town.sara_phone, town.bo_phone);
  EXPECT_NE(second, first);
  EXPECT_EQ(Town::sids(town.sara_phone, town.bo_phone).count(first), 1u);
  town.pass(36 * day);
  EXPECT_EQ(Town::sids(town.sara_phone, town.bo_phone), std::set<std::string>{second});
  (void)town.bo_phone.say("day 127", town.circle, {town.sara.key()});
  town.settle();
  EXPECT_EQ(town.sara_phone.screen(), (Texts{"hello", "day 127"}));
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "day 89", "day 91"}));
}

TEST(MessengerSessions, T17_an_older_signed_prekey_is_refused_and_the_old_session_goes_on) {
  Town town;
  town.connect_all();
  auto& prekeys = town.office.prekeys[town.bo_phone.device()];
  const std::string first = prekeys.spk;
  town.pass(8 * day);
  ASSERT_NE(prekeys.spk, first);  // a week old: replaced
  (void)town.sara_phone.say("zero", town.circle, {town.bo.key()});
  town.settle();
  const std::string sid = Town::sending_sid(town.sara_phone, town.bo_phone);
  town.bo_phone.disconnect();
  town.pass(91 * day);
  prekeys.spk = first;
  (void)town.sara_phone.say("one", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(town.sara_phone.warnings("bad_prekey"), 1);
  EXPECT_EQ(Town::sending_sid(town.sara_phone, town.bo_phone), sid);
  EXPECT_EQ(town.sara_phone.state_of("one"), 2);
}

TEST(MessengerSessions, T10_the_stock_of_one_time_keys_is_filled_up_again) {
  Town town;
  town.bo_phone.connect();
  town.settle();
  auto& stock = town.office.prekeys[town.bo_phone.device()].one_time;
  EXPECT_EQ(stock.size(), client::one_time_stock);
  town.bo_phone.disconnect();
  stock.resize(client::one_time_low);
  town.bo_phone.connect();
  town.settle();
  EXPECT_EQ(stock.size(), client::one_time_low);
  town.bo_phone.disconnect();
  stock.resize(client::one_time_low - 1);
  town.bo_phone.connect();
  town.settle();
  EXPECT_EQ(stock.size(), client::one_time_stock);
}

}  // namespace livlina::testing

// A session that cannot go on: gap, a new session, and again what has no receipt.
#include <gtest/gtest.h>

#include "tests/clients/town.hpp"

namespace livlina::testing {

using Texts = std::vector<std::string>;

namespace {

void meet(Town& town) {
  town.connect_all();
  (void)town.sara_phone.say("zero", town.circle, {town.bo.key()});
  town.settle();
  (void)town.bo_phone.say("hello", town.circle, {town.sara.key()});
  town.settle();
}

// Sara's next text arrives with a broken body.
void break_next(Town& town, const std::string& text) {
  town.bo_phone.disconnect();
  (void)town.sara_phone.say(text, town.circle, {town.bo.key()});
  town.settle();
  auto& rows = town.office.mailboxes[town.bo_phone.device()];
  ASSERT_FALSE(rows.empty());
  rows.back().frame.back() = static_cast<char>(rows.back().frame.back() ^ 1);
  town.bo_phone.connect();
  town.settle();
}

int prekey_requests_of(Town& town, const std::function<void()>& what) {
  const int before = town.office.prekey_requests;
  what();
  return town.office.prekey_requests - before;
}

}  // namespace

TEST(MessengerReset, M1_M2_broken_message_comes_again_under_its_own_id) {
  Town town;
  meet(town);
  const std::string old = Town::sending_sid(town.sara_phone, town.bo_phone);
  break_next(town, "one");
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "one"}));
  EXPECT_EQ(town.sara_phone.state_of("one"), 3);
  EXPECT_EQ(town.bo_phone.warnings("gap"), 1);
  EXPECT_NE(Town::sending_sid(town.sara_phone, town.bo_phone), old);
  EXPECT_EQ(Town::sending_sid(town.sara_phone, town.bo_phone),
            Town::sending_sid(town.bo_phone, town.sara_phone));
}

TEST(MessengerReset, M2_what_was_receipted_is_not_said_again) {
  Town town;
  meet(town);
  town.office.posted.clear();
  break_next(town, "one");
  // One post for the broken one, one for its repetition; "zero" has its receipt.
  int sara_to_bo = 0;
  for (const std::string& bytes : town.office.posted) {
    v1::PostMessage m;
    ASSERT_TRUE(m.ParseFromString(bytes));
    if (m.envelopes(0).device_id() == to_string(town.bo_phone.device().view()) &&
        m.envelopes(0).frame().size() < 1000)  // texts; receipts are padded to 1024
      ++sara_to_bo;
  }
  EXPECT_EQ(sara_to_bo, 2);
}

TEST(MessengerReset, T10_at_most_one_an_hour_and_five_a_day) {
  Town town;
  meet(town);
  EXPECT_EQ(prekey_requests_of(town, [&] { break_next(town, "a"); }), 1);
  EXPECT_EQ(prekey_requests_of(town, [&] { break_next(town, "b"); }), 0);
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "a"}));
  int resets = 1;
  for (int hours = 1; hours < 10; ++hours) {
    town.pass(61 * minute);
    resets += prekey_requests_of(town, [&] { break_next(town, "h" + std::to_string(hours)); });
  }
  EXPECT_EQ(resets, 5);
  // A day later there may be another, and with it comes all that was missing.
  town.pass(25 * hour);
  EXPECT_EQ(prekey_requests_of(town, [&] { break_next(town, "late"); }), 1);
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "a", "b", "h1", "h2", "h3", "h4", "h5", "h6",
                                           "h7", "h8", "h9", "late"}));
}

TEST(MessengerReset, unknown_hint_without_an_init_part_makes_no_reset) {
  Town town;
  meet(town);
  town.bo_phone.disconnect();
  (void)town.sara_phone.say("one", town.circle, {town.bo.key()});
  town.settle();
  auto& row = town.office.mailboxes[town.bo_phone.device()].back();
  row.frame[3] = static_cast<char>(row.frame[3] ^ 1);  // the hint
  EXPECT_EQ(prekey_requests_of(town,
                               [&] {
                                 town.bo_phone.connect();
                                 town.settle();
                               }),
            0);
  EXPECT_EQ(town.bo_phone.messenger().unopened(), 1u);
  EXPECT_TRUE(town.office.mailboxes[town.bo_phone.device()].empty());
}

TEST(MessengerReset, M1_owed_reset_survives_a_restart_without_connection) {
  Town town;
  meet(town);
  town.bo_phone.disconnect();
  (void)town.sara_phone.say("one", town.circle, {town.bo.key()});
  town.settle();
  auto& rows = town.office.mailboxes[town.bo_phone.device()];
  rows.back().frame.back() = static_cast<char>(rows.back().frame.back() ^ 1);
  town.bo_phone.connect();
  // The frame arrives and is acknowledged, and then nothing of Bo's comes through.
  while (!rows.empty()) {
    ASSERT_TRUE(town.bo_phone.work());
    town.bo_phone.mute = town.bo_phone.warnings("gap") > 0;
  }
  town.bo_phone.disconnect();
  town.bo_phone.mute = false;
  town.bo_phone.boot();
  town.bo_phone.connect();
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"zero", "one"}));
}

}  // namespace livlina::testing

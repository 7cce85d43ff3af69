// A phone that dies at any step: before its commit, and after the commit before anything left.
#include <gtest/gtest.h>

#include <map>

#include "tests/clients/town.hpp"

namespace livlina::testing {

using Texts = std::vector<std::string>;

namespace {

// A person repeats what the phone does not show as queued.
void say_until_queued(Phone& phone, const std::string& text, const Town& town,
                      const std::vector<crypto::SignPublic>& to) {
  while (phone.state_of(text) == 0) (void)phone.say(text, town.circle, to);
}

void talk(Town& town) {
  town.connect_all();
  say_until_queued(town.sara_phone, "one", town, {town.bo.key(), town.amal.key()});
  say_until_queued(town.sara_phone, "two", town, {town.bo.key(), town.amal.key()});
  town.settle();
  say_until_queued(town.bo_phone, "three", town, {town.sara.key()});
  town.settle();
  town.bo_phone.read("two");
  town.bo_phone.read("two");  // a person who sees it unread reads it again
  town.settle();
}

// Every request with the same id has the same bytes: nothing is encrypted twice with one state.
void expect_repeated_bytes(const PostOffice& office) {
  std::map<std::string, std::string> by_id;
  for (const std::string& bytes : office.posted) {
    v1::PostMessage message;
    ASSERT_TRUE(message.ParseFromString(bytes));
    EXPECT_EQ(by_id.emplace(message.message_id(), bytes).first->second, bytes);
  }
}

void expect_whole(Town& town) {
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"one", "two"}));
  EXPECT_EQ(town.amal_phone.screen(), (Texts{"one", "two"}));
  EXPECT_EQ(town.sara_phone.screen(), Texts{"three"});
  EXPECT_EQ(town.sara_phone.state_of("one"), 3);
  EXPECT_EQ(town.sara_phone.state_of("two"), 4);
  EXPECT_EQ(town.bo_phone.state_of("three"), 3);
  for (Phone* phone : town.phones()) {
    EXPECT_EQ(phone->messenger().waiting(), 0u);
    EXPECT_TRUE(town.office.mailboxes[phone->device()].empty());
    EXPECT_EQ(phone->warnings("gap"), 0);
  }
  expect_repeated_bytes(town.office);
}

enum class Who { sara, bo };
Phone& phone_of(Town& town, Who who) { return who == Who::sara ? town.sara_phone : town.bo_phone; }

void crash_everywhere(Who who) {
  int last = 0;
  {
    Town town;
    talk(town);
    expect_whole(town);
    last = phone_of(town, who).steps;
  }
  ASSERT_GT(last, 10);
  for (int at = 2; at <= last; ++at)  // the first step is the town's own
    for (const bool before : {true, false}) {
      SCOPED_TRACE((before ? "before commit " : "after commit ") + std::to_string(at));
      Town town;
      Phone& phone = phone_of(town, who);
      (before ? phone.crash_before_commit : phone.crash_after_commit) = at;
      talk(town);
      expect_whole(town);
      if (::testing::Test::HasFailure()) return;
    }
}

}  // namespace

TEST(MessengerCrash, M1_M2_sender_dies_at_any_step) { crash_everywhere(Who::sara); }
TEST(MessengerCrash, M1_M2_receiver_dies_at_any_step) { crash_everywhere(Who::bo); }

TEST(MessengerCrash, M1_reply_lost_the_same_bytes_again_and_once_on_the_screen) {
  Town town;
  town.connect_all();
  (void)town.sara_phone.say("first", town.circle, {town.bo.key()});
  town.settle();
  const int before = town.office.posts;
  (void)town.sara_phone.say("hej", town.circle, {town.bo.key()});
  ASSERT_EQ(town.office.posts, before + 1);  // the server has it; the reply never comes
  town.sara_phone.disconnect();
  EXPECT_EQ(town.sara_phone.state_of("hej"), 1);
  town.connect_all();
  EXPECT_GE(town.office.posts, before + 2);
  expect_repeated_bytes(town.office);
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"first", "hej"}));
  EXPECT_EQ(town.sara_phone.state_of("hej"), 3);
}

TEST(MessengerCrash, M2_acknowledgement_lost_delivered_again_shown_once) {
  Town town;
  town.connect_all();
  (void)town.sara_phone.say("first", town.circle, {town.bo.key()});
  town.settle();
  town.bo_phone.mute = true;
  (void)town.sara_phone.say("hej", town.circle, {town.bo.key()});
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"first", "hej"}));
  EXPECT_EQ(town.sara_phone.state_of("hej"), 2);
  town.bo_phone.disconnect();
  town.bo_phone.mute = false;
  town.bo_phone.connect();
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), (Texts{"first", "hej"}));
  EXPECT_TRUE(town.office.mailboxes[town.bo_phone.device()].empty());
  EXPECT_EQ(town.sara_phone.state_of("hej"), 3);
  EXPECT_EQ(town.bo_phone.warnings("gap"), 0);
}

}  // namespace livlina::testing

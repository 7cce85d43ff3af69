// What a person is told of a message, each from its own evidence.
#include <gtest/gtest.h>

#include "tests/clients/town.hpp"

namespace livlina::testing {

using Texts = std::vector<std::string>;

TEST(MessengerStates, M5_queued_stored_delivered_read) {
  Town town;
  town.bo_phone.connect();
  town.settle();
  town.bo_phone.disconnect();
  town.sara_phone.say("hej", town.circle, {town.bo.key()});
  EXPECT_EQ(town.sara_phone.state_of("hej"), 1);  // in a tunnel: queued, and nothing more

  town.sara_phone.connect();
  town.settle();
  EXPECT_EQ(town.sara_phone.state_of("hej"), 2);  // the server's reply

  town.bo_phone.connect();
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{"hej"});
  EXPECT_EQ(town.sara_phone.state_of("hej"), 3);  // the device's receipt

  town.bo_phone.read("hej");
  town.settle();
  EXPECT_EQ(town.sara_phone.state_of("hej"), 4);
  EXPECT_EQ(town.sara_phone.messenger().waiting(), 0u);
}

TEST(MessengerStates, M5_stored_means_stored_for_every_reader) {
  Town town;
  for (Phone* phone : {&town.bo_phone, &town.amal_phone}) {
    phone->connect();
    town.settle();
    phone->disconnect();
  }
  town.office.unknown.insert(town.amal_phone.device());
  town.sara_phone.connect();
  town.sara_phone.say("hej", town.circle, {town.bo.key(), town.amal.key()});
  town.settle();
  // The server has it for Bo alone: one refused device does not keep it from the others.
  EXPECT_EQ(town.office.mailboxes[town.bo_phone.device()].size(), 2u);  // and the shadow's mark
  EXPECT_EQ(town.sara_phone.state_of("hej"), 1);
  EXPECT_EQ(town.sara_phone.messenger().waiting(), 1u);

  town.office.unknown.clear();
  town.pass(11 * minute);
  EXPECT_EQ(town.sara_phone.state_of("hej"), 2);
  town.amal_phone.connect();
  town.settle();
  EXPECT_EQ(town.amal_phone.screen(), Texts{"hej"});
  EXPECT_EQ(town.sara_phone.state_of("hej"), 3);
}

TEST(MessengerStates, M5_expired_after_thirty_days_without_a_receipt_and_not_before) {
  Town town;
  town.bo_phone.connect();
  town.settle();
  town.bo_phone.disconnect();
  town.sara_phone.connect();
  town.sara_phone.say("hej", town.circle, {town.bo.key()});
  town.settle();
  town.pass(30 * day - second);
  EXPECT_EQ(town.sara_phone.state_of("hej"), 2);
  town.pass(2 * second);
  EXPECT_EQ(town.sara_phone.state_of("hej"), 5);

  // Bo's phone comes back all the same: the receipt is better evidence than the calendar.
  town.bo_phone.connect();
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{"hej"});
  EXPECT_EQ(town.sara_phone.state_of("hej"), 3);
}

TEST(MessengerStates, M5_a_receipt_of_somebody_else_counts_for_nothing) {
  Town town;
  town.connect_all();
  town.bo_phone.disconnect();
  const MessageId id = town.sara_phone.say("hej", town.circle, {town.bo.key()});
  town.settle();
  ASSERT_EQ(town.sara_phone.state_of("hej"), 2);

  // Amal, to whom it was not addressed, claims to have read it.
  const auto claim = [&] {
    ByteWriter body;
    const auto* list = town.amal_phone.trust().device_list(town.amal.key());
    body.u8(1).u8(2).u32(1).bytes(list->hash()).u8(1).bytes(id.view());
    town.amal_phone.messenger().post(crypto::Kind::receipt, town.circle, {town.sara.key()},
                                     body.get());
    town.amal_phone.step();
    town.settle();
  };
  claim();
  EXPECT_EQ(town.sara_phone.state_of("hej"), 2);
  town.bo_phone.connect();
  town.settle();
  ASSERT_EQ(town.sara_phone.state_of("hej"), 3);
  claim();
  EXPECT_EQ(town.sara_phone.state_of("hej"), 3);
}

TEST(MessengerStates, M1_after_a_restore_what_has_no_receipt_is_offered_again) {
  Town town;
  town.connect_all();
  town.bo_phone.disconnect();
  town.sara_phone.say("hej", town.circle, {town.bo.key()});
  town.settle();
  ASSERT_EQ(town.sara_phone.state_of("hej"), 2);
  town.sara_phone.disconnect();

  town.office.restore_empty();
  town.connect_all();
  EXPECT_EQ(town.bo_phone.screen(), Texts{"hej"});
  EXPECT_EQ(town.sara_phone.state_of("hej"), 3);
}

TEST(MessengerStates, M1_a_full_server_is_asked_again_with_the_same_bytes) {
  Town town;
  town.connect_all();
  int refusals = 0;
  town.office.posted.clear();
  std::vector<std::string> refused;
  town.office.refuse = [&](const v1::Request& r) -> std::optional<v1::ErrorCode> {
    if (!r.has_post_message() || refusals == 3) return std::nullopt;
    ++refusals;
    refused.push_back(r.post_message().SerializeAsString());
    return v1::DISK_FULL;
  };
  town.sara_phone.say("hej", town.circle, {town.bo.key()});
  for (int i = 0; i < 4; ++i) town.pass(6 * second);
  EXPECT_EQ(town.bo_phone.screen(), Texts{"hej"});
  ASSERT_EQ(refused.size(), 3u);
  EXPECT_EQ(refused[0], refused[2]);
  EXPECT_EQ(refused[0], town.office.posted.front());
}

TEST(MessengerStates, desk_traffic_goes_by_the_directory) {
  Town town;
  town.connect_all();
  town.cam_phone.say("vem har natten?", town.desk_circle, {town.bo.key(), town.amal.key()});
  town.settle();
  EXPECT_EQ(town.bo_phone.screen(), Texts{"vem har natten?"});
  EXPECT_EQ(town.amal_phone.screen(), Texts{"vem har natten?"});
  EXPECT_EQ(town.cam_phone.state_of("vem har natten?"), 3);
}

}  // namespace livlina::testing

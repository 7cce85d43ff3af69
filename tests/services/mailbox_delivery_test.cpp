// Mail: stored before it is acknowledged, handed out in order, deleted on acknowledgement.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "server/delivery/window.hpp"
#include "server/store/mailbox.hpp"
#include "server/store/schema.hpp"
#include "tests/services/served_town.hpp"

namespace livlina::server {
namespace {

using testing::Connection;
using testing::Harness;
using testing::Town;
using v1::ServerFrame;

// A database file that goes away with the test.
struct File {
  File() {
    static int n = 0;
    path = (std::filesystem::temp_directory_path() /
            ("livlina-mailbox-" + std::to_string(::getpid()) + "-" + std::to_string(n++)))
               .string();
  }
  ~File() {
    for (const char* end : {"", "-wal", "-shm"}) std::remove((path + end).c_str());
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] bool contains(const std::string& needle) const {
    for (const char* end : {"", "-wal"}) {
      std::ifstream in(path + end, std::ios::binary);
      const std::string all((std::istreambuf_iterator<char>(in)), {});
      if (all.find(needle) != std::string::npos) return true;
    }
    return false;
  }
  std::string path;
};

class Mail : public testing::ServedTown {
 protected:
  MessageId fresh() { return testing::random_id<MessageId>(town.random); }
  DeviceId primary() { return town.participant.primary().id(); }
  std::uint32_t queued() { return store::Mailbox(town.db).queued(primary()); }
};

TEST_F(Mail, M1_acknowledged_message_is_there_after_reopening_the_database) {
  File file;
  Instant received = 0;
  DeviceId to;
  Town built(3, CircleState::setup, 2, file.path);
  testing::make_server_row(built.db, built.now);
  {
    Harness h(built.db, built.random, built.now);
    Connection& c = h.online(built.mentor.primary());
    to = built.participant.primary().id();
    const auto r =
        h.ask(c, testing::post_message(testing::random_id<MessageId>(built.random), {to}));
    ASSERT_EQ(r.body_case(), ServerFrame::kStored);
    received = r.stored().received_at();
  }
  EXPECT_EQ(received, built.now);
  built.db = store::Db(file.path);  // the old connection is gone, nothing was checkpointed by it
  store::migrate(built.db);
  Harness again(built.db, built.random, built.now);
  Connection& phone = again.online(built.participant.primary());
  ASSERT_EQ(phone.count(ServerFrame::kDelivery), 1U);
  EXPECT_EQ(phone.take(ServerFrame::kDelivery)->delivery().frame().size(), 300U);
}

TEST_F(Mail, M4_acknowledged_ciphertext_is_gone_from_database_and_log_after_the_checkpoint) {
  File file;
  Town built(3, CircleState::setup, 2, file.path);
  testing::make_server_row(built.db, built.now);
  Harness h(built.db, built.random, built.now);
  Connection& mentor = h.online(built.mentor.primary());
  auto request = testing::post_message(testing::random_id<MessageId>(built.random),
                                       {built.participant.primary().id()}, 0, 900);
  const std::string secret = "only-this-message-has-these-bytes";
  request.mutable_post_message()->mutable_envelopes(0)->mutable_frame()->replace(600, secret.size(),
                                                                                 secret);
  ASSERT_EQ(h.code(mentor, request), 0);
  EXPECT_TRUE(file.contains(secret));
  Connection& phone = h.online(built.participant.primary());
  const auto seq = phone.take(ServerFrame::kDelivery)->delivery().seq();
  ASSERT_EQ(h.code(phone, testing::ack({seq})), 0);
  ASSERT_TRUE(h.engine().next_deadline());
  built.now += 2 * minute;
  h.settle();
  EXPECT_FALSE(file.contains(secret));
}

TEST_F(Mail, M4_undelivered_ciphertext_goes_after_its_time_to_live) {
  Connection& mentor = server->online(town.mentor.primary());
  ASSERT_EQ(server->code(mentor, testing::post_message(fresh(), {primary()})), 0);
  town.now += server->settings.message_ttl - hour;
  server->settle();
  EXPECT_EQ(queued(), 1U);
  town.now += 3 * hour;
  server->settle();
  EXPECT_EQ(queued(), 0U);
  EXPECT_FALSE(town.db.query("SELECT 1 FROM mailbox").step());
  EXPECT_FALSE(town.db.query("SELECT 1 FROM accepted").step());
}

TEST_F(Mail, T6_repeated_message_id_changes_nothing_and_gets_the_same_answer) {
  Connection& mentor = server->online(town.mentor.primary());
  const auto request = testing::post_message(fresh(), {primary(), town.contact.primary().id()});
  const auto first = server->ask(mentor, request);
  ASSERT_EQ(first.body_case(), ServerFrame::kStored);
  const std::string before = testing::dump(town.db);
  town.now += 5 * minute;
  auto second = server->ask(mentor, request);
  EXPECT_EQ(second.stored().received_at(), first.stored().received_at());
  EXPECT_EQ(testing::dump(town.db), before);
}

TEST_F(Mail, M2_repeat_after_delivery_is_not_delivered_again) {
  Connection& mentor = server->online(town.mentor.primary());
  Connection& phone = server->online(town.participant.primary());
  const auto request = testing::post_message(fresh(), {primary()});
  ASSERT_EQ(server->code(mentor, request), 0);
  const auto seq = phone.take(ServerFrame::kDelivery)->delivery().seq();
  ASSERT_EQ(server->code(phone, testing::ack({seq})), 0);
  town.now += second;
  server->settle();
  EXPECT_EQ(queued(), 0U);
  EXPECT_EQ(server->code(mentor, request), 0);
  EXPECT_EQ(phone.count(ServerFrame::kDelivery), 0U);
  EXPECT_EQ(queued(), 0U);
}

TEST_F(Mail, M1_all_rows_or_none) {
  Connection& mentor = server->online(town.mentor.primary());
  const auto unknown = testing::make_device(town.random).id();
  EXPECT_EQ(server->code(mentor, testing::post_message(fresh(), {primary(), unknown})),
            v1::FORBIDDEN);
  EXPECT_EQ(queued(), 0U);
}

TEST_F(Mail, T23_device_of_a_stranger_and_device_of_nobody_get_the_same_answer) {
  auto stranger = testing::make_person(town.random, town.now);
  testing::install_account(town.db, stranger, 1, false);
  Connection& mentor = server->online(town.mentor.primary());
  auto theirs = server->ask(mentor, testing::post_message(fresh(), {stranger.primary().id()}));
  auto nobodys =
      server->ask(mentor, testing::post_message(fresh(), {testing::make_device(town.random).id()}));
  theirs.set_id(0);
  nobodys.set_id(0);
  EXPECT_EQ(theirs.SerializeAsString(), nobodys.SerializeAsString());
  EXPECT_EQ(theirs.error().code(), v1::FORBIDDEN);
}

// Receipts are messages, sealed and sent by whom the recipient chooses. The server itself tells
// nobody whether a message was fetched, or whether anybody is there to fetch it.
TEST_F(Mail, T9_a_sender_is_not_told_whether_the_recipient_is_there_or_has_fetched_it) {
  std::vector<Connection*> others;
  for (testing::TestDevice* device : {&town.mentor.primary(), &town.other_mentor.primary(),
                                      &town.contact.primary(), &town.coordinator.primary()})
    others.push_back(&server->online(*device));
  const auto heard = [&] {
    std::size_t out = 0;
    for (const Connection* c : others) out += c->pushed.size();
    return out;
  };
  const auto answer = [&] {
    auto reply = server->ask(*others.front(), testing::post_message(fresh(), {primary()}));
    reply.set_id(0);
    EXPECT_EQ(reply.stored().received_at(), town.now);
    reply.mutable_stored()->clear_received_at();
    return reply.SerializeAsString();
  };
  server->settle();
  const std::size_t before = heard();
  const std::string to_nobody_there = answer();
  Connection& phone = server->online(town.participant.primary());
  EXPECT_EQ(answer(), to_nobody_there);
  ASSERT_EQ(phone.count(ServerFrame::kDelivery), 2U);
  std::vector<std::uint64_t> seqs;
  while (const auto one = phone.take(ServerFrame::kDelivery)) seqs.push_back(one->delivery().seq());
  ASSERT_EQ(server->code(phone, testing::ack(seqs)), 0);
  town.now += second;
  server->settle();
  EXPECT_EQ(queued(), 0U);
  EXPECT_EQ(answer(), to_nobody_there) << "nor that all before was fetched";
  server->disconnect(phone);
  server->settle();
  EXPECT_EQ(answer(), to_nobody_there);
  EXPECT_EQ(heard(), before) << "coming, fetching and going";
}

TEST_F(Mail, T30_nobody_posts_to_a_shadow) {
  Connection& mentor = server->online(town.mentor.primary());
  EXPECT_EQ(server->code(mentor, testing::post_message(fresh(), {town.participant.shadow().id()})),
            v1::UNKNOWN_DEVICE);
}

TEST_F(Mail, T8_nothing_stored_names_the_sender) {
  Connection& mentor = server->online(town.mentor.primary());
  const std::string before = testing::dump(town.db);
  ASSERT_EQ(server->code(mentor, testing::post_message(fresh(), {primary()})), 0);
  const std::string after = testing::dump(town.db);
  // Every new line: neither the sender's device nor its account.
  const std::string device = hex(town.mentor.primary().id().view());
  const std::string account = hex(town.mentor.key().view());
  const auto count = [](const std::string& in, const std::string& what) {
    std::size_t n = 0;
    for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count(after, device), count(before, device));
  EXPECT_EQ(count(after, account), count(before, account));
}

TEST_F(Mail, M1_unacknowledged_rows_come_again_after_reconnecting_in_the_same_order) {
  Connection& mentor = server->online(town.mentor.primary());
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(server->code(mentor, testing::post_message(fresh(), {primary()})), 0);
  Connection& phone = server->online(town.participant.primary());
  ASSERT_EQ(phone.count(ServerFrame::kDelivery), 3U);
  const auto first = phone.take(ServerFrame::kDelivery)->delivery().seq();
  ASSERT_EQ(server->code(phone, testing::ack({first})), 0);
  server->disconnect(phone);
  Connection& again = server->online(town.participant.primary());
  ASSERT_EQ(again.count(ServerFrame::kDelivery), 2U);
  EXPECT_EQ(again.take(ServerFrame::kDelivery)->delivery().seq(), first + 1);
  EXPECT_EQ(again.take(ServerFrame::kDelivery)->delivery().seq(), first + 2);
}

TEST_F(Mail, T26_at_most_32_outstanding_and_urgent_ones_have_places_of_their_own) {
  Connection& mentor = server->online(town.mentor.primary());
  for (int i = 0; i < 40; ++i)
    ASSERT_EQ(server->code(mentor, testing::post_message(fresh(), {primary()})), 0);
  Connection& phone = server->online(town.participant.primary());
  EXPECT_EQ(phone.count(ServerFrame::kDelivery), max_outstanding - urgent_places);
  EXPECT_EQ(phone.count(ServerFrame::kDrained), 0U);
  for (int i = 0; i < 12; ++i)
    ASSERT_EQ(server->code(mentor, testing::post_message(fresh(), {primary()}, 1)), 0);
  EXPECT_EQ(phone.count(ServerFrame::kDelivery), max_outstanding);

  std::vector<std::uint64_t> got;
  for (int rounds = 0; rounds < 20; ++rounds) {
    std::vector<std::uint64_t> seqs;
    while (const auto d = phone.take(ServerFrame::kDelivery)) seqs.push_back(d->delivery().seq());
    if (seqs.empty()) break;
    got.insert(got.end(), seqs.begin(), seqs.end());
    ASSERT_EQ(server->code(phone, testing::ack(seqs)), 0);
  }
  EXPECT_EQ(got.size(), 52U);
  EXPECT_EQ(std::set(got.begin(), got.end()).size(), 52U);
  EXPECT_EQ(phone.count(ServerFrame::kDrained), 1U);
  town.now += second;
  server->settle();
  EXPECT_EQ(queued(), 0U);
}

TEST_F(Mail, drained_is_said_once_after_login_and_not_for_every_message) {
  Connection& phone = server->online(town.participant.primary());
  EXPECT_EQ(phone.count(ServerFrame::kDrained), 1U);
  Connection& mentor = server->online(town.mentor.primary());
  ASSERT_EQ(server->code(mentor, testing::post_message(fresh(), {primary()})), 0);
  EXPECT_EQ(phone.count(ServerFrame::kDelivery), 1U);
  EXPECT_EQ(phone.count(ServerFrame::kDrained), 1U);
}

TEST_F(Mail, T26_full_queue_refuses_messages_and_keeps_the_reserved_places) {
  Settings small;
  small.max_queue = 10;
  small.reserved_queue = 4;
  town.settings = small;
  Harness h(town.db, town.random, town.now, small);
  Connection& mentor = h.online(town.mentor.primary());
  for (int i = 0; i < 6; ++i)
    ASSERT_EQ(h.code(mentor, testing::post_message(fresh(), {primary()})), 0) << i;
  EXPECT_EQ(h.code(mentor, testing::post_message(fresh(), {primary()})), v1::QUEUE_FULL);
  EXPECT_EQ(h.code(mentor, testing::post_message(fresh(), {primary()}, 1)), v1::QUEUE_FULL)
      << "a sender cannot take the reserved places by naming its frame an alarm";
  auto turn = town.turn();
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(post_mail(turn, primary(), MailKind::record, view(std::string_view("r")), true));
  EXPECT_FALSE(post_mail(turn, primary(), MailKind::record, view(std::string_view("r")), true));
  EXPECT_TRUE(post_mail(turn, town.participant.shadow().id(), MailKind::frame, {}, true))
      << "rows for a shadow are dropped without a word";
}

TEST_F(Mail, urgent_before_normal_before_bulk) {
  Connection& mentor = server->online(town.mentor.primary());
  for (const std::uint8_t queue : std::vector<std::uint8_t>{2, 0, 1, 0})
    ASSERT_EQ(server->code(mentor, testing::post_message(fresh(), {primary()}, queue)), 0);
  Connection& phone = server->online(town.participant.primary());
  std::vector<std::uint8_t> order;
  while (const auto d = phone.take(ServerFrame::kDelivery))
    order.push_back(static_cast<std::uint8_t>(d->delivery().frame()[2]));
  EXPECT_EQ(order, (std::vector<std::uint8_t>{1, 0, 0, 2}));
}

TEST_F(Mail, T24_wrong_sizes_and_counts_are_malformed) {
  Connection& mentor = server->online(town.mentor.primary());
  EXPECT_EQ(server->code(mentor, testing::post_message(fresh(), {})), v1::MALFORMED);
  EXPECT_EQ(server->code(mentor, testing::post_message(fresh(), {primary(), primary()})),
            v1::MALFORMED);
  EXPECT_EQ(server->code(mentor, testing::post_message(fresh(), {primary()}, 3)), v1::MALFORMED);
  EXPECT_EQ(server->code(mentor, testing::post_message(fresh(), {primary()}, 0, 20)),
            v1::MALFORMED);
  EXPECT_EQ(server->code(mentor, testing::post_message(fresh(), {primary()}, 0, 80 * 1024)),
            v1::TOO_LARGE);
  EXPECT_EQ(queued(), 0U);
}

}  // namespace
}  // namespace livlina::server

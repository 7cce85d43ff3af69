// What was acknowledged is deleted with a commit that happens anyway, a second later at the latest;
// until then it counts as deleted.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "server/delivery/acknowledged.hpp"
#include "server/store/mailbox.hpp"
#include "server/store/schema.hpp"
#include "tests/services/served_town.hpp"

namespace livlina::server {
namespace {

using testing::Connection;
using testing::Harness;
using testing::Town;
using v1::ServerFrame;

class Deletion : public testing::ServedTown {
 protected:
  Deletion() { server->settle(); }
  MessageId fresh() { return testing::random_id<MessageId>(town.random); }
  DeviceId primary() { return town.participant.primary().id(); }
  v1::Request message() { return testing::post_message(fresh(), {primary()}); }
  std::int64_t rows() {
    auto q = town.db.query("SELECT count(*) FROM mailbox");
    return q.step() ? q.integer(0) : -1;
  }
  std::uint32_t queued() { return store::Mailbox(town.db).queued(primary()); }
  // The sequence numbers of what was handed out, each acknowledged at once.
  std::vector<std::uint64_t> acknowledge_all(Connection& c) {
    std::vector<std::uint64_t> seqs;
    while (const auto d = c.take(ServerFrame::kDelivery)) seqs.push_back(d->delivery().seq());
    EXPECT_EQ(server->code(c, testing::ack(seqs)), 0);
    return seqs;
  }
};

TEST_F(Deletion, M4_it_waits_a_second_and_no_longer) {
  Connection& mentor = server->online(town.mentor.primary());
  Connection& phone = server->online(town.participant.primary());
  ASSERT_EQ(server->code(mentor, message()), 0);
  town.now += 5 * second;
  server->settle();  // the note of this second is written
  ASSERT_EQ(acknowledge_all(phone).size(), 1U);
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(server->engine().next_deadline(), town.now + 1000);
  town.now += 999;
  (void)server->round();
  EXPECT_EQ(rows(), 1);
  town.now += 1;
  (void)server->round();
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(queued(), 0U);
}

TEST_F(Deletion, M4_it_rides_with_the_next_message) {
  Connection& mentor = server->online(town.mentor.primary());
  Connection& phone = server->online(town.participant.primary());
  ASSERT_EQ(server->code(mentor, message()), 0);
  (void)acknowledge_all(phone);
  ASSERT_EQ(rows(), 1);
  ASSERT_EQ(server->code(mentor, message()), 0);
  EXPECT_EQ(rows(), 1) << "the new one";
  EXPECT_EQ(queued(), 1U);
  ASSERT_EQ(phone.count(ServerFrame::kDelivery), 1U) << "nothing is handed out again";
}

TEST_F(Deletion, M4_an_acknowledgement_writes_nothing_by_itself) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("livlina-deletion-" + std::to_string(::getpid())))
          .string();
  {
    Town built(3, CircleState::setup, 2, path);
    testing::make_server_row(built.db, built.now);
    Harness h(built.db, built.random, built.now);
    Connection& mentor = h.online(built.mentor.primary());
    Connection& phone = h.online(built.participant.primary());
    ASSERT_EQ(h.code(mentor, testing::post_message(testing::random_id<MessageId>(built.random),
                                                   {built.participant.primary().id()})),
              0);
    const int pages = built.db.wal_pages();
    ASSERT_GT(pages, 0);
    const auto seq = phone.take(ServerFrame::kDelivery)->delivery().seq();
    ASSERT_EQ(h.code(phone, testing::ack({seq})), 0);
    EXPECT_EQ(built.db.wal_pages(), pages);
    built.now += second;
    (void)h.round();
    EXPECT_GT(built.db.wal_pages(), pages);
  }
  for (const char* end : {"", "-wal", "-shm"}) std::remove((path + end).c_str());
}

TEST_F(Deletion, M2_nothing_comes_again_to_who_reconnects_before_it_is_written) {
  Connection& mentor = server->online(town.mentor.primary());
  Connection& phone = server->online(town.participant.primary());
  ASSERT_EQ(server->code(mentor, message()), 0);
  (void)acknowledge_all(phone);
  // Not even when the deletion cannot be written for a while.
  town.db.exec(
      "CREATE TRIGGER poison BEFORE DELETE ON mailbox BEGIN SELECT RAISE(ABORT, 'test'); END");
  server->disconnect(phone);
  Connection& again = server->online(town.participant.primary());
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(again.count(ServerFrame::kDelivery), 0U);
  EXPECT_EQ(again.count(ServerFrame::kDrained), 1U);
  ASSERT_EQ(server->code(mentor, message()), 0) << "and nobody else pays for it";
  EXPECT_EQ(again.count(ServerFrame::kDelivery), 1U);
  town.db.exec("DROP TRIGGER poison");
  town.now += second;
  (void)server->round();
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(queued(), 1U);
}

// One damaged page of the database: everybody else's deletions, requests and check-ins go on.
TEST_F(Deletion, M4_G1_a_mailbox_that_cannot_be_deleted_from_is_nobody_elses_trouble) {
  Connection& phone = server->online(town.participant.primary());
  Connection& mentor = server->online(town.mentor.primary());
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(server->code(mentor, message()), 0);
    ASSERT_EQ(server->code(phone, testing::post_message(fresh(), {town.mentor.primary().id()})), 0);
  }
  town.now += 5 * second;
  server->settle();
  town.db.exec("CREATE TRIGGER poison BEFORE DELETE ON mailbox WHEN OLD.device = x'" +
               hex(primary().view()) +
               "' AND OLD.seq > 1 BEGIN SELECT RAISE(ABORT, 'damaged'); END");
  int failed = 0;
  server->after_round = [&](const RoundResult& result) {
    for (const FaultSeen& seen : result.faults) failed += seen.count;
    EXPECT_FALSE(result.stalled);
  };
  (void)acknowledge_all(phone);
  (void)acknowledge_all(mentor);
  ASSERT_EQ(rows(), 6);
  for (int i = 0; i < 100; ++i) {
    town.now += second;
    (void)server->round();
  }
  EXPECT_EQ(rows(), 3) << "the mentor's are gone";
  EXPECT_EQ(queued(), 3U) << "and nothing of the damaged one in part";
  EXPECT_GT(failed, 0);
  EXPECT_LT(failed, 5) << "it is not tried for ever";
  ASSERT_EQ(server->code(mentor, message()), 0);
  EXPECT_EQ(phone.count(ServerFrame::kDelivery), 1U);
}

TEST_F(Deletion, M2_after_a_crash_it_comes_once_more_and_after_an_orderly_end_not) {
  Connection& mentor = server->online(town.mentor.primary());
  Connection* phone = &server->online(town.participant.primary());
  ASSERT_EQ(server->code(mentor, message()), 0);
  const auto first = acknowledge_all(*phone);
  server->restart();  // as a killed process: what was in memory is gone
  phone = &server->online(town.participant.primary());
  EXPECT_EQ(acknowledge_all(*phone), first) << "the same row: its client knows it";
  EXPECT_EQ(rows(), 1);
  server->engine().finish(town.now);
  EXPECT_EQ(rows(), 0);
  server->restart();
  phone = &server->online(town.participant.primary());
  EXPECT_EQ(phone->count(ServerFrame::kDelivery), 0U);
}

TEST_F(Deletion, T26_places_that_were_acknowledged_are_free_at_once) {
  Settings small;
  small.max_queue = 10;
  small.reserved_queue = 4;
  server = std::make_unique<Harness>(town.db, town.random, town.now, small);
  Connection& mentor = server->online(town.mentor.primary());
  Connection& phone = server->online(town.participant.primary());
  for (int i = 0; i < 6; ++i) ASSERT_EQ(server->code(mentor, message()), 0) << i;
  ASSERT_EQ(server->code(mentor, message()), v1::QUEUE_FULL);
  // Three of them; numbers that were never handed out make no room.
  std::vector<std::uint64_t> seqs;
  for (int i = 0; i < 3; ++i) seqs.push_back(phone.take(ServerFrame::kDelivery)->delivery().seq());
  for (std::uint64_t n = 1000; n < 1100; ++n) seqs.push_back(n);
  ASSERT_EQ(server->code(phone, testing::ack(seqs)), 0);
  ASSERT_EQ(server->code(phone, testing::ack(seqs)), 0) << "twice is once";
  ASSERT_EQ(rows(), 6);
  // In one transaction, before anything is deleted.
  std::vector<std::pair<Connection*, v1::Request>> four;
  for (std::uint64_t n = 0; n < 4; ++n) {
    four.emplace_back(&mentor, message());
    four.back().second.set_id(9000 + n);
  }
  server->together(std::move(four));
  for (std::uint64_t n = 0; n < 3; ++n)
    EXPECT_EQ(server->reply(mentor, 9000 + n)->body_case(), ServerFrame::kStored) << n;
  EXPECT_EQ(server->reply(mentor, 9003)->error().code(), v1::QUEUE_FULL);
  EXPECT_EQ(rows(), 6);
  EXPECT_EQ(queued(), 6U);
}

TEST_F(Deletion, T26_many_are_not_kept_waiting_in_memory) {
  Connection& phone = server->online(town.participant.primary());
  town.now += 5 * second;
  server->settle();
  for (std::uint64_t part = 0; part < 4; ++part) {
    std::vector<std::uint64_t> seqs;
    for (std::uint64_t n = 0; n < 250; ++n) seqs.push_back(part * 250 + n + 1);
    ASSERT_EQ(server->code(phone, testing::ack(seqs)), 0);
    EXPECT_EQ(server->engine().next_deadline() == town.now + 1000, part < 3) << part;
  }
}

TEST_F(Deletion, I10_the_shadows_word_deletes_nothing) {
  Connection& mentor = server->online(town.mentor.primary());
  ASSERT_EQ(server->code(mentor, message()), 0);
  Connection& shadow = server->online(town.participant.shadow());
  const auto seq = shadow.take(ServerFrame::kDelivery)->delivery().seq();
  auto by_shadow = server->ask(shadow, testing::ack({seq}));
  town.now += 5 * second;
  server->settle();
  EXPECT_EQ(rows(), 1);
  Connection& phone = server->online(town.participant.primary());
  ASSERT_EQ(phone.count(ServerFrame::kDelivery), 1U);
  auto by_phone = server->ask(phone, testing::ack({seq}));
  by_shadow.set_id(0);
  by_phone.set_id(0);
  EXPECT_EQ(by_shadow.SerializeAsString(), by_phone.SerializeAsString());
  town.now += second;
  server->settle();
  EXPECT_EQ(rows(), 0);
}

TEST(Acknowledged, T26_while_nothing_can_be_written_only_so_many_are_kept) {
  Acknowledged rows;
  const DeviceId device{};
  std::uint64_t next = 1;
  for (int request = 0; request < 1000; ++request) {
    std::vector<std::uint64_t> seqs;
    for (int i = 0; i < 256; ++i) seqs.push_back(next++);
    rows.add(device, seqs, seqs.size(), 5000);
    rows.failed(5000);
  }
  EXPECT_GE(rows.rows(device), Acknowledged::most_kept);
  EXPECT_LT(rows.rows(device), Acknowledged::most_kept + 256);
  EXPECT_EQ(rows.counted(device), rows.rows(device));
  EXPECT_FALSE(rows.may(5999));
  EXPECT_EQ(rows.due(), 6000);
  rows.clock_set(10);
  EXPECT_TRUE(rows.may(10)) << "no wait by a clock that was ahead";
  rows.deleted();
  EXPECT_EQ(rows.due(), std::nullopt);
  EXPECT_EQ(rows.counted(device), 0U);
}

}  // namespace
}  // namespace livlina::server

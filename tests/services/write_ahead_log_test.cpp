// The write-ahead log of a busy server keeps its length, and within two minutes it holds nothing
// that was deleted.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "server/store/mailbox.hpp"
#include "server/store/schema.hpp"
#include "tests/services/harness.hpp"
#include "tests/services/town.hpp"

namespace livlina::server {
namespace {

using testing::Connection;
using testing::Harness;
using testing::Town;

class WriteAheadLog : public ::testing::Test {
 protected:
  WriteAheadLog() { testing::make_server_row(town.db, town.now); }
  ~WriteAheadLog() override {
    for (const char* end : {"", "-wal", "-shm"}) std::remove((path + end).c_str());
  }
  [[nodiscard]] bool contains(const char* end, const std::string& needle) const {
    std::ifstream in(path + end, std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(in)), {});
    return all.find(needle) != std::string::npos;
  }
  [[nodiscard]] std::uintmax_t length() const { return std::filesystem::file_size(path + "-wal"); }
  v1::Request message(const std::string& with) {
    auto out = testing::post_message(testing::random_id<MessageId>(town.random),
                                     {town.participant.primary().id()}, 0, 60'000);
    out.mutable_post_message()->mutable_envelopes(0)->mutable_frame()->replace(600, with.size(),
                                                                               with);
    return out;
  }
  // Of 15 pages each, handed out, acknowledged and deleted.
  void messages(Harness& h, Connection& mentor, Connection& phone, int n, const std::string& with) {
    for (int i = 0; i < n; ++i) {
      ASSERT_EQ(h.code(mentor, message(with)), 0);
      const auto d = phone.take(v1::ServerFrame::kDelivery);
      ASSERT_TRUE(d);
      ASSERT_EQ(h.code(phone, testing::ack({d->delivery().seq()})), 0);
    }
  }

  const std::string path =
      (std::filesystem::temp_directory_path() / ("livlina-log-" + std::to_string(::getpid())))
          .string();
  Town town{3, CircleState::setup, 2, path};
};

TEST_F(WriteAheadLog, M4_between_two_emptyings_it_keeps_its_length_and_then_nothing) {
  Harness h(town.db, town.random, town.now);
  Connection& mentor = h.online(town.mentor.primary());
  Connection& phone = h.online(town.participant.primary());
  town.now += 2 * minute;
  h.settle();
  ASSERT_EQ(length(), 0U);
  const std::string secret = "only-these-messages-have-these-bytes";
  messages(h, mentor, phone, 80, secret);
  ASSERT_GE(town.db.wal_pages(), 1000);
  town.now += second;
  h.settle();  // idle: it is moved
  EXPECT_EQ(town.db.wal_pages(), 0);
  const auto long_one = length();
  EXPECT_GT(long_one, 4'000'000U);
  messages(h, mentor, phone, 5, secret);
  EXPECT_EQ(length(), long_one) << "written anew from its beginning";
  EXPECT_LT(town.db.wal_pages(), 200);
  ASSERT_TRUE(contains("-wal", secret));
  EXPECT_LE(h.engine().next_deadline(), town.now + minute);
  town.now += minute;
  h.settle();
  EXPECT_EQ(length(), 0U);
  EXPECT_FALSE(contains("", secret));
}

TEST_F(WriteAheadLog, M4_a_server_without_a_quiet_moment_empties_it_after_two_minutes) {
  Harness h(town.db, town.random, town.now);
  Connection& mentor = h.online(town.mentor.primary());
  Connection& phone = h.online(town.participant.primary());
  town.now += 2 * minute;
  h.settle();
  const std::string secret = "only-this-message-has-these-bytes";
  messages(h, mentor, phone, 1, secret);
  ASSERT_TRUE(contains("-wal", secret));
  // A request in every round.
  for (int i = 0; i < 119; ++i) {
    town.now += second;
    ASSERT_EQ(h.code(phone, testing::ack({1})), 0);
  }
  EXPECT_TRUE(contains("-wal", secret));
  town.now += 2 * second;
  ASSERT_EQ(h.code(phone, testing::ack({1})), 0);
  EXPECT_FALSE(contains("-wal", secret));
  EXPECT_FALSE(contains("", secret));
}

TEST_F(WriteAheadLog, M4_while_somebody_reads_it_stays_and_goes_when_they_end) {
  Harness h(town.db, town.random, town.now);
  Connection& mentor = h.online(town.mentor.primary());
  Connection& phone = h.online(town.participant.primary());
  town.now += 2 * minute;
  h.settle();
  {
    store::Db reader(path, store::Db::Mode::read_only);
    reader.exec("BEGIN");
    auto q = reader.query("SELECT count(*) FROM mailbox");
    ASSERT_TRUE(q.step());
    messages(h, mentor, phone, 80, "x");
    EXPECT_FALSE(town.db.move_log()) << "not all of it";
    EXPECT_FALSE(town.db.checkpoint());
    EXPECT_GE(town.db.wal_pages(), 1000);
  }
  EXPECT_TRUE(town.db.move_log());
  EXPECT_EQ(town.db.wal_pages(), 0);
}

}  // namespace
}  // namespace livlina::server

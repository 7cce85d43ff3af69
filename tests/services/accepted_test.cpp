// What was accepted is known by its digest, and forgotten by its date.
#include <gtest/gtest.h>

#include "server/store/mailbox.hpp"
#include "server/store/migrations.hpp"
#include "server/store/schema.hpp"
#include "tests/support/people.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::server {
namespace {

std::vector<Instant> dates(store::Db& db) {
  std::vector<Instant> out;
  auto q = db.query("SELECT received_at FROM accepted ORDER BY received_at");
  while (q.step()) out.push_back(q.integer(0));
  return out;
}

class Accepted : public ::testing::Test {
 protected:
  Accepted() { store::migrate(db); }
  void accept(Instant at) {
    mailbox.accept(testing::random_id<DeviceId>(random), testing::random_id<MessageId>(random), at);
  }
  store::Db db{":memory:"};
  store::Mailbox mailbox{db};
  testing::SeededRandom random{1};
};

TEST_F(Accepted, M4_it_goes_after_its_time_oldest_first) {
  for (const Instant at : {10, 20, 30, 40}) accept(at);
  EXPECT_EQ(mailbox.next_end(1000), 1010);
  EXPECT_EQ(mailbox.expire(100, 30, 200), 2);
  EXPECT_EQ(dates(db), (std::vector<Instant>{30, 40}));
  EXPECT_EQ(mailbox.next_end(1000), 1030);
  EXPECT_EQ(mailbox.expire(100, 50, 1), 1) << "few at a time";
  EXPECT_EQ(dates(db), std::vector<Instant>{40});
}

TEST_F(Accepted, M4_one_of_a_clock_that_was_ahead_holds_up_nobody) {
  accept(1'000'000);
  for (const Instant at : {10, 20}) accept(at);
  EXPECT_EQ(mailbox.next_end(1000), 1010);
  EXPECT_EQ(mailbox.expire(100, 21, 200), 2);
  mailbox.clamp(100, 100);
  EXPECT_EQ(dates(db), std::vector<Instant>{100});
}

TEST_F(Accepted, T6_a_repeat_is_known_until_then) {
  const auto device = testing::random_id<DeviceId>(random);
  const auto message = testing::random_id<MessageId>(random);
  mailbox.accept(device, message, 10);
  (void)mailbox.expire(100, 10, 200);
  EXPECT_EQ(mailbox.accepted_at(device, message), 10);
  (void)mailbox.expire(100, 11, 200);
  EXPECT_EQ(mailbox.accepted_at(device, message), std::nullopt);
}

TEST(AcceptedBefore, M1_a_database_of_the_version_before_keeps_its_rows) {
  store::Db db(":memory:");
  for (const char* script :
       {store::migration_people, store::migration_watch, store::migration_notices,
        store::migration_clock, store::migration_refusals})
    db.exec(script);
  db.exec("PRAGMA application_id = 1280724046; PRAGMA user_version = 5");
  testing::SeededRandom random(2);
  const auto device = testing::random_id<DeviceId>(random);
  const auto message = testing::random_id<MessageId>(random);
  store::Mailbox(db).accept(device, message, 77);
  store::Mailbox(db).accept(device, testing::random_id<MessageId>(random), 78);
  store::migrate(db);
  EXPECT_EQ(dates(db), (std::vector<Instant>{77, 78}));
  EXPECT_EQ(store::Mailbox(db).accepted_at(device, message), 77);
  EXPECT_THROW(store::Mailbox(db).accept(device, message, 79), store::Failure) << "once";
  EXPECT_FALSE(
      db.query("SELECT 1 FROM pragma_table_list WHERE name = 'accepted' AND wr = 0").step());
  EXPECT_EQ(store::Mailbox(db).expire(100, 78, 10), 1);
}

}  // namespace
}  // namespace livlina::server

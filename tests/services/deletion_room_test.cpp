// Deletions that find no room are nobody else's fault: SQLite writes a transaction at its commit,
// so that is where a full disk refuses them.
#include "tests/services/disk_town.hpp"

namespace livlina::testing {
namespace {

using namespace server;
using v1::ServerFrame;

class DeletionRoom : public ::testing::Test {
 protected:
  // A mentor has acknowledged what takes 900 KB to overwrite, and the disk has not as much.
  DeletionRoom() {
    town.server.staff_online();
    town.advance(5 * second);
    for (int i = 0; i < messages; ++i)
      EXPECT_EQ(town.write(60'000).body_case(), ServerFrame::kStored) << i;
    town.advance(5 * second);
    Connection& mentor = town.server.server->online(town.town.mentor.primary());
    town.advance(5 * second);
    while (mentor.count(ServerFrame::kDelivery) > 0) {
      std::vector<std::uint64_t> seqs;
      while (const auto d = mentor.take(ServerFrame::kDelivery))
        seqs.push_back(d->delivery().seq());
      EXPECT_EQ(town.server.server->code(mentor, ack(seqs)), 0);
    }
    EXPECT_EQ(rows(), messages);
    town.disk.bound(town.disk.used() + 700'000);
  }
  static constexpr int messages = 15;
  std::int64_t rows() {
    auto q = town.town.db.query("SELECT count(*) FROM mailbox WHERE kind = 1 AND device = ?");
    q.bind(town.town.mentor.primary().id());
    return q.step() ? q.integer(0) : -1;
  }
  DiskTown town{7};
};

TEST_F(DeletionRoom, G2_M4_a_check_in_is_not_refused_for_what_somebody_else_has_read) {
  EXPECT_EQ(town.check_in().body_case(), ServerFrame::kRecordAnswer);
  EXPECT_EQ(rows(), messages) << "the counter-check: there was no room for them";
  town.disk.bound(std::nullopt);
  town.advance(2 * second);
  EXPECT_EQ(rows(), 0);
}

TEST_F(DeletionRoom, G7_M4_they_are_no_outage_and_no_work_without_pause) {
  // What nobody refuses is written as ever: no gap is told, no check-in is put off.
  const auto gaps = [&] {
    return town.server.count("SELECT count(*) FROM occurrence WHERE outage");
  };
  const auto before = gaps();
  std::size_t rounds = 0;
  const auto after = town.server.server->after_round;
  town.server.server->after_round = [&](const RoundResult& result) {
    ++rounds;
    EXPECT_EQ(result.unserved, std::nullopt);
    after(result);
  };
  town.advance(40 * second);
  EXPECT_EQ(rows(), messages);
  EXPECT_LT(rounds, 200U);
  EXPECT_EQ(town.lines("watch_stalled"), 0);
  EXPECT_EQ(gaps(), before);
}

}  // namespace
}  // namespace livlina::testing

// Signed records as the database holds them: read again without their signature, refused when they
// are damaged, and remembered within bounds.
#include <gtest/gtest.h>

#include "server/services/recent.hpp"
#include "server/services/records.hpp"
#include "tests/services/town.hpp"

namespace livlina::server {
namespace {

using testing::Town;

// The fault of reading it; nothing: it was read.
template <class Read>
std::optional<store::Fault> fault(Read read) {
  try {
    (void)read();
    return std::nullopt;
  } catch (const store::Failure& failure) {
    return failure.fault();
  }
}

TEST(StoredRecords, T2_what_was_stored_is_read_again) {
  Town town(5);
  auto turn = town.turn();
  const auto manifest = newest_manifest(turn, town.circle.id);
  ASSERT_TRUE(manifest);
  EXPECT_TRUE(protocol::verify_manifest(manifest->record()).ok()) << "as it was signed";
  EXPECT_EQ((*manifest)->participant, town.participant.key());
  EXPECT_TRUE(newest_list(turn, town.mentor.key().bytes()));
  EXPECT_TRUE(newest_roster(turn, town.desk.key().bytes()));
  EXPECT_TRUE(newest_directory(turn, town.desk.key().bytes()));
  EXPECT_FALSE(newest_list(turn, Key{}));
}

// A byte of this column in every row of the table is another one.
void damage(store::Db& db, const char* read, const char* write, std::size_t at) {
  std::vector<std::pair<std::int64_t, Bytes>> rows;
  {
    auto q = db.query(read);
    while (q.step()) rows.emplace_back(q.integer(0), q.bytes(1));
  }
  ASSERT_FALSE(rows.empty());
  for (auto& [id, value] : rows) {
    value[at < value.size() ? at : value.size() - 1] ^= 1;
    ASSERT_EQ(db.run(write, id, value), 1);
  }
}

TEST(StoredRecords, T4_a_damaged_row_is_reported_as_corrupt_also_when_it_was_read_before) {
  Town town(6);
  auto turn = town.turn();
  const auto manifest = [&] { return newest_manifest(turn, town.circle.id); };
  ASSERT_EQ(fault(manifest), std::nullopt);
  constexpr std::size_t body = 60;
  constexpr std::size_t signature = 100'000;  // the last byte
  for (const std::size_t at : {std::size_t{0}, body, signature}) {
    town.db.begin();
    damage(town.db, "SELECT rowid, record FROM manifest",
           "UPDATE manifest SET record = ?2 WHERE rowid = ?1", at);
    EXPECT_EQ(fault(manifest), store::Fault::corrupt) << at;
    town.db.rollback();
    EXPECT_EQ(fault(manifest), std::nullopt);
  }
  damage(town.db, "SELECT rowid, hash FROM manifest",
         "UPDATE manifest SET hash = ?2 WHERE rowid = ?1", 31);
  EXPECT_EQ(fault(manifest), store::Fault::corrupt);
  damage(town.db, "SELECT rowid, record FROM device_list",
         "UPDATE device_list SET record = ?2 WHERE rowid = ?1", body);
  EXPECT_EQ(fault([&] { return newest_list(turn, town.mentor.key().bytes()); }),
            store::Fault::corrupt);
  damage(town.db, "SELECT rowid, record FROM desk_record",
         "UPDATE desk_record SET record = ?2 WHERE rowid = ?1", body);
  EXPECT_EQ(fault([&] { return newest_roster(turn, town.desk.key().bytes()); }),
            store::Fault::corrupt);
  EXPECT_EQ(fault([&] { return newest_directory(turn, town.desk.key().bytes()); }),
            store::Fault::corrupt);
}

ByteArray<32> key(int n) {
  ByteArray<32> out{};
  out[0] = static_cast<std::uint8_t>(n);
  out[1] = static_cast<std::uint8_t>(n >> 8);
  return out;
}

TEST(Recent, what_is_asked_for_stays_and_the_rest_goes_bit_by_bit) {
  Recent<ByteArray<32>, int> recent(100);
  for (int n = 0; n < 1000; ++n) {
    recent.put(key(n), n);
    ASSERT_LE(recent.size(), 100U);
    ASSERT_NE(recent.find(key(0)), nullptr) << "asked for each time, after " << n;
    for (int back = 0; back < std::min(n, 45); ++back)
      ASSERT_EQ(*recent.find(key(n - back)), n - back) << "of the last ones none is forgotten";
  }
  EXPECT_EQ(recent.find(key(1)), nullptr);
  recent.put(key(999), 7);
  EXPECT_EQ(*recent.find(key(999)), 7) << "the newest value";
}

}  // namespace
}  // namespace livlina::server

// The stored queue of a device's records: their chain, and what is left after a crash.
#include "clients/core/record_queue.hpp"

#include <gtest/gtest.h>

#include "tests/support/people.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {
namespace {

using client::NoteWay;
using client::QueuedRecord;
using client::RecordQueue;
using protocol::RecordType;

class RecordQueueTest : public ::testing::Test {
 protected:
  SeededRandom random{3};
  TestDevice device = make_device(random);
  crypto::Vault::Values disk;

  void commit(client::Store& store) {
    for (auto& [key, value] : store.take_changes()) {
      disk.erase(key);
      if (value) disk.emplace(key, std::move(*value));
    }
  }
  protocol::CheckinRecord record(RecordType type = RecordType::checkin) {
    protocol::CheckinRecord r;
    r.type = type;
    r.device = device.id();
    r.circle = CircleId{{4}};
    return r;
  }
  protocol::CheckinRecord verified(const QueuedRecord& q) {
    const auto v = protocol::verify_checkin(q.record, device.sig.public_key());
    EXPECT_TRUE(v.ok());
    return **v;
  }
};

TEST_F(RecordQueueTest, I9_chain_goes_on_over_a_reopen_at_every_step) {
  crypto::Hash last{};
  for (std::uint64_t n = 1; n <= 6; ++n) {
    client::Store store(disk);
    RecordQueue queue(store);
    ASSERT_TRUE(queue.load().ok());
    ASSERT_EQ(queue.all().size(), n - 1);
    const auto note = client::make_note("note", random);
    const QueuedRecord& q =
        queue.add(record(), device.sig, note, crypto::Kind::checkin_note, Instant(n));
    const auto r = verified(q);
    EXPECT_EQ(r.seq, n);
    EXPECT_EQ(r.prev, last);
    EXPECT_EQ(r.note_ref, note.ref());
    last = crypto::sha256(q.record);
    commit(store);
  }
}

TEST_F(RecordQueueTest, I9_an_erased_record_never_gives_its_number_away) {
  client::Store store(disk);
  RecordQueue queue(store);
  ASSERT_TRUE(queue.load().ok());
  const Bytes first = queue.add(record(), device.sig, {}, crypto::Kind::checkin_note, 1).record;
  queue.erase(1);
  commit(store);
  client::Store again(disk);
  RecordQueue later(again);
  ASSERT_TRUE(later.load().ok());
  EXPECT_TRUE(later.all().empty());
  const auto r = verified(later.add(record(), device.sig, {}, crypto::Kind::checkin_note, 2));
  EXPECT_EQ(r.seq, 2u);
  EXPECT_EQ(r.prev, crypto::sha256(first));
}

TEST_F(RecordQueueTest, what_is_known_of_a_record_reads_back) {
  client::Store store(disk);
  RecordQueue queue(store);
  ASSERT_TRUE(queue.load().ok());
  auto loud = record(RecordType::alarm);
  loud.answer = 2;
  (void)queue.add(loud, device.sig, client::make_note("help", random), crypto::Kind::alarm, 77);
  QueuedRecord& q = *queue.find(1);
  q.way = NoteWay::with;
  q.answered = true;
  q.message = MessageId{{5}};
  q.notes = {{DeviceId{{6}}, Bytes(3000, 7)}};
  queue.save(q);
  queue.set_answered_due(99);
  queue.set_answered_due(98);  // never back
  commit(store);
  client::Store again(disk);
  RecordQueue back(again);
  ASSERT_TRUE(back.load().ok());
  ASSERT_TRUE(back.load().ok());  // twice is as good as once
  ASSERT_EQ(back.all().size(), 1u);
  const QueuedRecord& b = back.all()[0];
  EXPECT_EQ(b.record, q.record);
  EXPECT_EQ(b.kind, crypto::Kind::alarm);
  EXPECT_EQ(b.pressed_at, 77);
  EXPECT_EQ(b.note.text, "help");
  EXPECT_EQ(b.note.ref(), verified(b).note_ref);
  EXPECT_EQ(b.way, NoteWay::with);
  EXPECT_TRUE(b.answered && b.done());
  EXPECT_EQ(b.message, q.message);
  ASSERT_EQ(b.notes.size(), 1u);
  EXPECT_EQ(b.notes[0].frame, q.notes[0].frame);
  EXPECT_EQ(back.last_alarm(), 1u);
  EXPECT_EQ(back.answered_due(), 99);
}

TEST_F(RecordQueueTest, T4_a_damaged_value_is_refused) {
  client::Store store(disk);
  RecordQueue queue(store);
  ASSERT_TRUE(queue.load().ok());
  (void)queue.add(record(), device.sig, {}, crypto::Kind::checkin_note, 1);
  commit(store);
  for (const auto& [key, value] : disk) {
    for (const std::size_t cut : {std::size_t{0}, value.size() / 2, value.size() - 1}) {
      client::Store broken(disk);
      broken.put(key, value.expose().first(cut));
      EXPECT_FALSE(RecordQueue(broken).load().ok()) << key << " " << cut;
    }
    client::Store longer(disk);
    longer.put(key, ByteWriter().bytes(value.expose()).u8(0).get());
    EXPECT_FALSE(RecordQueue(longer).load().ok()) << key;
  }
}

}  // namespace
}  // namespace livlina::testing

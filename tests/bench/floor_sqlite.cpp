// The floor of an acknowledgement: the rows that one message makes, straight into SQLite as the
// server sets it up (WAL, synchronous=FULL, secure_delete), without network, session or any check.
#include <unistd.h>

#include <algorithm>

#include "server/store/db.hpp"
#include "server/store/mailbox.hpp"
#include "server/store/schema.hpp"
#include "tests/bench/acks.hpp"
#include "tests/bench/device.hpp"
#include "tests/bench/loop.hpp"
#include "tests/bench/process_use.hpp"
#include "tests/server/temp_dir.hpp"
#include "tests/services/town.hpp"

namespace livlina::bench {

namespace {

constexpr int most_pages = 10'000;  // then the server as well stops for a checkpoint
constexpr Duration kept = 30 * day;

}  // namespace

Acks sqlite_rows(std::size_t batch, const Scale& scale) {
  const testing::TempDir dir;
  server::store::Db db(dir.file("floor.db"));
  server::store::migrate(db);
  crypto::Random& random = crypto::system_random();
  std::vector<testing::Person> people;
  for (std::size_t i = 0; i < 10; ++i) {
    people.push_back(testing::make_person(random, testing::town_start));
    testing::install_account(db, people.back(), 1, false);
  }
  server::store::Mailbox mailbox(db);
  const v1::Request message = message_to(people.front().primary().id());
  const ByteView frame = view(message.post_message().envelopes(0).frame());
  Acks out;
  std::uint64_t& rows = out.count;
  const CpuUse before = cpu_of(::getpid());
  const auto begin = Clock::now();
  const auto end = begin + Nanos(static_cast<std::int64_t>(scale.seconds / scale.turns * 1e9));
  while (Clock::now() < end) {
    db.begin();
    for (std::size_t i = 0; i < batch; ++i) {
      const DeviceId& to = people[rows % people.size()].primary().id();
      const Instant now = testing::town_start + static_cast<Instant>(rows / 10);
      mailbox.accept(to, testing::random_id<MessageId>(random), now);
      (void)mailbox.append(to, server::store::Rank::normal, 1, frame, now + kept, 1'000'000'000);
      ++rows;
    }
    db.commit();
    if (db.wal_pages() >= most_pages) (void)db.checkpoint();
  }
  out.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  out.cpu_ns = (cpu_of(::getpid()) - before).ns;
  return out;
}

}  // namespace livlina::bench

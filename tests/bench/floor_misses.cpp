// The floor of a miss: the check-in claimed, its trigger, an event of the incident and the words
// for the members, straight into SQLite; nobody judges, raises or pages.
#include <chrono>
#include <filesystem>

#include "server/store/db.hpp"
#include "tests/bench/failed.hpp"
#include "tests/bench/loop.hpp"
#include "tests/bench/misses.hpp"
#include "tests/server/temp_dir.hpp"

namespace livlina::bench {

namespace {

constexpr std::size_t batch = 200;  // rows_per_commit

std::vector<std::int64_t> open_ones(server::store::Db& db) {
  std::vector<std::int64_t> out;
  auto q = db.query("SELECT id FROM occurrence WHERE state = 1 ORDER BY next_at LIMIT ?");
  q.bind(batch);
  while (q.step()) out.push_back(q.integer(0));
  return out;
}

}  // namespace

double sqlite_misses(const std::string& database, std::size_t words) {
  const testing::TempDir dir;
  const std::string copy = dir.file("floor.db");
  std::filesystem::copy_file(database, copy);
  server::store::Db db(copy, server::store::Db::Mode::open_existing);
  // The rows name no incident that there is.
  db.exec("PRAGMA foreign_keys = OFF");
  std::vector<DeviceId> devices;
  {
    auto q = db.query("SELECT id FROM device LIMIT ?");
    q.bind(words);
    while (q.step()) devices.push_back(q.id<DeviceId>(0));
  }
  if (devices.size() < words) throw Failed("too few devices for the floor");
  const std::string content(90, 'x');
  const ByteArray<16> incident{1};
  std::uint64_t done = 0;
  const auto begin = Clock::now();
  for (auto rows = open_ones(db); !rows.empty(); rows = open_ones(db)) {
    db.begin();
    for (const std::int64_t id : rows) {
      db.run("UPDATE occurrence SET state = 3, next_at = NULL, version = version + 1 WHERE id = ?",
             id);
      db.run(
          "INSERT INTO trigger_row (incident, kind, severity, at, occurrence)"
          " VALUES (?, 1, 2, 0, ?)",
          incident, id);
      db.run(
          "INSERT INTO incident_event (id, incident, kind, at, step, round)"
          " VALUES (randomblob(16), ?, 2, 0, 0, 1)",
          incident);
      for (const DeviceId& device : devices) {
        db.run("UPDATE device SET next_seq = next_seq + 1, queued = queued + 1 WHERE id = ?",
               device);
        db.run(
            "INSERT INTO mailbox (device, rank, seq, kind, content, expires_at)"
            " SELECT id, 0, next_seq - 1, 3, ?2, 9000000000000 FROM device WHERE id = ?1",
            device, view(content));
      }
      ++done;
    }
    db.commit();
    if (db.wal_pages() >= 10'000) (void)db.checkpoint();
  }
  return static_cast<double>(done) / std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace livlina::bench

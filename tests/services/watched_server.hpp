// A watched town behind a whole server: rounds through the engine over virtual time, with a commit
// probe that a test may make fail, count with, or charge time for.
#pragma once

#include <functional>
#include <memory>

#include "tests/services/harness.hpp"
#include "tests/services/watch_town.hpp"

namespace livlina::testing {

class WatchedServer {
 public:
  explicit WatchedServer(const server::Settings& settings = {}, std::uint64_t seed = 1,
                         const std::string& database = ":memory:");

  // Everybody of the staff has a session, and nothing is waiting.
  void staff_online();
  // Rounds at every deadline of the engine up to `t`, and one at `t`.
  void advance_to(Instant t);
  void advance(Duration d) { advance_to(town.now + d); }
  [[nodiscard]] v1::Request record(const RecordSpec& spec, std::size_t device = 0);
  // A rule of the test's own inside the database, "ABORT when ...": that row cannot be written.
  void poison(const std::string& on, const std::string& when);
  void heal() { town.db.exec("DROP TRIGGER poison"); }
  [[nodiscard]] std::int64_t count(const char* sql) { return town.count(sql); }
  // Adds another watched circle with a phone of its own.
  struct Neighbour {
    Person person;
    TestCircle circle;
  };
  Neighbour neighbour(std::vector<protocol::Schedule> schedules);

  WatchTown town;
  // What every commit meets before it is one; may throw store::Failure.
  std::function<void(server::CommitPoint)> at_commit = [](server::CommitPoint) {};
  int commits = 0;  // done
  std::vector<server::OperatorNotice> lines;
  bool lines_arrive = true;
  server::RoundResult last;
  std::unique_ptr<Harness> server;

  // One round, kept as `last`.
  const server::RoundResult& round();
  // As after a start: probe and lines are kept.
  void restart();
};

}  // namespace livlina::testing

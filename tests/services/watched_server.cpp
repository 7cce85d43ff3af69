#include "tests/services/watched_server.hpp"

#include <gtest/gtest.h>

#include "server/services/people.hpp"
#include "server/services/watch.hpp"

namespace livlina::testing {

using namespace server;

WatchedServer::WatchedServer(const Settings& settings, std::uint64_t seed,
                             const std::string& database)
    : town(CircleState::armed, 2, seed, database) {
  make_server_row(town.db, town.now);
  server = std::make_unique<Harness>(town.db, town.random, town.now, settings);
  server->after_round = [this](const RoundResult& result) {
    for (const OperatorNotice& line : result.operator_notices) {
      lines.push_back(line);
      server->engine().operator_result(line.id, lines_arrive, town.now);
    }
  };
  restart();
}

void WatchedServer::restart() {
  server->restart();
  server->engine().set_commit_probe([this](CommitPoint at) {
    at_commit(at);
    commits += at == CommitPoint::after ? 1 : 0;
  });
}

void WatchedServer::staff_online() {
  for (livlina::testing::Person* p :
       {&town.coordinator, &town.contact, &town.mentor, &town.other_mentor})
    (void)server->online(p->primary());
  server->settle();
}

const RoundResult& WatchedServer::round() {
  last = server->round();
  return last;
}

void WatchedServer::advance_to(Instant end) {
  for (int guard = 0; guard < 200'000; ++guard) {
    if (!round().more) {
      const auto next = server->engine().next_deadline();
      if (town.now >= end) return;
      town.now = std::clamp(next.value_or(end), town.now + 1, end);
    }
  }
  FAIL() << "the engine never comes to rest";
}

v1::Request WatchedServer::record(const RecordSpec& spec, std::size_t device) {
  v1::Request out;
  out.mutable_post_record()->set_record(to_string(town.sign(spec, device)));
  return out;
}

void WatchedServer::poison(const std::string& on, const std::string& when) {
  town.db.exec("CREATE TEMP TRIGGER poison BEFORE " + on + " WHEN " + when +
               " BEGIN SELECT RAISE(ABORT, 'poison'); END");
}

WatchedServer::Neighbour WatchedServer::neighbour(std::vector<protocol::Schedule> schedules) {
  auto person = make_participant(town.random, town.now);
  auto circle =
      make_circle(town.random, person, town.desk.key(), town.circle.manifest.lines, town.now);
  (void)circle.next_plan(person, std::move(schedules), town.now);
  town.db.begin();
  install_account(town.db, person, 2, false);
  install_circle(town.db, circle, CircleState::armed, 2);
  store_plan(town.db, circle);
  auto turn = town.turn();
  plan_accepted(turn, circle_facts(turn, circle.id).value(),
                protocol::verify_plan(circle.plan_record).value());
  town.db.commit();
  return {std::move(person), std::move(circle)};
}

}  // namespace livlina::testing

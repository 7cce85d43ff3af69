#include "server/store/channel_failures.hpp"

namespace livlina::server::store {

namespace {

std::vector<policy::Person> people(Query& q) {
  std::vector<policy::Person> out;
  while (q.step()) out.push_back(q.array<32>(0));
  return out;
}

}  // namespace

bool ChannelFailures::failed(const policy::Person& person) {
  return db_.query("SELECT 1 FROM channel_failure WHERE person = ?").bind(person).step();
}

bool ChannelFailures::mark(const policy::Person& person, Instant now, Instant next_at) {
  return db_.run(
             "INSERT INTO channel_failure (person, since, next_at) VALUES (?, ?, ?) "
             "ON CONFLICT (person) DO NOTHING",
             person, now, next_at) == 1;
}

void ChannelFailures::clear(const policy::Person& person) {
  db_.run("DELETE FROM channel_failure WHERE person = ?", person);
}

void ChannelFailures::set_next(const policy::Person& person, Instant next_at) {
  db_.run("UPDATE channel_failure SET next_at = ? WHERE person = ?", next_at, person);
}

std::vector<policy::Person> ChannelFailures::all() {
  Query q = db_.query("SELECT person FROM channel_failure ORDER BY person");
  return people(q);
}

std::vector<policy::Person> ChannelFailures::due(Instant now) {
  Query q = db_.query("SELECT person FROM channel_failure WHERE next_at <= ? ORDER BY next_at");
  q.bind(now);
  return people(q);
}

void ChannelFailures::clamp(Instant latest) {
  db_.run("UPDATE channel_failure SET next_at = ?1 WHERE next_at > ?1", latest);
}

std::optional<Instant> ChannelFailures::next() {
  Query q = db_.query("SELECT min(next_at) FROM channel_failure");
  if (!q.step() || q.null(0)) return std::nullopt;
  return q.integer(0);
}

}  // namespace livlina::server::store

#include "server/engine/engine.hpp"

#include <algorithm>
#include <iterator>

#include "protocol/codec.hpp"
#include "server/engine/round.hpp"
#include "server/engine/state.hpp"
#include "server/store/schema.hpp"
#include "server/store/server_row.hpp"

namespace livlina::server {

namespace {

constexpr Duration blind = 30 * second;    // rule 17: shorter is no gap
constexpr Duration clock_jitter = second;  // a step back that small is none

std::uint64_t checked_epoch(store::Db& db, const SignPublic& key) {
  const auto row = store::Server(db).find();
  if (!row)
    throw store::SchemaRefused("the database was never initialised: run `livlina-server init`");
  if (row->pk != key.bytes())
    throw store::SchemaRefused(
        "the key file does not belong to this database: put the key file that was made with it "
        "back beside it");
  return row->epoch;
}

}  // namespace

Engine::Engine(store::Db& db, Settings settings, const protocol::Zones& zones,
               crypto::Random& random, crypto::SignKeyPair server_key) {
  const std::uint64_t epoch = checked_epoch(db, server_key.public_key());
  state_.reset(new State{.db = db,
                         .settings = std::move(settings),
                         .zones = zones,
                         .random = random,
                         .key = std::move(server_key),
                         .epoch = epoch});
}

Engine::~Engine() = default;

void Engine::keep(store::Ballast& ballast) { state_->room.keep(ballast); }

void Engine::wake(Instant blind_from, Instant now) {
  wake(blind_from, now, [](const std::vector<Outgoing>&) {});
}

void Engine::wake(Instant blind_from, Instant now, const Sink& send) {
  State& s = *state_;
  s.jobs.clock_set(now);
  s.aside.clock_set(now);
  s.calendar.forget();
  s.sessions.acknowledged().clock_set(now);
  s.lines.clock_set(now);
  s.sessions.in_flight().clock_set(now);
  for (auto& [device, at] : s.left) at = std::min(at, now);
  s.judge_at.reset();
  s.checkpoint_after = 0;
  Instant from = blind_from;
  if (const auto row = store::Server(s.db).find()) {
    if (from == 0) from = row->last_round;
    if (s.noted == 0) s.noted = row->last_round;
  }
  // A gap that could not be written yet began earlier.
  if (s.blind_from) from = std::min(from, *s.blind_from);
  if (now - from <= blind && from - now <= clock_jitter) return;
  s.blind_from = from;
  Round(s, now, true, send).write_gap();
}

RoundResult Engine::round(std::vector<Inbound> inbound, Instant now, const Sink& send) {
  State& s = *state_;
  for (Inbound& item : inbound)
    if (item.what == Inbound::What::opened)
      s.sessions.open(item.session, item.server_nonce);
    else
      s.backlog.add(std::move(item));
  if (s.sessions.in_flight().free_by(now)) s.calendar.forget();
  Round round(s, now, inbound.empty() && s.backlog.size() == 0, send);
  round.write_gap();
  round.requests(RequestClass::urgent);
  round.watch();
  round.requests(RequestClass::normal);
  round.openings();
  round.tell_incidents();
  round.requests(RequestClass::bulk);
  round.sweep();
  round.delete_old();
  round.note();
  round.delete_acknowledged();
  round.checkpoint();
  return round.finish();
}

RoundResult Engine::round(std::vector<Inbound> inbound, Instant now) {
  std::vector<Outgoing> out;
  RoundResult result = round(std::move(inbound), now, [&](std::vector<Outgoing> some) {
    std::move(some.begin(), some.end(), std::back_inserter(out));
  });
  result.out = std::move(out);
  return result;
}

void Engine::finish(Instant now) {
  if (state_->sessions.acknowledged().empty()) return;
  Effects effects;
  // Not written: they are handed out once more.
  (void)state_->attempt(Work::deletions, now, effects, [](Turn&) {});
}

void Engine::operator_result(const NoticeId& id, bool delivered, Instant now) {
  if (state_->lines.result(id, delivered)) return;
  Effects effects;
  // Not written: the line goes again, which is what a lost result means.
  (void)state_->attempt(Work::lines, now, effects,
                        [&](Turn& turn) { operator_notice_result(turn, id, delivered); });
}

void Engine::webhook_result(const WebhookResult& result, Instant now) {
  State& s = *state_;
  s.sessions.in_flight().ended(result.id, result.delivery, now);
  s.calendar.forget();  // what waited for the channel may be due
  const bool accepted = result.delivery.what == policy::Delivery::What::accepted;
  if (!s.lines.result(result.id, accepted)) s.webhook_results.push_back(result);
}

std::optional<Instant> Engine::next_deadline() const {
  const State& s = *state_;
  std::optional<Instant> out = s.due;
  const auto at = [&](Instant t) { out = out ? std::min(*out, t) : t; };
  if (s.settings.heartbeat > 0) at(s.last_round + s.settings.heartbeat);
  if (s.checkpoint_at) at(*s.checkpoint_at);
  if (const auto look = s.room.next()) at(*look);
  if (const auto deletions = s.sessions.acknowledged().due()) at(*deletions);
  if (const auto told = s.changed.next()) at(*told);
  if (const auto free = s.sessions.in_flight().next()) at(*free);
  if (!s.webhook_results.empty()) at(s.last_round);
  return out;
}

std::string Engine::challenge(const ByteArray<32>& nonce, Instant now) const {
  v1::ServerFrame frame;
  frame.set_version(protocol::wire_version);
  auto& c = *frame.mutable_challenge();
  c.set_server_pk(to_string(state_->key.public_key().view()));
  c.set_nonce(to_string(ByteView(nonce)));
  c.set_time(now);
  c.set_epoch(state_->epoch);
  c.set_server_name(state_->settings.server_name);
  c.set_wire_version(protocol::wire_version);
  c.set_demonstration(state_->settings.demonstration);
  return protocol::encode(frame);
}

void Engine::set_commit_probe(CommitProbe probe) { state_->probe = std::move(probe); }

}  // namespace livlina::server

#include "server/engine/engine.hpp"

#include <algorithm>

#include "protocol/codec.hpp"
#include "server/engine/round.hpp"
#include "server/engine/state.hpp"
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

void Engine::wake(Instant blind_from, Instant now) {
  State& s = *state_;
  Instant from = blind_from;
  if (from == 0)
    if (const auto row = store::Server(s.db).find()) from = row->last_round;
  // A gap that could not be written yet began earlier.
  if (s.blind_from) from = std::min(from, *s.blind_from);
  if (now - from <= blind && from - now <= clock_jitter) return;
  s.blind_from = from;
  Round(s, now, true).write_gap();
}

RoundResult Engine::round(std::vector<Inbound> inbound, Instant now) {
  Round round(*state_, now, inbound.empty());
  std::vector<const Inbound*> by_class[3];
  for (const Inbound& item : inbound) {
    if (item.what == Inbound::What::opened)
      state_->sessions.open(item.session, item.server_nonce);
    else if (item.what == Inbound::What::request && item.request)
      by_class[static_cast<std::size_t>(class_of(*item.request))].push_back(&item);
  }
  round.write_gap();
  round.requests(by_class[0]);
  round.watch();
  round.requests(by_class[1]);
  round.openings();
  round.requests(by_class[2]);
  // What a session asked for before it ended is done all the same.
  for (const Inbound& item : inbound)
    if (item.what == Inbound::What::closed) round.closed(item.session);
  round.sweep();
  round.delete_old();
  round.note();
  round.checkpoint();
  return round.finish();
}

void Engine::operator_result(const NoticeId& id, bool delivered, Instant now) {
  Effects effects;
  // Not written: the line goes again, which is what a lost result means.
  (void)state_->attempt(now, effects,
                        [&](Turn& turn) { operator_notice_result(turn, id, delivered); });
}

std::optional<Instant> Engine::next_deadline() const {
  const State& s = *state_;
  std::optional<Instant> out = s.due;
  const auto at = [&](Instant t) { out = out ? std::min(*out, t) : t; };
  if (s.settings.heartbeat > 0) at(s.last_round + s.settings.heartbeat);
  if (s.checkpoint_at) at(*s.checkpoint_at);
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

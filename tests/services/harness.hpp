// The whole server without sockets: sessions that send real requests through Engine::round and keep
// what comes back.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/proto.hpp"
#include "server/engine/engine.hpp"
#include "server/store/db.hpp"
#include "tests/support/people.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {

class Connection {
 public:
  server::SessionId id = 0;
  ByteArray<32> nonce{};
  std::deque<v1::ServerFrame> pushed;  // everything that was no reply
  std::optional<std::uint16_t> closed;

  // The first pushed frame of this kind, taken out; nothing: none came.
  std::optional<v1::ServerFrame> take(v1::ServerFrame::BodyCase kind);
  [[nodiscard]] std::size_t count(v1::ServerFrame::BodyCase kind) const;
};

class Harness {
 public:
  // The database is migrated and has its server row (give it one with make_server_row).
  Harness(server::store::Db& db, crypto::Random& random, Instant& now,
          const server::Settings& settings = {});

  [[nodiscard]] Connection& connect();
  // One round with this request; its reply.
  v1::ServerFrame ask(Connection& c, v1::Request request);
  // The code of the reply, 0 when it is no error.
  int code(Connection& c, v1::Request request);
  v1::ServerFrame log_in(Connection& c, TestDevice& device);
  // Connected and logged in; fails the test otherwise.
  [[nodiscard]] Connection& online(TestDevice& device);
  void disconnect(Connection& c);
  // Several requests of several sessions that come at once, in as many rounds as they take; replies
  // by session and request id.
  void together(std::vector<std::pair<Connection*, v1::Request>> requests);
  // One round; what leaves after a commit is with its connection before the next one.
  server::RoundResult round(std::vector<server::Inbound> inbound = {});
  // Called after each, with all but the frames.
  std::function<void(const server::RoundResult&)> after_round = [](const server::RoundResult&) {};
  // Rounds until nothing is waiting.
  void settle();
  // The clock was set, or the server was blind, from then until now, and sessions go on.
  void wake(Instant from);
  // A new process on the same database: all sessions are gone.
  void restart();

  server::Engine& engine() { return *engine_; }
  [[nodiscard]] v1::Request login_request(const Connection& c, const TestDevice& device,
                                          std::uint64_t counter) const;
  std::optional<v1::ServerFrame> reply(Connection& c, std::uint64_t request_id);

  crypto::SignKeyPair key;
  server::Settings settings;
  std::uint64_t epoch = 0;

 private:
  void take_in(std::vector<server::Outgoing> out);
  std::uint64_t next_request_ = 1;

  server::store::Db& db_;
  crypto::Random& random_;
  Instant& now_;
  std::unique_ptr<server::Engine> engine_;
  server::SessionId next_session_ = 1;
  std::map<server::SessionId, std::unique_ptr<Connection>> connections_;
  std::map<std::pair<server::SessionId, std::uint64_t>, v1::ServerFrame> replies_;
};

// The key that every Harness uses.
[[nodiscard]] crypto::SignKeyPair harness_key();
void make_server_row(server::store::Db& db, Instant now);

// Requests.
[[nodiscard]] v1::Request post_message(const MessageId& id, const std::vector<DeviceId>& to,
                                       std::uint8_t queue = 0, std::size_t size = 300);
[[nodiscard]] v1::Request ack(const std::vector<std::uint64_t>& seqs);

// A printout of every table but the server's own row, to show that nothing changed.
[[nodiscard]] std::string dump(server::store::Db& db);

}  // namespace livlina::testing

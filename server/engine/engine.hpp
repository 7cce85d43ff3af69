// The whole server but sockets, threads and clocks: rounds over the database, driven by the
// database thread in the real server and by the simulation in tests.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/engine/work.hpp"
#include "server/services/channels.hpp"
#include "server/services/turn.hpp"
#include "server/services/watch.hpp"
#include "server/store/ballast.hpp"

namespace livlina::v1 {
class Request;
}

namespace livlina::server {

// What the session layer hands over: already decoded, size-checked and allowed in its session
// state.
struct Inbound {
  enum class What : std::uint8_t { opened, request, closed };
  What what = What::request;
  SessionId session = 0;                       // unique in the process's life, above 0
  std::shared_ptr<const v1::Request> request;  // of a request
  ByteArray<32> server_nonce{};                // of opened: the challenge the server sent
};

// What the session layer has to do, in order, after the commit.
struct Outgoing {
  SessionId session = 0;
  std::string frame;   // an encoded ServerFrame; empty: nothing to send
  bool close = false;  // after the frame
  std::uint16_t close_code = 1000;
};

// Takes what may leave, right after the commit that allows it; must not wait.
using Sink = std::function<void(std::vector<Outgoing>)>;

// What came of a notice that a webhook was given.
struct WebhookResult {
  NoticeId id;
  policy::Delivery delivery;
};

struct RoundResult {
  std::vector<Outgoing> out;  // of a round without a sink
  std::vector<OperatorNotice> operator_notices;
  std::vector<DeskNotice> desk_notices;
  std::vector<FaultSeen> faults;  // what the database refused, for the log
  std::size_t queued = 0;         // requests that wait for the next round
  bool more = false;              // work is waiting: run again at once
  // The earliest deadline that is not served because its work fails; nothing: all are.
  std::optional<Instant> unserved;
  // The watch has had work and could not write it for 30 s.
  bool stalled = false;
  // The disk is full: the ballast is given up, and what can wait is refused.
  bool tight = false;
};

// The requests of a round go by their class: alarms and check-ins, judge, deadlines, others,
// openings, bulk; at most settings.rows_per_commit a commit, and of each class a bounded number a
// round.
enum class RequestClass : std::uint8_t { urgent = 0, normal = 1, bulk = 2 };
inline constexpr std::size_t urgent_chunks = 5;    // 1000 log-ins, a fraction of a second
inline constexpr std::size_t bulk_in_a_round = 4;  // a big desk's list takes some 20 ms

// Records and log-ins are judged at the next multiple of this, the primary's as the shadow's: what
// is done because of a shadow never stands between its requests and their replies (I10).
inline constexpr Duration judge_beat = 250;

// Why the server closes a connection, beside RFC 6455's own codes.
inline constexpr std::uint16_t close_replaced = 4000;       // the device has a newer session
inline constexpr std::uint16_t close_login_refused = 4001;  // also for a cloned device
inline constexpr std::uint16_t close_revoked = 4002;        // the device left its account's list

// For simulations: stands on both sides of every commit. May throw Crash, which leaves round() and
// wake(); the engine and its Db must then be thrown away, as a killed process would leave them.
enum class CommitPoint : std::uint8_t { before, after };
using CommitProbe = std::function<void(CommitPoint)>;
struct Crash {};  // not a std::exception: nothing in the server catches it

class Engine {
 public:
  // `server_key` signs hellos. The Db is migrated, owned by the caller and outlives the engine.
  // Throws store::SchemaRefused for a database that was not initialised, or by a server with
  // another key.
  Engine(store::Db& db, Settings settings, const protocol::Zones& zones, crypto::Random& random,
         crypto::SignKeyPair server_key);
  ~Engine();

  // Takes this ballast and keeps it while there is room (disk_room.hpp). It outlives the engine.
  void keep(store::Ballast& ballast);

  // Before the first round and after every suspension or clock step: rule 17. `blind_from` 0: take
  // the time of the last committed round from the database. A gap that cannot be written now (full
  // disk) is kept and tried again at the start of each round, before anything is judged. What it
  // tells whoever is online goes to `send`.
  void wake(Instant blind_from, Instant now, const Sink& send);
  // The same where nobody is online: before the first round.
  void wake(Instant blind_from, Instant now);

  // One round: takes the inbound items, commits (possibly several times), and hands what may leave
  // to `send` after each commit. Never throws: an SQL failure rolls back, the requests run one by
  // one, and those that still fail get an error reply (disk_full, busy, internal).
  [[nodiscard]] RoundResult round(std::vector<Inbound> inbound, Instant now, const Sink& send);
  // The same, and what may leave is in the result.
  [[nodiscard]] RoundResult round(std::vector<Inbound> inbound, Instant now);
  void operator_result(const NoticeId& id, bool delivered, Instant now);
  // Written by the next round.
  void webhook_result(const WebhookResult& result, Instant now);
  // Writes what waits for a commit in memory; after the last round.
  void finish(Instant now);

  // When the next round is due without requests; nothing: none.
  [[nodiscard]] std::optional<Instant> next_deadline() const;

  [[nodiscard]] static RequestClass class_of(const v1::Request& request);

  // The challenge frame for a new connection.
  [[nodiscard]] std::string challenge(const ByteArray<32>& nonce, Instant now) const;

  // For tests: called before and after every commit.
  void set_commit_probe(CommitProbe probe);

 private:
  friend class Round;  // round.hpp
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace livlina::server

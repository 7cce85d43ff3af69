// A whole town in one process: one Engine over an in-memory database and any number of client
// cores, joined by queues under one virtual clock. No sockets, no threads, no sleep; everything
// from a seed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/core/core.hpp"
#include "protocol/codec.hpp"
#include "protocol/proto.hpp"
#include "server/engine/engine.hpp"
#include "server/store/db.hpp"
#include "tests/support/line.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing::sim {

inline constexpr Instant world_start = 1'772'438'400'000;  // Monday 2026-03-02, 08:00 UTC

class World;

// One device: a core, and the values that its vault would hold.
class Phone {
 public:
  Phone(World& world, std::string name, std::uint64_t seed);

  // Gives a command and lets the world run until it is finished (at most a virtual minute). What
  // was said because of it and meanwhile on this phone, its Finished last. Connects after Enrol.
  std::vector<v1::Event> run(v1::Command command);
  // Gives a command and does not wait: its id. The core may end while it is under way; then no
  // Finished comes.
  std::uint64_t give(v1::Command command);
  // The Finished of the last run(); "unfinished" when none came.
  [[nodiscard]] const v1::Finished& finished() const { return finished_; }
  // run() that must end well: false (and nothing else) otherwise.
  [[nodiscard]] bool ok(v1::Command command);

  void connect();     // and stays so: connects again by itself whenever the server is up
  void disconnect();  // until connect()
  [[nodiscard]] bool connected() const { return session_ != 0; }
  // The process ends and begins anew from what is stored. False when the core cannot read it.
  [[nodiscard]] bool reopen();
  // Every command from now on meets a core that was built anew from what is stored, and that has
  // connected again when it was connected.
  void reopen_always(bool on) { reopen_always_ = on; }

  // All events so far, oldest first; clear() forgets them.
  [[nodiscard]] const std::vector<v1::Event>& events() const { return events_; }
  void clear() { events_.clear(); }
  [[nodiscard]] bool warned(const std::string& code) const;
  // The newest event that `pick` likes.
  [[nodiscard]] const v1::Event* last(v1::Event::EventCase which) const;
  [[nodiscard]] v1::Status status();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] client::Core& core() { return *core_; }
  [[nodiscard]] const crypto::Vault::Values& values() const { return values_; }
  [[nodiscard]] crypto::Vault::Values& values() { return values_; }
  [[nodiscard]] const crypto::Vault::Values& decoy_values() const { return decoy_; }
  // The phone gets this frame as if the server had sent it.
  void receive(const v1::ServerFrame& frame);
  // The phone's clock is off by this.
  Duration skew = 0;
  // Frames of the server on their way to this phone: may be changed; false drops it.
  std::function<bool(v1::ServerFrame&)> on_frame;
  // Requests on their way to the server: may be changed; false drops it.
  std::function<bool(v1::Request&)> on_request;
  std::function<void()> on_lost;   // its connection has ended, and the core knows
  std::function<void()> on_begun;  // its process has begun anew
  // What the line does with a frame (true: towards the server). Unset: it is there at once.
  std::function<Passage(bool to_server)> line;

 private:
  friend class World;
  void step();
  void received(const std::string& frame);
  void lost();  // the connection ended
  [[nodiscard]] client::Moment moment() const;
  [[nodiscard]] Instant now() const;

  World& world_;
  std::string name_;
  SeededRandom random_;
  crypto::Vault::Values values_;
  crypto::Vault::Values decoy_;
  std::unique_ptr<client::Core> core_;
  std::vector<v1::Event> events_;
  v1::Finished finished_;
  std::uint64_t next_command_ = 1;
  server::SessionId session_ = 0;
  bool wants_connection_ = false;
  bool reopen_always_ = false;
  std::optional<Instant> wake_at_;
};

class World {
 public:
  // `key`: the server's, when its database comes from elsewhere.
  explicit World(std::uint64_t seed, server::Settings settings = default_settings(),
                 Instant start = world_start, std::optional<crypto::SignKeyPair> key = {});
  ~World();
  [[nodiscard]] static server::Settings default_settings();

  // A fresh phone; lives as long as the world.
  Phone& add(const std::string& name);
  // The phone's decoy realm as a phone of its own, as the duress PIN opens it. The real one should
  // be disconnected meanwhile: one phone shows one realm.
  Phone& open_decoy(Phone& phone);
  // The code of the server's first invitation, as `init` prints it.
  [[nodiscard]] Bytes first_code();

  [[nodiscard]] Instant now() const { return now_; }
  // Exchanges everything that waits at this instant.
  void pump();
  // Goes from deadline to deadline, of server and phones, to now + `by`.
  void advance(Duration by);

  // Settings.heartbeat without its thousands of empty rounds: only the last one before a round that
  // does something is run, and one when the server stops. So the database always knows to this
  // precision how long the server lived. 0: not.
  void keep_alive(Duration every) { alive_every_ = every; }

  // The process ends and begins anew on what is committed; all connections are lost.
  void crash_server();
  void stop_server();
  void start_server();
  // Every commit of the server calls this; it may throw server::Crash: the server is then killed
  // and begins anew with the next pump().
  void set_commit_probe(server::CommitProbe probe);
  // Called after every round that came to its end, with its time; `settled`: no work is waiting,
  // and nothing went wrong in it.
  using RoundProbe = std::function<void(Instant at, bool settled)>;
  void set_round_probe(RoundProbe probe) { round_probe_ = std::move(probe); }
  [[nodiscard]] bool server_up() const { return engine_ != nullptr; }
  // A round of keep_alive is running.
  [[nodiscard]] bool noting_alive() const { return noting_; }

  [[nodiscard]] server::store::Db& db() { return *db_; }
  [[nodiscard]] server::Engine& engine() { return *engine_; }
  [[nodiscard]] const crypto::SignKeyPair& server_key() const { return server_key_; }
  [[nodiscard]] const std::vector<server::OperatorNotice>& operator_notices() const {
    return operator_notices_;
  }
  SeededRandom random;

 private:
  friend class Phone;
  void open_session(Phone& phone);
  void close_session(Phone& phone);
  void send(Phone& phone, const std::string& frame);
  void reach_server(const Phone& phone, v1::Request request);
  bool land();   // what has arrived by now over slow lines; false: nothing
  bool round();  // false: nothing happened
  void run_engine(std::vector<server::Inbound> inbound, Instant at);
  void note_alive(Instant at);
  void deliver(const server::RoundResult& result);
  bool tick_phones();
  void begin_server();
  void lose_all();
  [[nodiscard]] std::optional<Instant> next_instant() const;

  server::Settings settings_;
  std::uint64_t seed_;
  crypto::SignKeyPair server_key_;
  std::string path_;
  std::unique_ptr<server::store::Db> keeper_;  // holds the in-memory database across a crash
  std::unique_ptr<server::store::Db> db_;
  std::unique_ptr<server::Engine> engine_;
  server::CommitProbe probe_;
  RoundProbe round_probe_;
  Instant now_;
  Duration alive_every_ = 0;
  Instant last_round_ = 0;
  bool noting_ = false;
  Lines lines_;
  std::vector<std::unique_ptr<Phone>> phones_;
  std::map<server::SessionId, Phone*> sessions_;
  std::vector<server::Inbound> inbound_;
  std::vector<server::OperatorNotice> operator_notices_;
  server::SessionId next_session_ = 1;
  bool more_ = true;
};

}  // namespace livlina::testing::sim

// The engine's inside: what lives in memory between rounds, and the one way into a transaction.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "server/delivery/sessions.hpp"
#include "server/engine/effects.hpp"
#include "server/engine/engine.hpp"
#include "server/services/retention.hpp"
#include "server/store/db.hpp"

namespace livlina::server {

struct Engine::State {
  store::Db& db;
  Settings settings;
  const protocol::Zones& zones;
  crypto::Random& random;
  crypto::SignKeyPair key;
  std::uint64_t epoch = 0;
  CommitProbe probe{};

  Sessions sessions{};
  std::vector<DeviceId> came{};                      // logged in: their notices go again
  std::vector<std::pair<DeviceId, Instant>> left{};  // when their session ended, to be written
  std::optional<Instant> blind_from{};               // a gap that is not yet written
  Instant noted = 0;                                 // the last round that the database knows of
  Instant last_round = 0;                            // the last one, written or not
  Instant watch_after = 0;                           // deadlines could not be written: wait so long
  Instant swept = 0;                                 // the last look for what has expired
  RetentionPlace retention{};                        // how far the pass over old rows has come
  Instant retention_at = 0;                          // when it goes on
  Instant dirty_since = 0;                 // the write-ahead log is not empty since; 0: it is
  Instant checkpoint_after = 0;            // somebody read the log: wait so long
  std::optional<Instant> checkpoint_at{};  // when the log should be emptied
  std::optional<Instant> due{};            // of the watch and of what expires
  std::vector<std::string> faults{};       // of the round

  // Runs `work` as one transaction; its effects stand in `effects` afterwards. What went wrong:
  // then everything is rolled back and `effects` is empty. Only Crash comes through.
  template <class Work>
  [[nodiscard]] std::optional<store::Fault> attempt(Instant now, Effects& effects, Work work) {
    try {
      db.begin();
      Turn turn{db, now, effects, sessions, settings, zones, random};
      work(turn);
      if (probe) probe(CommitPoint::before);
      db.commit();
      if (probe) probe(CommitPoint::after);
      return std::nullopt;
    } catch (const store::Failure& failure) {
      db.rollback();
      effects.list.clear();
      faults.emplace_back(failure.what());
      return failure.fault();
    } catch (const std::exception& other) {  // memory: nothing of it may stay half done
      db.rollback();
      effects.list.clear();
      faults.emplace_back(other.what());
      return store::Fault::other;
    }
  }
};

}  // namespace livlina::server

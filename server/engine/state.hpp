// The engine's inside: what lives in memory between rounds, and the one way into a transaction.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "server/delivery/changed_incidents.hpp"
#include "server/delivery/sessions.hpp"
#include "server/engine/aside.hpp"
#include "server/engine/backlog.hpp"
#include "server/engine/calendar.hpp"
#include "server/engine/disk_room.hpp"
#include "server/engine/effects.hpp"
#include "server/engine/engine.hpp"
#include "server/engine/jobs.hpp"
#include "server/engine/own_lines.hpp"
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
  ChangedIncidents changed{};  // not told yet
  Backlog backlog{};
  Jobs jobs{};
  Aside aside{};
  DiskRoom room{};
  Calendar calendar{};
  OwnLines lines{settings.operator_command, settings.operator_webhook};
  bool channels_began = false;                   // what is pending for a webhook went again
  std::vector<WebhookResult> webhook_results{};  // not written yet
  bool stalled = false;                          // the operator was told so
  std::optional<Instant> unwritten_since{};      // no note could be written since
  std::optional<Instant> judge_at{};             // somebody's request waits for the judge: the beat
  std::vector<DeviceId> came{};                  // logged in: their notices go again
  std::vector<std::pair<DeviceId, Instant>> left{};  // when their session ended, to be written
  std::optional<Instant> blind_from{};               // a gap that is not yet written
  Instant noted = 0;                                 // the last round that the database knows of
  Instant last_round = 0;                            // the last one, written or not
  Instant swept = 0;                                 // the last look for what has expired
  RetentionPlace retention{};                        // how far the pass over old rows has come
  Instant retention_at = 0;                          // when it goes on
  Instant dirty_since = 0;                 // the write-ahead log is not empty since; 0: it is
  Instant checkpoint_after = 0;            // somebody read the log: wait so long
  std::optional<Instant> checkpoint_at{};  // when the log should be emptied
  std::optional<Instant> due{};            // of the watch and of what expires
  std::vector<FaultSeen> faults{};         // of the round

  // Runs `work` as one transaction; its effects stand in `effects` afterwards. What went wrong:
  // then everything is rolled back and `effects` is empty. Only Crash comes through.
  template <class Do>
  [[nodiscard]] std::optional<store::Fault> attempt(Work what, Instant now, Effects& effects,
                                                    Do work, Progress* progress = nullptr) {
    store::Fault fault = store::Fault::other;
    bool deletes = false;
    try {
      db.begin();
      Turn turn{db, now, effects, sessions, settings, zones, random, progress};
      work(turn);
      deletes = deletes_with(what, now);
      if (deletes) delete_acknowledged(turn);
      if (probe) probe(CommitPoint::before);
      db.commit();
      if (deletes) sessions.acknowledged().deleted();
      if (probe) probe(CommitPoint::after);
      return std::nullopt;
    } catch (const store::Failure& failure) {
      fault = failure.fault();
    } catch (const std::exception&) {  // memory: nothing of it may stay half done
    }
    db.rollback();
    // A full disk says so at the commit only. Whoever it rode with goes on without it.
    if (deletes) sessions.acknowledged().failed(now);
    effects.list.clear();
    note({what, fault});
    return fault;
  }

  // deletions.cpp. Whether this transaction deletes what was acknowledged: it is written anyway,
  // and is none of the watch's, which must not fail because of it.
  [[nodiscard]] bool deletes_with(Work what, Instant now) const;
  void delete_acknowledged(Turn& turn) const;

  void note(const FaultSeen& fault) {
    if (fault.fault == store::Fault::full) room.ran_out();
    for (FaultSeen& seen : faults)
      if (seen.work == fault.work && seen.fault == fault.fault && !seen.row && !fault.row) {
        ++seen.count;
        return;
      }
    faults.push_back(fault);
  }
};

}  // namespace livlina::server

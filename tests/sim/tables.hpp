// The server's tables as the oracle reads them, with SQL of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/core/hash.hpp"
#include "crypto/core/time.hpp"
#include "server/store/db.hpp"

namespace livlina::testing::sim {

struct OccurrenceFound {
  std::int64_t id = 0;
  std::string circle;
  std::string schedule;
  int table = 0;  // which of the plan's schedules, in order
  Instant opens_at = 0, due = 0, deadline = 0;
  int state = 0;  // 1 open, 2 answered, 3 missed, 4 excused
  int answer = 0;
  Instant answered_at = 0;
  bool outage = false;
};

// A schedule that has slots still to come.
struct ScheduleFound {
  std::string circle;
  int table = 0;
  Instant next_at = 0;
};

struct TriggerFound {
  std::string incident;
  int kind = 0;  // 1 miss, 2 talk, 3 not_ok, 4 loud alarm, 5 silent alarm, 6 duress, 7 drill
  int severity = 0;
  Instant at = 0;
  std::int64_t occurrence = 0;  // 0: of a record
  crypto::Hash record{};        // its hash
  bool login = false;           // the shadow's log-in
};

struct IncidentFound {
  std::string id, circle;
  int lane = 0;   // 1 open, 2 silent, 3 drill
  int state = 0;  // 1 notifying, 2 taken, 3 resolved, 4 cancelled
  int severity = 0;
  Instant opened_at = 0;
  std::optional<Instant> ended_at;
};

struct NoticeFound {
  std::string id, incident, person;  // person empty: the operator
  int kind = 0;                      // 1 page, 2 update, 3 reminder, 4 warning, 5 digest
  int state = 0;                     // 1 pending, 2 received, 3 accepted, 4 failed, 5 obsolete
  Instant at = 0;
};

struct Tables {
  explicit Tables(server::store::Db& db);
  std::vector<OccurrenceFound> occurrences;
  std::vector<ScheduleFound> running;
  std::vector<TriggerFound> triggers;
  std::vector<IncidentFound> incidents;
  std::vector<NoticeFound> notices;
  std::vector<crypto::Hash> records, acts;  // what was accepted, by hash

  [[nodiscard]] const IncidentFound* incident(const std::string& id) const;
};

}  // namespace livlina::testing::sim

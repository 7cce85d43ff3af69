// Table incident: what triggers open, until a human's signed end.
#pragma once

#include <vector>

#include "crypto/core/hash.hpp"
#include "server/policy/incident.hpp"
#include "server/store/db.hpp"

namespace livlina::server::store {

struct IncidentRow {
  IncidentId id;
  CircleId circle;
  policy::Incident i;
  std::int64_t policy = 0;                // version
  std::optional<DeviceId> holder_device;  // that signed the take; empty after an assign
  Instant opened_at = 0;
  std::optional<Instant> taken_at;  // the first time
  std::optional<Instant> ended_at;
  int reason = 0;       // protocol::Reason of the resolution
  crypto::Hash head{};  // of the newest signed act or record
  std::optional<IncidentId> previous;
  std::int64_t version = 1;
};

class Incidents {
 public:
  explicit Incidents(Db& db) : db_(db) {}
  void insert(const IncidentRow& row);
  // Claims `row.version`, then raises it.
  void save(IncidentRow& row);
  [[nodiscard]] std::optional<IncidentRow> get(const IncidentId& id);
  [[nodiscard]] std::optional<IncidentRow> unresolved(const CircleId& circle, policy::Lane lane);
  [[nodiscard]] std::vector<IncidentRow> unresolved_of(const CircleId& circle);
  [[nodiscard]] std::vector<IncidentRow> all_unresolved();
  [[nodiscard]] std::optional<IncidentId> newest_ended(const CircleId& circle, policy::Lane lane);
  [[nodiscard]] std::vector<IncidentRow> due(Instant now, std::size_t most);
  // Newest first: all of a circle, or only those unresolved or cancelled at or after
  // `cancelled_since`.
  [[nodiscard]] std::vector<IncidentRow> of_circle(const CircleId& circle, bool resolved_too,
                                                   Instant cancelled_since, std::size_t most);
  [[nodiscard]] bool any_unresolved(const CircleId& circle);
  [[nodiscard]] bool drill_taken(const CircleId& circle);
  [[nodiscard]] std::optional<Instant> next();

 private:
  Db& db_;
};

}  // namespace livlina::server::store

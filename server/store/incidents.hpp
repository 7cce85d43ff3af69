// Table incident: what triggers open, until a human's signed end.
#pragma once

#include <vector>

#include "crypto/core/hash.hpp"
#include "server/policy/incident.hpp"
#include "server/store/db.hpp"
#include "server/store/part.hpp"

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
  [[nodiscard]] bool drill_taken(const CircleId& circle);
  [[nodiscard]] std::optional<Instant> next();
  // The incidents of this part that ended before `before` and that no unresolved one names as the
  // one before it, each with its place.
  struct Ended {
    std::int64_t row = 0;
    IncidentId id;
  };
  [[nodiscard]] std::vector<Ended> ended(Part& part, Instant before);
  // Deletes at most `most` rows of what belongs to an ended incident, at last its own, so that
  // nothing that is left loses its reason; how many. Fewer than `most`: all are gone.
  std::size_t drop(const IncidentId& id, std::size_t most);

 private:
  Db& db_;
};

}  // namespace livlina::server::store

// Tables trigger_row, incident_event and act: what led to an incident and what was done in it.
#pragma once

#include <vector>

#include "crypto/core/hash.hpp"
#include "server/policy/incident.hpp"
#include "server/store/db.hpp"

namespace livlina::server::store {

struct TriggerRow {
  IncidentId incident;
  policy::TriggerKind kind = policy::TriggerKind::miss;
  Instant at = 0;
  std::optional<std::int64_t> occurrence;  // of a miss
  std::optional<std::int64_t> record;      // of everything else
  std::optional<DeviceId> login_device;    // of a shadow's log-in: once per incident
};

// As it is shown: with the record's bytes and the occurrence's slot.
struct TriggerView {
  policy::TriggerKind kind = policy::TriggerKind::miss;
  int severity = 0;
  Instant at = 0;
  Bytes record;
  std::optional<ScheduleId> schedule;
  Instant due = 0;
};

struct EventRow {
  CauseId id;
  IncidentId incident;
  policy::Happened kind = policy::Happened::opened;
  Instant at = 0;
  int step = 0;
  int round = 0;
  std::optional<std::int64_t> act;
  std::optional<std::int64_t> record;
};

struct EventView {
  policy::Happened kind = policy::Happened::opened;
  Instant at = 0;
  int step = 0;
  int round = 0;
  Bytes record;  // the signed act or record behind it, if any
};

struct ActRow {
  crypto::Hash hash{};
  CircleId circle;
  std::optional<IncidentId> incident;
  policy::Person actor{};
  DeviceId device;
  int act = 0;
  int outcome = 0;
  Bytes record;
  Instant received_at = 0;
};
struct StoredAct {
  int outcome = 0;
  std::optional<IncidentId> incident;
};

class IncidentLog {
 public:
  explicit IncidentLog(Db& db) : db_(db) {}

  void add(const TriggerRow& row);
  // The trigger of a missed occurrence is gone; of which incident it was.
  std::optional<IncidentId> drop_trigger(std::int64_t occurrence);
  [[nodiscard]] bool login_triggered(const IncidentId& incident, const DeviceId& device);
  [[nodiscard]] std::optional<IncidentId> incident_of_record(std::int64_t record);
  // The newest `most`, oldest first.
  [[nodiscard]] std::vector<TriggerView> triggers(const IncidentId& incident, std::size_t most);

  void add(const EventRow& row);
  // The newest `most`, oldest first; with `signed_too` all signed acts and records besides, up to
  // twice as many rows in all.
  [[nodiscard]] std::vector<EventView> events(const IncidentId& incident, std::size_t most,
                                              bool signed_too);
  // The steps for which `kind` was written down.
  [[nodiscard]] std::vector<int> steps_of(const IncidentId& incident, policy::Happened kind);

  // Its row id.
  [[nodiscard]] std::int64_t add(const ActRow& row);
  [[nodiscard]] std::optional<StoredAct> find_act(const crypto::Hash& hash);
  // This account has signed a `seen` of this incident that was written down.
  [[nodiscard]] bool seen_by(const IncidentId& incident, const policy::Person& actor);

 private:
  Db& db_;
};

}  // namespace livlina::server::store

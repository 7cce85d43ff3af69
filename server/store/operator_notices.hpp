// Table operator_notice: lines for the operator's channel, repeated until it reports success.
#pragma once

#include <vector>

#include "crypto/core/time.hpp"
#include "server/store/db.hpp"
#include "server/store/part.hpp"

namespace livlina::server::store {

struct OperatorNoticeRow {
  NoticeId id;
  CauseId cause;
  std::optional<IncidentId> incident;
  int code = 0;
  int severity = 0;
  Instant at = 0;
  int attempts = 0;
  std::optional<Instant> next_at;
  std::int64_t version = 1;
};

class OperatorNotices {
 public:
  explicit OperatorNotices(Db& db) : db_(db) {}
  // Nothing when the cause has one.
  void insert(const OperatorNoticeRow& row);
  // One of this code is pending for the incident (or for none).
  [[nodiscard]] bool pending(const std::optional<IncidentId>& incident, int code);
  [[nodiscard]] std::vector<OperatorNoticeRow> due(Instant now, std::size_t most);
  // Claims the version: attempts and next_at.
  void save(OperatorNoticeRow& row);
  // Ends a pending row; nothing for one that has ended.
  void delivered(const NoticeId& id);
  void obsolete(const IncidentId& incident);
  // No pending row waits beyond `latest`.
  void clamp(Instant latest);
  [[nodiscard]] std::optional<Instant> next();
  // Deletes what has ended and is older than `before`.
  void drop_ended(Part& part, Instant before);

 private:
  Db& db_;
};

}  // namespace livlina::server::store

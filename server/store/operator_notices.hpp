// Table operator_notice: lines for the operator, by each channel that there is, repeated until it
// reports success.
#pragma once

#include <vector>

#include "crypto/core/time.hpp"
#include "server/store/db.hpp"
#include "server/store/part.hpp"

namespace livlina::server::store {

enum class OperatorChannel : std::uint8_t { command = 1, webhook = 2 };

struct OperatorNoticeRow {
  NoticeId id;
  CauseId cause;
  OperatorChannel channel = OperatorChannel::command;
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
  // Nothing when the cause has one for this channel.
  void insert(const OperatorNoticeRow& row);
  // One of this code is pending for the incident (or for none).
  [[nodiscard]] bool pending(OperatorChannel channel, const std::optional<IncidentId>& incident,
                             int code);
  // Severity, then newest.
  [[nodiscard]] std::vector<OperatorNoticeRow> due(OperatorChannel channel, Instant now,
                                                   std::size_t most);
  [[nodiscard]] bool any_pending(OperatorChannel channel);
  [[nodiscard]] std::optional<OperatorNoticeRow> get_pending(const NoticeId& id);
  // Claims the version: attempts and next_at.
  void save(OperatorNoticeRow& row);
  // Ends a pending row; nothing for one that has ended.
  void delivered(const NoticeId& id);
  void obsolete(const IncidentId& incident);
  // What is pending for one channel goes to the other, due now: the first is there no longer.
  void move(OperatorChannel from, OperatorChannel to, Instant now);
  // What is pending for it goes again at `now`.
  void wake(OperatorChannel channel, Instant now);
  // No pending row waits beyond `latest`.
  void clamp(Instant latest);
  [[nodiscard]] std::optional<Instant> next(OperatorChannel channel);
  // Deletes what has ended and is older than `before`.
  void drop_ended(Part& part, Instant before);

 private:
  Db& db_;
};

}  // namespace livlina::server::store

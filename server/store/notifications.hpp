// Table notification: what must reach a person, sent until it is received or no longer matters.
#pragma once

#include <vector>

#include "crypto/core/time.hpp"
#include "server/policy/notification.hpp"
#include "server/store/db.hpp"
#include "server/store/part.hpp"

namespace livlina::server::store {

struct NotificationRow {
  NoticeId id;
  CauseId cause;
  policy::Person person{};
  policy::Channel channel = policy::Channel::device;
  policy::NotificationKind kind = policy::NotificationKind::page;
  policy::NoticeCode code = policy::NoticeCode::page_open;
  std::optional<CircleId> circle;
  std::optional<IncidentId> incident;
  std::optional<std::int64_t> occurrence;
  int lane = 0;  // 0: none
  int severity = 0;
  int step = 0;
  int round = 0;
  Instant at = 0;
  policy::Notification n;
  std::int64_t version = 1;
  std::optional<DeviceId> device;  // for this one of the person's devices alone
};

class Notifications {
 public:
  explicit Notifications(Db& db) : db_(db) {}
  // False, and nothing done, when (cause, person, channel) is there.
  [[nodiscard]] bool insert(const NotificationRow& row);
  // Claims `row.version`, then raises it: state, attempts and next_at.
  void save(NotificationRow& row);
  [[nodiscard]] std::optional<NotificationRow> get(const NoticeId& id);
  [[nodiscard]] std::optional<NotificationRow> pending(const IncidentId& incident,
                                                       const policy::Person& person,
                                                       policy::Channel channel);
  // Pending ones for devices whose next_at is not after `now`: severity, then newest.
  [[nodiscard]] std::vector<NotificationRow> due(Instant now, std::size_t most);
  // The same of a person's webhook.
  [[nodiscard]] std::vector<NotificationRow> due_at_webhook(const policy::Person& person,
                                                            Instant now, std::size_t most);
  // All that wait for it.
  [[nodiscard]] std::vector<NotificationRow> pending_at_webhook(const policy::Person& person);
  // Whose webhooks something waits for.
  [[nodiscard]] std::vector<policy::Person> waited_for();
  // Of all rows by this cause, none is left that might have reached or might reach somebody.
  [[nodiscard]] bool all_failed(const CauseId& cause);
  [[nodiscard]] std::vector<NotificationRow> all_pending();
  // But for what tells somebody that they hold it no longer.
  void obsolete(const IncidentId& incident);
  void obsolete_occurrence(std::int64_t occurrence);
  // What is pending for a person goes again at `now`.
  void wake(const policy::Person& person, Instant now);
  // Everybody whose devices were paged for an incident.
  [[nodiscard]] std::vector<policy::Person> paged(const IncidentId& incident);
  // For devices; for a person's webhook.
  [[nodiscard]] std::optional<Instant> next();
  [[nodiscard]] std::optional<Instant> next_at_webhook(const policy::Person& person);
  // Deletes what has ended and is older than `before`; pages stay with their incident.
  void drop_ended(Part& part, Instant before);

 private:
  Db& db_;
};

}  // namespace livlina::server::store

// Channels that are tied to no device: the operator's command and webhook, and the desks' webhooks.
#pragma once

#include <vector>

#include "server/policy/notification.hpp"
#include "server/services/people.hpp"
#include "server/services/turn.hpp"
#include "server/store/notifications.hpp"

namespace livlina::server {

// Who is told by the operator's channels, where a table has a person.
inline constexpr policy::Person operator_person{};
// A webhook that failed for good is tried again so often.
inline constexpr Duration probe_every = 15 * minute;

// Rule 10: the desk has a webhook, and it has not failed for good since it last took something.
[[nodiscard]] bool webhook_works(Turn& turn, const policy::Person& desk);
// Rule 14: the desk, or the operator for it, is reached without any device.
[[nodiscard]] bool reached_without_device(Turn& turn, const policy::Person& desk);

// A notice for a desk's webhook: ids, and of the code nothing but its kind. Which lane it is, or
// that there are lanes, is not for whoever carries it.
struct DeskNotice {
  NoticeId id;
  policy::Person desk{};
  IncidentId incident;    // zeros: about none
  int severity = 0;       // 0: none
  const char* code = "";  // "page", "warning", "digest", "test"
  Instant at = 0;
  int attempt = 1;
};
[[nodiscard]] const char* webhook_word(const store::NotificationRow& row);

// Jobs of a round. After a start: what is pending goes again at once, and what waits for a channel
// that is configured no longer goes to another, or ends.
void begin_channels(Turn& turn);
// Webhooks that failed for good and whose time has come get a notice to see whether they work.
void try_failed_channels(Turn& turn);
// Of each desk's webhook that is not busy the most severe that is due, then the newest: one for
// each. Looks at `most` rows of a desk at most.
[[nodiscard]] std::vector<DeskNotice> due_desk_notices(Turn& turn, std::size_t most);
// What came of one of them, or of a line for the operator's webhook; nothing for one that has
// ended.
void webhook_result(Turn& turn, const NoticeId& id, const policy::Delivery& delivery);
// The first deadline of a row for a webhook that is not busy.
[[nodiscard]] std::optional<Instant> next_at_webhooks(Turn& turn);

}  // namespace livlina::server

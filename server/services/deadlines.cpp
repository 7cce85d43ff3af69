// When the next row of each table is due.
#include <algorithm>

#include "server/services/channels.hpp"
#include "server/services/watch.hpp"
#include "server/store/channel_failures.hpp"
#include "server/store/incidents.hpp"
#include "server/store/notifications.hpp"
#include "server/store/occurrences.hpp"
#include "server/store/operator_notices.hpp"
#include "server/store/schedules.hpp"

namespace livlina::server {

namespace {

std::optional<Instant> earlier(std::optional<Instant> a, std::optional<Instant> b) {
  return a && b ? std::min(*a, *b) : (a ? a : b);
}

}  // namespace

std::optional<Instant> next_row_deadline(Turn& turn, unsigned table) {
  switch (table) {
    case store::table_bit::occurrence:
      return store::Occurrences(turn.db).next();
    case store::table_bit::schedule:
      return store::Schedules(turn.db).next();
    case store::table_bit::incident:
      return store::Incidents(turn.db).next();
    case store::table_bit::notification:
      return earlier(store::Notifications(turn.db).next(), next_at_webhooks(turn));
    case store::table_bit::operator_notice:
      return earlier(store::OperatorNotices(turn.db).next(store::OperatorChannel::command),
                     turn.presence.busy(operator_person)
                         ? std::nullopt
                         : store::OperatorNotices(turn.db).next(store::OperatorChannel::webhook));
    case store::table_bit::channel_failure:
      return store::ChannelFailures(turn.db).next();
    default:
      return std::nullopt;
  }
}

}  // namespace livlina::server

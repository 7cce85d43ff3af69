// When the next row of each table is due.
#include "server/services/watch.hpp"
#include "server/store/incidents.hpp"
#include "server/store/notifications.hpp"
#include "server/store/occurrences.hpp"
#include "server/store/operator_notices.hpp"
#include "server/store/schedules.hpp"

namespace livlina::server {

std::optional<Instant> next_row_deadline(Turn& turn, unsigned table) {
  switch (table) {
    case store::table_bit::occurrence:
      return store::Occurrences(turn.db).next();
    case store::table_bit::schedule:
      return store::Schedules(turn.db).next();
    case store::table_bit::incident:
      return store::Incidents(turn.db).next();
    case store::table_bit::notification:
      return store::Notifications(turn.db).next();
    case store::table_bit::operator_notice:
      return store::OperatorNotices(turn.db).next();
    default:
      return std::nullopt;
  }
}

}  // namespace livlina::server

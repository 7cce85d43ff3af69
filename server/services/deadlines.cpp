// The deadlines job and the earliest instant at which any job of the watch has work.
#include <algorithm>

#include "server/services/incidents.hpp"
#include "server/services/notices.hpp"
#include "server/services/occurrences.hpp"
#include "server/services/watch.hpp"
#include "server/store/checkin_records.hpp"
#include "server/store/operator_notices.hpp"

namespace livlina::server {

bool run_deadlines(Turn& turn, std::size_t most) {
  bool more = miss_overdue(turn, most);
  more = step_due_incidents(turn, most) || more;
  return push_due_notices(turn, most) || more;
}

std::optional<Instant> next_deadline(Turn& turn) {
  if (store::CheckinRecords(turn.db).any_unjudged()) return turn.now;
  std::optional<Instant> next;
  for (const unsigned table : tables_with_deadlines)
    if (const auto at = next_row_deadline(turn, table)) next = std::min(next.value_or(*at), *at);
  return next;
}

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

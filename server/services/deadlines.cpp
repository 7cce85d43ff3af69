// The deadlines job and the earliest instant at which any job of the watch has work.
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
  return next_row_deadline(turn);
}

std::optional<Instant> next_row_deadline(Turn& turn) {
  std::optional<Instant> next;
  for (const std::optional<Instant>& at :
       {store::Occurrences(turn.db).next(), store::Schedules(turn.db).next(),
        store::Incidents(turn.db).next(), store::Notifications(turn.db).next(),
        store::OperatorNotices(turn.db).next()})
    if (at && (!next || *at < *next)) next = at;
  return next;
}

}  // namespace livlina::server

#include "server/services/retention.hpp"

#include <iterator>

#include "server/store/checkin_records.hpp"
#include "server/store/incidents.hpp"
#include "server/store/notifications.hpp"
#include "server/store/occurrences.hpp"
#include "server/store/operator_notices.hpp"

namespace livlina::server {

namespace {

using store::Part;

void notices(Turn& turn, Part& part) {
  store::Notifications(turn.db).drop_ended(part, turn.now - keep_notices);
}

void operator_lines(Turn& turn, Part& part) {
  store::OperatorNotices(turn.db).drop_ended(part, turn.now - keep_notices);
}

// Stops before the first one that is not wholly gone.
void incidents(Turn& turn, Part& part) {
  store::Incidents rows(turn.db);
  std::size_t left = part.most;
  for (const auto& [row, id] : rows.ended(part, turn.now - keep_history)) {
    left -= rows.drop(id, left);
    if (left > 0) continue;
    part.to = row - 1;
    part.last = false;
    return;
  }
}

void occurrences(Turn& turn, Part& part) {
  store::Occurrences(turn.db).drop_ended(part, turn.now - keep_history);
}

void records(Turn& turn, Part& part) {
  store::CheckinRecords(turn.db).drop_old(part, turn.now - keep_history);
}

// In the order in which the rows name each other.
constexpr void (*tables[])(Turn&, Part&) = {notices, operator_lines, incidents, occurrences,
                                            records};

}  // namespace

bool delete_old(Turn& turn, RetentionPlace& place, std::size_t most) {
  Part part;
  part.from = place.row;
  part.most = most;
  tables[place.table](turn, part);
  if (!part.last) {
    place.row = part.to;
    return true;
  }
  place.row = 0;
  if (++place.table < static_cast<int>(std::size(tables))) return true;
  place.table = 0;
  return false;
}

}  // namespace livlina::server

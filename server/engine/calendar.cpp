#include "server/engine/calendar.hpp"

#include <algorithm>

#include "server/services/handlers.hpp"
#include "server/store/checkin_records.hpp"
#include "server/store/circles.hpp"

namespace livlina::server {

namespace {

namespace table = store::table_bit;

}  // namespace

Calendar::Due Calendar::look(Turn& turn) {
  to_ask_ |= turn.db.changed();
  if (turn.now < asked_ || turn.now - asked_ >= believed) to_ask_ = ~0U;
  const bool everything = to_ask_ == ~0U;
  const auto ask = [&](unsigned tables, auto&& answer, auto question) {
    if ((to_ask_ & tables) == 0) return;
    answer = question();
    to_ask_ &= ~tables;
  };
  ask(table::circle, recheck_, [&] { return store::Circles(turn.db).next_recheck(); });
  for (std::size_t i = 0; i < rows_.size(); ++i)
    ask(tables_with_deadlines[i], rows_[i],
        [&] { return next_row_deadline(turn, tables_with_deadlines[i]); });
  ask(table::checkin_record, unjudged_,
      [&] { return store::CheckinRecords(turn.db).any_unjudged(); });
  // New mail ends after the old, and what goes makes the next end later: no message needs to ask.
  if (expiry_ && *expiry_ > turn.now && !everything) to_ask_ &= ~table::mailbox;
  ask(table::mailbox | table::invite, expiry_, [&] { return next_expiry(turn); });
  if (everything) asked_ = turn.now;
  to_ask_ = 0;

  Due due{recheck_, std::nullopt, expiry_, unjudged_};
  for (const auto& at : rows_)
    if (at) due.rows = std::min(due.rows.value_or(*at), *at);
  return due;
}

}  // namespace livlina::server

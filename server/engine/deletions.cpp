// What devices have acknowledged is deleted with a commit that happens anyway, or with one of its
// own after a second (delivery/acknowledged.hpp).
#include "server/engine/round.hpp"
#include "server/services/handlers.hpp"

namespace livlina::server {

bool Engine::State::delete_acknowledged(Work what, Turn& turn) {
  Acknowledged& rows = sessions.acknowledged();
  const bool rides = (what == Work::requests || what == Work::note) && db.has_written();
  if (rows.empty() || !rows.may(turn.now) || (!rides && what != Work::deletions)) return false;
  try {
    for (const auto& [mailbox, of] : rows.all())
      delete_rows(turn, mailbox, {of.seqs.begin(), of.seqs.end()});
  } catch (const store::Failure&) {
    rows.failed(turn.now);  // whoever it rode with goes on without it
    throw;
  }
  return true;
}

void Round::delete_acknowledged() {
  const auto due = state_.sessions.acknowledged().due();
  if (!due || now_ < *due) return;
  Effects effects;
  (void)attempt(Work::deletions, effects, [](Turn&) {});
}

}  // namespace livlina::server

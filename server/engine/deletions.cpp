// What devices have acknowledged is deleted with a commit that happens anyway, or with one of its
// own after a second (delivery/acknowledged.hpp).
#include "server/engine/round.hpp"
#include "server/services/handlers.hpp"
#include "server/store/mailbox.hpp"

namespace livlina::server {

bool Engine::State::deletes_with(Work what, Instant now) const {
  const Acknowledged& rows = sessions.acknowledged();
  if (rows.empty() || !rows.may(now)) return false;
  if (what == Work::deletions) return true;
  const bool may = what == Work::requests || what == Work::note;
  return may && rows.may_ride() && db.has_written();
}

void Engine::State::delete_acknowledged(Turn& turn) const {
  for (const auto& [mailbox, of] : sessions.acknowledged().all())
    delete_rows(turn, mailbox, {of.seqs.begin(), of.seqs.end()});
}

void Round::delete_acknowledged() {
  Acknowledged& rows = state_.sessions.acknowledged();
  const auto due = rows.due();
  if (!due || now_ < *due) return;
  Effects effects;
  const auto fault = attempt(Work::deletions, effects, [](Turn&) {});
  if (!fault) return;
  rows.failed(now_);
  if (fault == store::Fault::full || fault == store::Fault::busy) return;
  // A damaged mailbox is its owner's trouble only: all others' go, and it is not tried again before
  // it has been handed out and acknowledged once more.
  const auto each = [&](Turn& turn) {
    for (const auto& [mailbox, of] : rows.all())
      (void)store::Mailbox(turn.db).remove_if_possible(mailbox, {of.seqs.begin(), of.seqs.end()});
  };
  if (!attempt(Work::deletions, effects, each)) rows.deleted();
}

}  // namespace livlina::server

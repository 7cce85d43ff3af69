// What a round does besides: expiry, old rows, the note that the server is alive, the checkpoint,
// and when the next round is due.
#include <algorithm>
#include <utility>

#include "server/engine/round.hpp"
#include "server/services/handlers.hpp"
#include "server/store/accounts.hpp"
#include "server/store/server_row.hpp"

namespace livlina::server {

namespace {

constexpr Duration sweep_every = minute;       // expiry is not a matter of seconds
constexpr Duration checkpoint_every = minute;  // deleted content leaves the log this soon (M4)
constexpr Duration checkpoint_retry = second;  // somebody reads the log
constexpr int checkpoint_pages = 1000;         // 4 MiB
constexpr int most_pages = 10'000;             // then even a busy server stops for it
// While something that is due cannot be done, new deadlines are looked for this often.
constexpr Duration poll_every = 500;

std::optional<Instant> earlier(std::optional<Instant> a, std::optional<Instant> b) {
  return a && b ? std::min(*a, *b) : (a ? a : b);
}

}  // namespace

void Round::sweep() {
  if (now_ - state_.swept < sweep_every && now_ >= state_.swept) return;
  bool more = false;
  Effects effects;
  const auto work = [&](Turn& turn) {
    const auto at = next_expiry(turn);
    more = at && *at <= now_ && expire(turn, state_.settings.rows_per_commit);
  };
  (void)attempt(Work::expiry, effects, work);
  state_.swept = more ? 0 : now_;
  worked_ += more ? 1 : 0;
}

void Round::delete_old() {
  State& s = state_;
  // Not at once after a start: there is other work then. A step of the clock begins the wait anew.
  if (s.retention_at == 0 || s.retention_at > now_ + retention_every)
    s.retention_at = now_ + retention_every;
  if (s.blind_from || now_ < s.retention_at) return;
  RetentionPlace place = s.retention;
  bool more = false;
  Effects effects;
  const auto work = [&](Turn& turn) {
    more = server::delete_old(turn, place, std::max<std::size_t>(s.settings.rows_per_commit, 16));
  };
  const bool done = !attempt(Work::retention, effects, work);
  if (done) s.retention = place;
  s.retention_at = now_ + (done && more ? retention_step : retention_every);
}

void Round::note() {
  State& s = state_;
  s.last_round = now_;
  const bool recent = now_ >= s.noted && now_ - s.noted < second;
  // An unwritten gap must still be known after a crash.
  if (s.blind_from || (recent && s.left.empty())) return;
  Effects effects;
  const auto write = [&](Turn& turn) {
    store::Server(turn.db).set_last_round(now_);
    for (const auto& [device, at] : s.left) store::Accounts(turn.db).seen(device, at);
  };
  if (const auto fault = attempt(Work::note, effects, write)) {
    if (!s.unwritten_since || *s.unwritten_since > now_) s.unwritten_since = now_;
    s.jobs.failed(Work::note, *fault, std::nullopt, now_);
    return;
  }
  s.unwritten_since.reset();
  s.jobs.done(Work::note);
  s.noted = now_;
  s.left.clear();
}

void Round::checkpoint() {
  State& s = state_;
  s.checkpoint_at.reset();
  const int pages = s.db.wal_pages();
  if (pages == 0 && s.dirty_since == 0) return;
  if (s.dirty_since == 0 || s.dirty_since > now_) s.dirty_since = now_;
  // A wait longer than there can be is one by a clock that was set back since.
  if (s.checkpoint_after > now_ + checkpoint_retry) s.checkpoint_after = 0;
  Instant at = pages >= checkpoint_pages ? now_ : s.dirty_since + checkpoint_every;
  at = std::max(at, s.checkpoint_after);
  s.checkpoint_at = at;
  // Off the way of acknowledgements: in a round without requests, unless the log grows without end
  // or holds deleted content for too long.
  const Duration dirty = now_ - s.dirty_since;
  if (now_ < at || (!idle_ && pages < most_pages && dirty < 2 * checkpoint_every)) return;
  // In between the file keeps its length, so that no flush has to write that as well.
  const bool empty = dirty >= checkpoint_every;
  bool moved = false;
  try {
    moved = empty ? s.db.checkpoint() : s.db.move_log();
  } catch (const store::Failure& failure) {
    s.note({Work::checkpoint, failure.fault()});  // a full disk: the log stays, nothing is lost
  }
  // Also when it was moved and left as it is: while somebody reads, it goes on where it ends.
  s.checkpoint_after = moved && empty ? 0 : now_ + checkpoint_retry;
  s.checkpoint_at.reset();
  if (moved && empty)
    s.dirty_since = 0;
  else
    s.checkpoint_at =
        std::max(s.checkpoint_after, moved ? s.dirty_since + checkpoint_every : s.checkpoint_after);
}

void Round::tell_operator_of_room() {
  State& s = state_;
  const auto change = s.room.look(now_);
  if (change == DiskRoom::Change::none) return;
  const bool out = change == DiskRoom::Change::ran_out;
  s.lines.raise(out ? "disk_full" : "disk_has_room", 4, s.random, now_);
}

RoundResult Round::finish() {
  State& s = state_;
  const auto due = look();
  if (due) {
    s.due = earlier(due->rows, due->recheck);
    if (due->unjudged || !s.came.empty()) s.due = earlier(s.due, s.judge_at.value_or(now_));
    if (due->expiry) {
      const Instant swept = s.swept > now_ ? 0 : s.swept;
      s.due = earlier(s.due, std::max(*due->expiry, swept + sweep_every));
    }
  }
  if (!due || s.blind_from) s.due = s.jobs.next_try();
  // What is due and was not done waits for a retry: no busy loop.
  if (s.due && *s.due <= now_ && worked_ == 0) s.due = now_ + poll_every;
  tell_operator_of_stall();
  tell_operator_of_room();
  s.lines.hand_out(result_.operator_notices, now_);
  s.due = earlier(s.due, s.lines.next());
  result_.queued = s.backlog.size();
  result_.more = result_.queued > 0 || (s.due && *s.due <= now_);
  result_.unserved = s.jobs.unserved();
  result_.stalled = s.stalled;
  result_.tight = s.room.tight();
  result_.faults = std::exchange(s.faults, {});
  return std::move(result_);
}

}  // namespace livlina::server

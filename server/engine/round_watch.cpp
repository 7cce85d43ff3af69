// The watch's part of a round. Its works fail one by one: each has a retry of its own, and a row
// that cannot be worked on waits alone.
#include <algorithm>
#include <utility>

#include "server/engine/round.hpp"
#include "server/services/handlers.hpp"
#include "server/services/incidents.hpp"
#include "server/services/notices.hpp"
#include "server/services/occurrences.hpp"
#include "server/store/operator_notices.hpp"
#include "server/store/server_row.hpp"

namespace livlina::server {

namespace {

// A row cannot help a full or locked database.
bool may_be_the_row(store::Fault fault) {
  return fault != store::Fault::full && fault != store::Fault::busy;
}

}  // namespace

template <class Do>
bool Round::job(Work what, bool wanted, Do work) {
  State& s = state_;
  if (!wanted) {
    s.jobs.done(what);
    return false;
  }
  if (!s.jobs.may(what, now_)) return false;
  std::optional<store::Fault> fault;
  for (std::size_t tries = 0; tries <= s.settings.rows_per_commit; ++tries) {
    Effects effects;
    s.aside.begin(now_);
    fault = attempt(what, effects, work, &s.aside);
    if (!fault) {
      worked_ += s.aside.committed();
      s.jobs.done(what);
      apply(effects);
      return true;
    }
    const auto row = may_be_the_row(*fault) ? s.aside.failed() : std::nullopt;
    if (!row) break;                      // else once more without it
    s.note({what, *fault, row->row, 0});  // counted by the attempt
    if (row->times == 1) s.lines.raise("row_set_aside", 4, s.random, now_);
  }
  // What waits for it: a row's deadline, or somebody's word.
  const auto due = look();
  const Instant waits = due && due->rows ? std::min(*due->rows, now_) : now_;
  s.jobs.failed(what, *fault, std::min(s.blind_from.value_or(waits), now_), now_);
  return false;
}

std::optional<Calendar::Due> Round::look() {
  State& s = state_;
  Effects none;
  Turn turn{s.db, now_, none, s.sessions, s.settings, s.zones, s.random};
  try {
    const Calendar::Due due = s.calendar.look(turn);
    s.jobs.done(Work::reading);
    return due;
  } catch (const store::Failure& failure) {
    s.note({Work::reading, failure.fault()});
    s.jobs.failed(Work::reading, failure.fault(), now_, now_);
    return std::nullopt;
  }
}

void Round::write_gap() {
  State& s = state_;
  // Nothing could be written for so long: an outage like any other.
  if (s.unwritten_since && !s.blind_from && now_ - *s.unwritten_since >= stalled_after)
    s.blind_from = std::max(s.noted, *s.unwritten_since - second);
  if (!s.blind_from) return;
  const Instant from = *s.blind_from;
  if (!idle_) s.jobs.try_now(Work::gap, now_);  // no request may see the time before it
  const std::size_t most = s.settings.rows_per_commit + s.aside.size();
  BlindTime blind(from, now_);
  bool more = true;
  bool written = true;
  while (more && written) {
    BlindTime next = blind;
    written = job(Work::gap, true, [&](Turn& turn) {
      next = blind;  // a part that failed is begun again
      more = next.write(turn, most);
      if (!more) store::Server(turn.db).set_last_round(now_);
    });
    blind = next;
  }
  // A gap that cannot be told must not end the watch: what it would have spared becomes a miss.
  const bool given_up = !written && s.jobs.hopeless(Work::gap, now_);
  if (!written && !given_up) return;
  s.blind_from.reset();
  s.unwritten_since.reset();
  if (written) s.noted = now_;
  if (!given_up) return;
  s.jobs.done(Work::gap);
  s.lines.raise("gap_given_up", 4, s.random, now_);
}

// Also when a row is due anyway: the judge runs before misses. Nobody's request decides that.
bool Round::at_beat(const Calendar::Due& due) const {
  const auto& at = state_.judge_at;
  return !at || now_ >= *at || *at - now_ > judge_beat || due.rows_by(now_);
}

void Round::watch() {
  State& s = state_;
  if (s.blind_from) return;
  auto due = look();
  if (!due) return;
  const std::size_t most = s.settings.rows_per_commit + s.aside.size();
  job(Work::recheck, due->recheck && *due->recheck <= now_,
      [&](Turn& turn) { (void)recheck_circles(turn, most); });
  if (at_beat(*due)) {
    s.judge_at.reset();
    const bool seen = job(Work::came, !s.came.empty(), [&](Turn& turn) {
      for (const DeviceId& device : s.came)
        if (const AtRow at(turn.progress, RowOf::device, device); at) device_online(turn, device);
    });
    if (seen) s.came.clear();
    job(Work::judge, due->unjudged, [&](Turn& turn) { (void)judge(turn, most); });
    due = look();
    if (!due) return;
  }
  const bool rows = due->rows_by(now_);
  // Each by itself: a row that was made in a transaction and failed in the same one would come back
  // under another name for ever.
  job(Work::misses, rows, [&](Turn& turn) { (void)miss_overdue(turn, most); });
  job(Work::incidents, rows, [&](Turn& turn) { (void)step_due_incidents(turn, most); });
  job(Work::notices, rows, [&](Turn& turn) { (void)push_due_notices(turn, most); });
  std::vector<OperatorNotice> notices;
  if (job(Work::lines, rows, [&](Turn& turn) { notices = due_operator_notices(turn, most); })) {
    worked_ += notices.size();
    for (const OperatorNotice& n : notices) {
      result_.operator_notices.push_back(n);
      if (n.channel == store::OperatorChannel::webhook)
        s.sessions.in_flight().began(operator_person, n.id, now_);
    }
  }
  channels(rows, most);
}

// In one transaction: what became of the last notice is written before the next one leaves.
void Round::channels(bool rows, std::size_t most) {
  State& s = state_;
  const std::size_t results = s.webhook_results.size();
  std::vector<DeskNotice> notices;
  const bool wanted = rows || results > 0 || !s.channels_began;
  const bool written = job(Work::channels, wanted, [&](Turn& turn) {
    for (const WebhookResult& result : s.webhook_results)
      if (const AtRow at(turn.progress, RowOf::notification, result.id); at)
        webhook_result(turn, result.id, result.delivery);
    if (!s.channels_began) begin_channels(turn);
    try_failed_channels(turn);
    notices = due_desk_notices(turn, most);
  });
  if (!written) return;
  s.channels_began = true;
  s.webhook_results.clear();
  worked_ += results + notices.size();
  for (const DeskNotice& notice : notices) {
    result_.desk_notices.push_back(notice);
    s.sessions.in_flight().began(notice.desk, notice.id, now_);
  }
}

void Round::openings() {
  State& s = state_;
  if (s.blind_from) return;
  const auto due = look();
  if (!due) return;
  const std::size_t most = s.settings.rows_per_commit + s.aside.size();
  job(Work::openings, due->rows_by(now_), [&](Turn& turn) { (void)run_openings(turn, most); });
}

void Round::tell_operator_of_stall() {
  State& s = state_;
  // Over only when nothing fails any more: a clock that was set back makes nothing well.
  const bool over = s.jobs.well() && !s.aside.stalled(0, now_);
  const bool stalled = s.jobs.any_stalled(now_) || s.aside.stalled(stalled_after, now_);
  if (s.stalled ? !over : !stalled) return;
  s.lines.raise(s.stalled ? "watch_goes_on" : "watch_stalled", 4, s.random, now_);
  s.stalled = !s.stalled;
}

}  // namespace livlina::server

// A member whose line, or its check-in scope, was away for a while: no record was sent to it then,
// so nothing is expected of that time, whenever this client hears of it.
#include <algorithm>

#include "clients/core/guard.hpp"

namespace livlina::client {

// Each manifest that came since is looked at: a drop may be heard of together with the return. What
// ends by a date or by the desk's roster stands in none.
void Guard::note_lapse(const Circle& circle, Watched& watched) {
  if (circle.newest() == nullptr) return;
  Lapse& lapse = watched.lapse;
  const std::uint32_t newest = (*circle.newest())->seq;
  const auto watches = [](const std::optional<Standing>& line) {
    return line && (line->scope & scope_checkin) != 0;
  };
  if (lapse.looked_at != 0)
    for (auto it = circle.manifests.upper_bound(lapse.looked_at); it != circle.manifests.end();
         ++it)
      if (!watches(trust_.standing_at(circle, it->first, self_->account)))
        lapsed(circle, watched, std::min(now(), (*it->second)->issued_at), false);
  if (lapse.looked_at != newest) {
    lapse.looked_at = newest;
    save_lapse(circle.id, watched);
  }
  if (lapse.since || expects(circle)) return;
  const auto line = trust_.standing_at(circle, newest, self_->account);
  const bool ended = watches(line) && line->not_after <= now();
  lapsed(circle, watched, ended ? line->not_after : watched.cursor, watches(line));
}

// What had opened until then was asked of us as well.
void Guard::lapsed(const Circle& circle, Watched& watched, Instant since, bool by_date) {
  Lapse& lapse = watched.lapse;
  if (!watched.plan) return;
  if (lapse.since) {
    // The line ran out first, and was dropped while it was away.
    if (lapse.by_date && !by_date) {
      lapse.by_date = false;
      save_lapse(circle.id, watched);
    }
    return;
  }
  const Instant from =
      std::max({watched.cursor, watched.plan_since, std::min(now(), since) - slot_memory});
  if (from < since) (void)add_slots(circle.id, **watched.plan, from, since);
  watched.cursor = std::max(watched.cursor, since);
  lapse.since = since;
  lapse.by_date = by_date;
  save_cursor(circle.id, watched);
  save_lapse(circle.id, watched);
}

// As with a plan that is new to us: when the server took over what brought us back is not known
// here. What ended meanwhile is not ours to miss; what is still open is, and nobody gets rid of us
// by dropping and adding us again. A line that only ran out and covers what was thought to be a gap
// was renewed in time, or our clock was wrong.
void Guard::back_again(const Circle& circle, Watched& watched) {
  const Lapse lapse = watched.lapse;
  watched.lapse.since.reset();
  watched.lapse.by_date = false;
  save_lapse(circle.id, watched);
  const auto line = standing(circle, scope_checkin);
  if (lapse.by_date && line->not_before <= *lapse.since) return;
  for (auto it = watched.slots.begin(); it != watched.slots.end();) {
    WatchedSlot& slot = it->second;
    const bool ended = slot.deadline > *lapse.since && slot.deadline <= now();
    if (!ended || !is_awaited(slot)) {
      ++it;
      continue;
    }
    if (slot.word == ServerWord::none) {
      erase(circle.id, slot);
      it = watched.slots.erase(it);
      continue;
    }
    slot.expected = false;
    save(circle.id, slot);
    ++it;
  }
  watched.plan_since = std::max(now(), line->not_before);
  watched.cursor = now();
  save_plan(circle.id, watched);
  save_cursor(circle.id, watched);
}

}  // namespace livlina::client

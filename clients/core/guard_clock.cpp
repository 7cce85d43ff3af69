// What a clock of this phone's own that was wrong for a while may not do: use up the warnings of
// check-ins to come, forget what is open, or expect what nobody was asked for.
#include <algorithm>

#include "clients/core/guard.hpp"

namespace livlina::client {

namespace {

// So many slots of a circle stay, beyond the memory too, while the date is not confirmed.
constexpr std::size_t most_kept = 4000;

}  // namespace

void Guard::confirm_date() {
  const Instant floor = context_.clock.floor();
  if (floor == date_floor_) return;
  date_floor_ = floor;
  date_ = floor;
  date_awake_ = context_.awake;
}

// The latest date that has come for sure: what the server signed at a log-in (without one, the date
// at which this client was opened), and the time that passed here since. A step of the clock is
// none, and the server alone can make nothing of it: it goes no further than the clock.
Instant Guard::confirmed() const {
  return std::min(now(), date_ + std::max<Duration>(0, context_.awake - date_awake_));
}

// The clock shows less than before. Whether it was ahead or is behind now cannot be told, so both
// must hold: what it has not come to yet is waited for anew, and what was not made because of it is
// looked for again; but nothing from before the plan was followed, and nothing that was forgotten.
void Guard::turn_back(const Circle& circle, Watched& watched) {
  for (auto it = watched.slots.begin(); it != watched.slots.end();) {
    WatchedSlot& slot = it->second;
    const bool coming = slot.expected && slot.opens_at > now();
    if (coming && slot.word == ServerWord::none && !slot.answered()) {
      erase(circle.id, slot);
      it = watched.slots.erase(it);
      continue;
    }
    if (coming) {  // by the plan again when it opens
      slot.expected = false;
      save(circle.id, slot);
    }
    if (slot.deadline > now()) wait_anew(circle, slot);
    ++it;
  }
  const Instant kept = std::min(watched.cursor, confirmed()) - slot_memory;
  const bool followed = watched.plan_since <= now();
  watched.cursor = followed ? std::clamp(kept, watched.plan_since, now()) : now();
  save_cursor(circle.id, watched);
}

// What was waited near the deadline stays: clocks that agree differ by as much.
void Guard::wait_anew(const Circle& circle, WatchedSlot& slot) {
  const bool said = slot.warned() || slot.blind;
  const bool waited_ahead = slot.waited > 0 && slot.deadline - now() > clock_agreement;
  if (!said && !waited_ahead) return;
  slot.warned_at = 0;
  slot.blind = false;
  slot.waited = 0;
  save(circle.id, slot);
  if (!said) return;
  for (const char* code : {"nothing_came", "server_contradicts", "not_connected"})
    context_.forget_warning(code, circle.id.view(), warning_subject(slot));
  show(circle, slot);
}

// By the date that is confirmed: a clock that is weeks ahead for a moment forgets nothing.
void Guard::forget_old() {
  const Instant sure = confirmed() - slot_memory;
  const Instant long_ago = confirmed() - spoken_memory;
  for (auto& [id, watched] : watched_) {
    const bool many = watched.slots.size() > most_kept;
    const Instant oldest = many ? now() - slot_memory : sure;
    while (!watched.slots.empty() && watched.slots.begin()->first.first < oldest) {
      erase(id, watched.slots.begin()->second);
      watched.slots.erase(watched.slots.begin());
    }
    for (auto it = watched.spoken.begin(); it != watched.spoken.end();) {
      const bool old = it->second.record.came_at < long_ago;
      if (old) erase(id, it->second.record);
      it = old ? watched.spoken.erase(it) : std::next(it);
    }
  }
}

}  // namespace livlina::client

// How long this client has waited for a record, and what it says when none came or when it could
// not have got one. Waits are measured by time that passed on this phone while it was awake, dates
// by its wall clock; no wait depends on the server's, so it can stop none. Only `warned_at` is
// noted by it, while both agree.
#include <algorithm>

#include "clients/core/given.hpp"
#include "clients/core/guard.hpp"
#include "livlina/core.pb.h"

namespace livlina::client {

// Since the waits were counted last.
Duration Guard::passed() const { return std::max<Duration>(0, context_.awake - accounted_); }

// Of that, for how long a record that the server has would have come.
Duration Guard::counted() const {
  if (link_ == Link::off) return 0;
  if (link_ == Link::drained) return passed();
  return std::clamp<Duration>(undrained_ + passed() - drain_patience, 0, passed());
}

bool Guard::counting() const {
  return link_ == Link::drained ||
         (link_ == Link::undrained && undrained_ + passed() >= drain_patience);
}

void Guard::account() {
  const Duration connected = link_ == Link::off ? 0 : passed();
  for (auto& [id, watched] : watched_) {
    for (auto& [key, slot] : watched.slots) slot.waited = waited(slot);
    for (auto& [hash, spoken] : watched.spoken) spoken.connected += connected;
    if (watched.unmarked) watched.unmarked_for += counted();
  }
  heard_ += counted();
  if (heard_ >= steady) unsteady_ = false;
  if (counting() && !unsteady_) seeing_until_ = context_.awake;
  if (link_ == Link::undrained) undrained_ = std::min(drain_patience, undrained_ + passed());
  accounted_ = context_.awake;
}

// What was waited on one connection counts on the next, drained or not: closing it again and again
// must not keep this client from warning.
void Guard::change(Link link) {
  const bool heard = counting();
  account();
  if (proof_at_ && link != Link::drained) prove(true);  // more does not come on that connection
  if (link != Link::drained) connection_ended(heard);
  link_ = link;
  if (link == Link::drained) undrained_ = 0;
  if (link == Link::drained) look();
  save_undrained();
  if (link != Link::off) return;
  for (auto& [id, watched] : watched_)
    for (auto& [key, slot] : watched.slots)
      if (slot.waited > 0 && is_awaited(slot)) save(id, slot);
}

// One that ended at once gives no minute to connect again, so that it is said what cannot be known.
// Still all that there is was heard at its end, the mark of the shadow with it.
void Guard::connection_ended(bool heard) {
  if (heard && heard_ < steady) {
    const Duration since = std::min(mark_moment, context_.awake - unsteady_at_);
    for (auto& [id, watched] : watched_)
      if (watched.unmarked) watched.unmarked_for += since;
    unsteady_ = true;
    unsteady_at_ = context_.awake;
  }
  heard_ = 0;
}

bool Guard::is_awaited(const WatchedSlot& slot) const {
  return slot.expected && !slot.answered() && !slot.warned();
}

Duration Guard::waited(const WatchedSlot& slot) const {
  if (!is_awaited(slot) || now() <= slot.deadline) return slot.waited;
  return slot.waited + std::min(counted(), now() - slot.deadline);
}

// Without the alarm scope no record is sent to us.
bool Guard::gets_records(const Circle& circle) const {
  return standing(circle, scope_checkin | scope_alarm).has_value();
}

bool Guard::word_must_do(const Circle& circle, const WatchedSlot& slot) const {
  return slot.word == ServerWord::answered && !gets_records(circle);
}

// By the wall clock, when this member would have the slot's record if there were one: member_wait
// after the deadline, counted only while connected with the queue drained. Nothing while it does
// not count.
std::optional<Instant> Guard::wait_over(const Circle& circle, const WatchedSlot& slot) const {
  if (link_ == Link::off || !circle.plan) return std::nullopt;
  const Duration wait = Duration{(*circle.plan)->member_wait_s} * second;
  const Duration patience =
      link_ == Link::drained ? 0 : std::max<Duration>(0, drain_patience - undrained_ - passed());
  return std::max(slot.deadline, now() + patience) + std::max<Duration>(0, wait - waited(slot));
}

// When this client warns that nothing came; nothing when it has no reason to.
std::optional<Instant> Guard::silence_at(const Circle& circle, const WatchedSlot& slot) const {
  if (!is_awaited(slot) || !standing(circle, scope_checkin)) return std::nullopt;
  if (word_must_do(circle, slot)) return std::nullopt;
  return wait_over(circle, slot);
}

// An excuse is only the server's word, and stops nothing.
void Guard::warn_of_silence(const Circle& circle) {
  const auto watched = watched_.find(circle.id);
  if (watched == watched_.end()) return;
  for (auto& [key, slot] : watched->second.slots) {
    const auto at = silence_at(circle, slot);
    if (!at || now() < *at) continue;
    // It is compared with what the server will say of its own clock: as long as that agrees with
    // ours it is the measure.
    slot.warned_at = context_.clock.differs() ? now() : context_.clock.server_time(now());
    save(circle.id, slot);
    show(circle, slot);
    const auto restored = restored_at(context_);
    // Said before a copy was put back, with which the record may be gone.
    const bool lost = restored && slot.deadline <= *restored;
    context_.warn(
        slot.word == ServerWord::answered && !lost ? "server_contradicts" : "nothing_came",
        circle.id.view(), warning_subject(slot),
        slot.word == ServerWord::excused ? "excused_by_server" : "");
  }
}

// `drained`, said later than the members' wait, is itself the proof that nothing came: all that the
// server had was handed over before. So whoever looks in for a moment is told. Not who has been
// running for a while: its server may just have come back from an outage, with the participant's
// phone about to send what was pressed meanwhile, and it stays to see that.
void Guard::look() {
  if (context_.awake - opened_ > blind_settle || proof_at_) return;
  for (const Circle* circle : trust_.circles()) {
    const auto watched = watched_.find(circle->id);
    if (watched == watched_.end() || !circle->plan) continue;
    const Duration wait = Duration{(*circle->plan)->member_wait_s} * second;
    for (const auto& [key, slot] : watched->second.slots)
      if (silence_at(*circle, slot) && now() > slot.deadline + wait && waited(slot) < wait) {
        proof_at_ = context_.awake + look_settle;
        drained_at_ = now();
      }
  }
}

// While a record is here of which it is not known yet whose it is, it may be the answer: that is
// waited for a moment, and then said to be what cannot be known.
void Guard::prove(bool ending) {
  proof_at_.reset();
  if (!unknown_.empty() && !ending && context_.awake - opened_ <= blind_settle) {
    proof_at_ = context_.awake + look_settle;
    return;
  }
  for (const Circle* circle : trust_.circles()) {
    const auto watched = watched_.find(circle->id);
    if (watched == watched_.end() || !circle->plan) continue;
    const Duration wait = Duration{(*circle->plan)->member_wait_s} * second;
    const auto proved = [&](const WatchedSlot& slot) {
      return silence_at(*circle, slot) && drained_at_ > slot.deadline + wait;
    };
    if (!unknown_.empty()) {
      tell_blind(*circle, [&](const WatchedSlot& slot) { return !slot.blind && proved(slot); });
      continue;
    }
    for (auto& [key, slot] : watched->second.slots)
      if (proved(slot)) slot.waited = std::max(slot.waited, wait);
    warn_of_silence(*circle);
  }
}

// When this client says that it could not know; nothing when it can, or has said so. The server's
// word that all is well stops it no more than it stops the other warning; a miss is shown as such.
std::optional<Instant> Guard::blind_at(const Circle& circle, const WatchedSlot& slot) const {
  if (slot.blind || counting() || !is_awaited(slot) || slot.word == ServerWord::missed ||
      word_must_do(circle, slot) || !circle.plan || !standing(circle, scope_checkin))
    return std::nullopt;
  const Duration wait = Duration{(*circle.plan)->member_wait_s} * second;
  const Duration unsettled = seeing_until_ + blind_settle - context_.awake;
  return std::max(slot.deadline + wait + blind_patience, now() + std::max<Duration>(0, unsettled));
}

void Guard::warn_of_blindness(const Circle& circle) {
  tell_blind(circle, [&](const WatchedSlot& slot) {
    const auto at = blind_at(circle, slot);
    return at && now() >= *at;
  });
}

// One warning for all that became due meanwhile, of the newest.
void Guard::tell_blind(const Circle& circle,
                       const std::function<bool(const WatchedSlot&)>& unseen) {
  const auto watched = watched_.find(circle.id);
  if (watched == watched_.end()) return;
  const WatchedSlot* newest = nullptr;
  int slots = 0;
  for (auto& [key, slot] : watched->second.slots) {
    if (!unseen(slot)) continue;
    slot.blind = true;
    save(circle.id, slot);
    show(circle, slot);
    newest = &slot;
    ++slots;
  }
  if (newest != nullptr)
    context_.warn("not_connected", circle.id.view(), warning_subject(*newest),
                  slots > 1 ? std::to_string(slots) : "");
}

// When this client says that the mark has not come; nothing when it waits for none, or has said so.
std::optional<Instant> Guard::mark_at(const Circle& circle, const Watched& watched) const {
  if (!watched.unmarked || watched.mark_missed || !unmarked(circle)) return std::nullopt;
  const Duration left = std::max<Duration>(0, mark_patience - watched.unmarked_for - counted());
  if (!counting() && left > 0) return std::nullopt;
  return now() + left;
}

void Guard::warn_of_missing_mark(const Circle& circle) {
  const auto watched = watched_.find(circle.id);
  if (watched == watched_.end()) return;
  const auto at = mark_at(circle, watched->second);
  if (!at || now() < *at) return;
  watched->second.mark_missed = true;
  context_.warn("mark_missing", circle.id.view());
}

Sight Guard::sight(const Circle& circle, const WatchedSlot& slot) const {
  Sight out;
  const auto over = wait_over(circle, slot);
  out.due_record = gets_records(circle) && (slot.warned() || (over && now() >= *over));
  const Duration wait = circle.plan ? Duration{(*circle.plan)->member_wait_s} * second : 0;
  // Before it is warned of: whoever asks is not told to wait for what is over.
  out.blind = slot.expected && !word_must_do(circle, slot) && now() >= slot.deadline + wait &&
              !(counting() && waited(slot) >= wait);
  out.unwatched = slot.opens_at <= watched_from(circle);
  out.unmarked = unmarked(circle);
  return out;
}

}  // namespace livlina::client

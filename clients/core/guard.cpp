// Expecting, warning and showing. What comes in is in guard_records.cpp.
#include "clients/core/guard.hpp"

#include <algorithm>

#include "clients/core/note.hpp"
#include "livlina/core.pb.h"

namespace livlina::client {

namespace {

constexpr std::size_t most_slots = 500;  // of one schedule, looked for at once: 14 days have 336
constexpr Duration shown_in_status = 2 * day;
constexpr Duration pinned_step = minute;  // see phone_time

}  // namespace

Guard::Guard(Context& context, Trust& trust, Messenger& messenger, Incidents& incidents)
    : context_(context), trust_(trust), messenger_(messenger), incidents_(incidents) {}

std::optional<Standing> Guard::standing(const Circle& circle) const {
  if (self_ == nullptr || self_->participant) return std::nullopt;
  auto out = trust_.standing(circle, self_->account, context_.now);
  if (!out || (out->scope & scope_checkin) == 0) return std::nullopt;
  return out;
}

void Guard::online() {
  online_at_ = now();
  tick();
}

// What was waited on this connection counts on the next: closing it again and again must not keep
// this client from warning.
void Guard::offline() {
  unknown_.clear();  // the server will deliver them again
  const auto since = counting_since();
  online_at_ = 0;
  drained_at_ = 0;
  if (!since) return;
  for (auto& [id, watched] : watched_) {
    for (auto& [key, slot] : watched.slots) {
      const Duration waited = now() - std::max(*since, slot.deadline);
      if (waited <= 0 || slot.warned || slot.answer != 0 || !slot.expected) continue;
      slot.waited += waited;
      save(id, slot);
    }
  }
}

void Guard::tick() {
  if (self_ == nullptr || self_->participant) return;
  retry_unknown();
  // The clock went back: what it says now is all there is.
  online_at_ = std::min(online_at_, now());
  drained_at_ = std::min(drained_at_, now());
  for (const Circle* circle : trust_.circles()) {
    expect(*circle);
    warn_of_silence(*circle);
  }
  forget_old();
}

// The signed manifest says whether the circle is armed: the server's word on that is not asked.
bool Guard::expects(const Circle& circle) const {
  const auto* manifest = circle.newest();
  return manifest != nullptr && (*manifest)->armed && circle.plan && standing(circle);
}

// Slots of the plan that have opened since the last look become rows.
void Guard::expect(const Circle& circle) {
  if (!expects(circle)) return;
  Watched& watched = watched_[circle.id];
  if (!watched.plan || watched.plan->hash() != circle.plan->hash())
    return take_plan(circle, watched);
  if (now() <= watched.cursor) return;
  const Instant from = std::max(watched.cursor, now() - slot_memory);
  const bool any = add_slots(circle.id, **watched.plan, from, now(), true);
  watched.cursor = now();
  if (any) save_cursor(circle.id, watched);
}

// The old plan stood at least until the new one was signed; when the new one took over after that
// is not known here, so its slots are expected from now on only.
void Guard::take_plan(const Circle& circle, Watched& watched) {
  if (watched.plan) {
    const Instant from = std::max(watched.cursor, now() - slot_memory);
    const Instant to = std::min(now(), (*circle.plan)->issued_at);
    if (from < to) (void)add_slots(circle.id, **watched.plan, from, to, true);
  }
  watched.plan = circle.plan;
  watched.cursor = now();
  save_plan(circle.id, watched);
  save_cursor(circle.id, watched);
}

// Those with from < opens_at <= to that are not here; true when there were any.
bool Guard::add_slots(const CircleId& circle, const protocol::Plan& plan, Instant from, Instant to,
                      bool expected) {
  Watched& watched = watched_[circle];
  bool any = false;
  for (const protocol::Schedule& schedule : plan.schedules) {
    for (const protocol::Slot& s :
         protocol::slots_between(schedule, from, to, most_slots, context_.zones)) {
      WatchedSlot slot;
      slot.schedule = s.schedule;
      slot.opens_at = s.opens_at;
      slot.due = s.due;
      slot.deadline = s.deadline;
      slot.expected = expected;
      const auto [it, fresh] = watched.slots.try_emplace({s.due, s.schedule}, slot);
      if (!fresh) continue;
      save(circle, it->second);
      any = true;
    }
  }
  return any;
}

void Guard::forget_old() {
  const Instant oldest = now() - slot_memory;
  for (auto& [id, watched] : watched_) {
    while (!watched.slots.empty() && watched.slots.begin()->first.first < oldest) {
      erase(id, watched.slots.begin()->second);
      watched.slots.erase(watched.slots.begin());
    }
  }
}

// Since when a record that the server has would have come; nothing while not connected.
std::optional<Instant> Guard::counting_since() const {
  if (drained_at_ != 0) return drained_at_;
  if (online_at_ != 0) return online_at_ + drain_patience;
  return std::nullopt;
}

// From when on this member would have the slot's record if there were one: member_wait after the
// deadline, counted only while connected with the queue drained.
std::optional<Instant> Guard::wait_over(const Circle& circle, const WatchedSlot& slot) const {
  const auto since = counting_since();
  if (!since || !circle.plan) return std::nullopt;
  const Duration wait = Duration{(*circle.plan)->member_wait_s} * second;
  return std::max(slot.deadline, *since) + std::max<Duration>(0, wait - slot.waited);
}

// When this client warns that nothing came; nothing when it has no reason to.
std::optional<Instant> Guard::silence_at(const Circle& circle, const WatchedSlot& slot) const {
  if (slot.warned || slot.answer != 0 || !slot.expected) return std::nullopt;
  const auto mine = standing(circle);
  if (!mine) return std::nullopt;
  // Without the alarm scope no record is sent to us: then the server's word must do.
  const bool gets_records = (mine->scope & scope_alarm) != 0;
  if (slot.word == ServerWord::answered && !gets_records) return std::nullopt;
  return wait_over(circle, slot);
}

// An excuse is only the server's word, and stops nothing.
void Guard::warn_of_silence(const Circle& circle) {
  const auto watched = watched_.find(circle.id);
  if (watched == watched_.end()) return;
  for (auto& [key, slot] : watched->second.slots) {
    const auto at = silence_at(circle, slot);
    if (!at || now() < *at) continue;
    slot.warned = true;
    save(circle.id, slot);
    show(circle, slot);
    context_.warn(slot.word == ServerWord::answered ? "server_contradicts" : "nothing_came",
                  circle.id.view(), warning_subject(slot),
                  slot.word == ServerWord::excused ? "excused_by_server" : "");
  }
}

// The phone's clock when the trusted one will show `at`, as far as the phone's clock runs evenly.
// While the trusted clock stands at its floor it is asked from time to time.
Instant Guard::phone_time(Instant at) const {
  const Instant guess = context_.now + (at - now());
  if (at <= now() || context_.clock.trusted(guess) >= at) return guess;
  return std::max(guess, context_.now + pinned_step);
}

std::optional<Instant> Guard::wake_at() const {
  if (self_ == nullptr || self_->participant) return std::nullopt;
  std::optional<Instant> out;
  const auto no_later = [&](Instant trusted) {
    const Instant at = phone_time(trusted);
    out = std::min(out.value_or(at), at);
  };
  for (const auto& [seq, came] : unknown_)
    if (came.retry_at != 0) out = std::min(out.value_or(came.retry_at), came.retry_at);
  for (const Circle* circle : trust_.circles()) {
    const auto watched = watched_.find(circle->id);
    if (expects(*circle)) {
      const bool followed = watched != watched_.end() && watched->second.plan &&
                            watched->second.plan->hash() == circle->plan->hash();
      if (!followed) {
        no_later(now());
      } else {
        for (const protocol::Schedule& s : (*watched->second.plan)->schedules)
          if (const auto next = protocol::next_slot(s, watched->second.cursor, context_.zones))
            no_later(next->opens_at);
      }
    }
    if (watched == watched_.end()) continue;
    for (const auto& [key, slot] : watched->second.slots)
      if (const auto at = silence_at(*circle, slot)) no_later(*at);
  }
  return out;
}

v1::CheckinView Guard::view(const Circle& circle, const WatchedSlot& slot) const {
  const auto over = wait_over(circle, slot);
  const auto mine = standing(circle);
  const bool gets_records = mine && (mine->scope & scope_alarm) != 0;
  const bool due_record = gets_records && (slot.warned || (over && now() >= *over));
  v1::CheckinView out;
  out.set_circle_id(livlina::to_string(circle.id.view()));
  out.set_schedule_id(livlina::to_string(slot.schedule.view()));
  out.set_due(slot.due);
  out.set_deadline(slot.deadline);
  out.set_state(static_cast<std::uint32_t>(view_of(slot, due_record)));
  out.set_note(stored_note(context_.store, slot.note_ref).value_or(std::string{}));
  out.set_answered_at(slot.answered_at);
  out.set_moved(slot.moved);
  out.set_participant_name(trust_.person_name(circle.participant));
  out.set_under_duress(slot.by_shadow);
  return out;
}

void Guard::show(const Circle& circle, const WatchedSlot& slot) {
  v1::Event event;
  *event.mutable_checkin() = view(circle, slot);
  context_.emit(std::move(event));
}

void Guard::describe(v1::Status& status) const {
  for (const auto& [id, watched] : watched_) {
    const Circle* circle = trust_.circle(id);
    if (circle == nullptr || !standing(*circle)) continue;
    for (const auto& [key, slot] : watched.slots)
      if (slot.due > now() - shown_in_status) *status.add_checkins() = view(*circle, slot);
  }
}

}  // namespace livlina::client

// Which slots are expected, and how they show. Waiting and warning are in guard_wait.cpp, lines
// that were away in guard_lapse.cpp, clocks that were wrong in guard_clock.cpp, what is missing in
// guard_gaps.cpp, what comes in is in guard_records.cpp, guard_answers.cpp and guard_spoken.cpp.
#include "clients/core/guard.hpp"

#include <algorithm>

#include "clients/core/note.hpp"
#include "clients/core/plan_zones.hpp"
#include "livlina/core.pb.h"

namespace livlina::client {

namespace {

// Of one schedule, looked for at once: 14 days have 672, and a few more where a clock is put back.
constexpr std::size_t most_slots = 700;
constexpr Duration shown_in_status = 2 * day;

}  // namespace

Guard::Guard(Context& context, Trust& trust, Messenger& messenger, Incidents& incidents)
    : context_(context), trust_(trust), messenger_(messenger), incidents_(incidents) {}

std::optional<Standing> Guard::standing(const Circle& circle, std::uint16_t scope) const {
  if (self_ == nullptr || self_->participant) return std::nullopt;
  auto out = trust_.standing(circle, self_->account, context_.now);
  if (!out || (out->scope & scope) != scope) return std::nullopt;
  return out;
}

void Guard::online() {
  if (self_->participant) return;
  if (context_.server_restored) doubt_all();
  change(Link::undrained);
  tick();
}

void Guard::offline() {
  if (link_ == Link::drained) settle_gaps(true);
  if (!self_->participant) change(Link::off);  // prove() in it must still see those in unknown_
  unknown_.clear();                            // the server will deliver them again
}

void Guard::tick() {
  if (self_ == nullptr || self_->participant) return;
  account();
  if (proof_at_ && context_.awake >= *proof_at_) prove(false);
  confirm_date();
  retry_unknown();
  for (const Circle* circle : trust_.circles()) {
    expect(*circle);
    warn_of_silence(*circle);
    warn_of_blindness(*circle);
    warn_of_missing_mark(*circle);
    ask_for_incidents(*circle);
    if (expects(*circle)) check_zones(context_, *circle);
  }
  forget_old();
}

// What is known of a participant's devices may have changed with whatever came in.
void Guard::settle() {
  if (self_ == nullptr || self_->participant) return;
  settle_gaps(false);
  if (seen_revision_ == trust_.revision()) return;
  seen_revision_ = trust_.revision();
  for (const Circle* circle : trust_.circles())
    if (const auto it = watched_.find(circle->id); it != watched_.end()) {
      mark_came(*circle, it->second);
      name_came(*circle, it->second);
    }
}

// The signed manifest says whether the circle is armed: the server's word on that is not asked.
bool Guard::expects(const Circle& circle) const {
  return circle.armed() && circle.plan && standing(circle, scope_checkin);
}

// Slots of the plan that have opened since the last look become rows.
void Guard::expect(const Circle& circle) {
  if (const auto known = watched_.find(circle.id); known != watched_.end())
    note_lapse(circle, known->second);
  if (!expects(circle)) return;
  Watched& watched = watched_[circle.id];
  if (watched.lapse.since) back_again(circle, watched);
  if (watched.plan && now() < watched.cursor) turn_back(circle, watched);
  if (!watched.follows(*circle.plan)) return take_plan(circle, watched);
  if (now() == watched.cursor) return;
  Instant from = std::max(watched.cursor, now() - slot_memory);
  // The cursor lies before that when a clock was set back and right again: nobody watched then.
  if (watched.plan_since <= now()) from = std::max(from, watched.plan_since);
  const bool any = add_slots(circle.id, **watched.plan, from, now());
  watched.cursor = now();
  if (any) save_cursor(circle.id, watched);
}

// The old plan stood at least until the new one was signed; when the new one took over after that
// is not known here, so its slots are expected from now on only.
void Guard::take_plan(const Circle& circle, Watched& watched) {
  if (watched.plan) {
    const Instant from = std::max(watched.cursor, now() - slot_memory);
    const Instant to = std::min(now(), (*circle.plan)->issued_at);
    if (from < to) (void)add_slots(circle.id, **watched.plan, from, to);
  }
  watched.plan = circle.plan;
  // A clock that is slow does not date it before it was signed.
  watched.plan_since = std::max(now(), watched_from(circle));
  watched.cursor = now();
  save_plan(circle.id, watched);
  save_cursor(circle.id, watched);
}

// Those with from < opens_at <= to that are not expected yet; true when there were any.
bool Guard::add_slots(const CircleId& circle, const protocol::Plan& plan, Instant from,
                      Instant to) {
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
      const auto [it, fresh] = watched.slots.try_emplace({s.due, s.schedule}, slot);
      if (!fresh && it->second.expected) continue;
      if (!fresh) expect_spoken(circle, it->second, s);
      save(circle, it->second);
      any = true;
    }
  }
  return any;
}

// The server, or a record that came before the time, spoke of it first. That ends no watch: it is
// the plan's as any other.
void Guard::expect_spoken(const CircleId& circle, WatchedSlot& row, const protocol::Slot& planned) {
  const bool moved = row.word != ServerWord::none && row.deadline != planned.deadline;
  row.opens_at = planned.opens_at;
  row.deadline = planned.deadline;
  row.expected = true;
  if (!moved || row.moved) return;
  row.moved = true;
  context_.warn("deadline_moved", circle.view(), warning_subject(row));
}

std::optional<Instant> Guard::wake_at() const {
  if (self_ == nullptr || self_->participant) return std::nullopt;
  std::optional<Instant> out;
  const auto no_later = [&](std::optional<Instant> at) {
    if (at) out = std::min(out.value_or(*at), *at);
  };
  for (const auto& [seq, came] : unknown_)
    if (came.retry_at != 0) no_later(came.retry_at);
  for (const auto& [hash, since] : gaps_)
    no_later(now() + std::max<Duration>(0, since + gap_patience - context_.awake));
  if (proof_at_) no_later(now() + std::max<Duration>(0, *proof_at_ - context_.awake));
  for (const Circle* circle : trust_.circles()) {
    const auto watched = watched_.find(circle->id);
    if (expects(*circle)) {
      if (watched == watched_.end() || !watched->second.follows(*circle->plan)) {
        no_later(now());
      } else {
        const Instant after = std::min(watched->second.cursor, now());
        for (const protocol::Schedule& s : (*watched->second.plan)->schedules)
          if (const auto next = protocol::next_slot(s, after, context_.zones))
            no_later(next->opens_at);
      }
    }
    if (watched == watched_.end()) continue;
    for (const auto& [key, slot] : watched->second.slots) {
      no_later(silence_at(*circle, slot));
      no_later(blind_at(*circle, slot));
    }
    no_later(mark_at(*circle, watched->second));
    for (const auto& [hash, spoken] : watched->second.spoken) no_later(ask_at(*circle, spoken));
  }
  return out;
}

// One of a participant's two devices is the shadow, and which one is not known: then nothing that
// either says can be taken for freely said.
bool Guard::unmarked(const Circle& circle) const {
  const auto* list = trust_.device_list(circle.participant);
  return !circle.shadow && list != nullptr && (*list)->devices.size() > 1;
}

v1::CheckinView Guard::view(const Circle& circle, const WatchedSlot& slot) const {
  v1::CheckinView out;
  out.set_circle_id(livlina::to_string(circle.id.view()));
  out.set_schedule_id(livlina::to_string(slot.schedule.view()));
  out.set_due(slot.due);
  out.set_deadline(slot.deadline);
  out.set_state(static_cast<std::uint32_t>(view_of(slot, sight(circle, slot))));
  out.set_note(stored_note(context_.store, slot.note_ref).value_or(std::string{}));
  out.set_answered_at(slot.answered_at);
  out.set_pressed_at(slot.pressed_at);
  out.set_answer(slot.answer);
  out.set_moved(slot.moved);
  out.set_participant_name(trust_.person_name(circle.participant));
  // Each record bears its own mark; that one of the shadow came as well is never lost behind it.
  const bool by_shadow = slot.answered() && circle.shadow == slot.device;
  out.set_under_duress(by_shadow);
  out.set_duress_came(!by_shadow && circle.shadow && slot.spoken_by(*circle.shadow));
  out.set_duress_unknown(slot.answered() && unmarked(circle));
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
    if (circle == nullptr) continue;
    if (standing(*circle, scope_checkin))
      for (const auto& [key, slot] : watched.slots)
        if (slot.due > now() - shown_in_status) *status.add_checkins() = view(*circle, slot);
    if (!standing(*circle, scope_alarm)) continue;
    for (const auto& [hash, spoken] : watched.spoken)
      if (worth_showing(spoken.record, by_shadow(*circle, spoken.record)))
        *status.add_records() = view(*circle, spoken.record);
  }
}

}  // namespace livlina::client

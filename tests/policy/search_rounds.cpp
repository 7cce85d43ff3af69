// Time, the server's rounds and the participant's records in the small world: what
// server/services/{occurrences,openings,outage,clock_back,check_in,judge}.cpp do.
#include "tests/policy/search_driver.hpp"

namespace livlina::server::policy::search {

namespace {

using Kind = Event::Kind;
namespace oe = occurrence_event;

}  // namespace

void Driver::apply(const Event& e) {
  if (e.kind <= Kind::clock_back)
    pass_time(e);
  else if (e.kind <= Kind::send)
    run(e);
  else if (e.kind <= Kind::excuse)
    press(e);
  else if (e.kind <= Kind::switch_policy)
    act(e);
  else
    change(e);
  if (!bounds_.keep_notices) receive_all();
  must(wrong(w_, bounds_));
}

void Driver::pass_time(const Event& e) {
  if (e.kind == Kind::wait) return wait();
  if (e.kind == Kind::blind) {
    --w_.gaps;
    return blind(e.a * unit);
  }
  if (e.kind != Kind::clock_back) return;
  --w_.backs;
  clock_back(e.a * unit);
}

void Driver::wait() {
  const Instant whole = w_.now - w_.now % unit + unit;
  w_.now = std::min(whole, next_instant(w_, bounds_).value_or(whole));
}

// Rule 17, forward: first all that has opened, then what was open is extended.
void Driver::blind(Duration length) {
  const Instant from = w_.now;
  w_.now += length;
  for (LaneState& lane : w_.lanes) lane.quiet_since += length;  // bounds are of uptime
  make_slots();
  for (std::size_t k = 0; k < bounds_.slots; ++k) {
    SlotState& s = w_.slots[k];
    const bool overlaps = s.o && s.o->state == OccurrenceState::open && s.o->deadline >= from &&
                          s.o->opens_at <= w_.now;
    if (overlaps) step_slot(s, oe::Gap{from, w_.now});
  }
}

// Rule 17, backward.
void Driver::clock_back(Duration length) {
  w_.now -= length;
  for (const Lane lane : {Lane::open, Lane::silent, Lane::drill}) {
    LaneState& l = w_.at(lane);
    l.quiet_since = std::min(l.quiet_since, w_.now);
    if (l.incident && unresolved(l.incident->state))
      step_incident(lane, incident_event::ClockBack{}, {});
  }
  for (std::size_t k = 0; k < bounds_.slots; ++k)
    if (w_.slots[k].o && w_.slots[k].made_at > w_.now) undo_made(w_.slots[k]);
  for (std::size_t k = 0; k < bounds_.slots; ++k)
    if (w_.slots[k].o) undo_moved(w_.slots[k]);
  make_slots();
}

// Made by the wrong clock: gone, but for one that was answered.
void Driver::undo_made(SlotState& s) {
  const bool touched = s.o->state == OccurrenceState::open ||
                       s.o->state == OccurrenceState::missed || s.o->excuse == Excuse::outage ||
                       s.o->opens_at > w_.now;
  if (!touched || s.o->state == OccurrenceState::answered) return;
  s.o.reset();
  s.triggers = 0;
  s.current = false;
  s.reminder = false;
}

void Driver::undo_moved(SlotState& s) {
  const Occurrence& o = *s.o;
  const bool beyond = o.state == OccurrenceState::open && o.deadline > s.deadline &&
                      o.deadline > w_.now + slot_facts().reask;
  const bool missed = o.state == OccurrenceState::missed && o.deadline > w_.now + shortest_gap;
  if (!beyond && !missed) return;
  const bool was_missed = missed;
  step_slot(s, oe::ClockBack{s.deadline});
  if (!was_missed || s.o->state == OccurrenceState::missed) return;
  s.triggers = 0;
  s.current = false;
}

void Driver::run(const Event& e) {
  switch (e.kind) {
    case Kind::judge:
      return judge();
    case Kind::make_slots:
      return make_slots();
    case Kind::slot_tick:
      return step_slot(w_.slots[e.a], oe::Tick{});
    case Kind::incident_tick:
      return tick(e.lane);
    default:
      return send();
  }
}

void Driver::make_slots() {
  std::vector<UnmadeSlot> unmade;
  std::vector<SlotState*> theirs;
  for (std::size_t k = 0; k < bounds_.slots; ++k) {
    SlotState& s = w_.slots[k];
    if (s.o || s.opens_at > w_.now) continue;
    unmade.push_back({s.opens_at, s.due, s.deadline});
    theirs.push_back(&s);
  }
  const auto all = steps_.on_gap(unmade, w_.now);
  for (std::size_t k = 0; k < all.size(); ++k) {
    theirs[k]->made_at = w_.now;
    for (const OccurrenceEvent& event : all[k]) step_slot(*theirs[k], event);
  }
}

void Driver::step_slot(SlotState& s, const OccurrenceEvent& event) {
  const OccurrenceStep step = steps_.occurrence(s.o, event, slot_facts(), w_.now);
  must(wrong(SlotCall{w_.now, s.o, event, step}));
  write(s, step);
}

void Driver::write(SlotState& s, const OccurrenceStep& step) {
  if (!step.changed) return;
  s.o = step.next;
  if (step.drop_reminders) s.reminder = false;
  if (step.remind) s.reminder = true;
  if (!step.missed) return;
  ++s.triggers;
  raise(TriggerKind::miss, false);
  s.current = true;
}

bool Driver::answerable(const SlotState& s) const {
  if (!s.o) return false;
  const auto& incident = w_.at(Lane::open).incident;
  switch (s.o->state) {
    case OccurrenceState::open:
      return true;
    case OccurrenceState::missed:
      return s.current && incident && unresolved(incident->state);
    default:
      return s.o->deadline >= w_.now && s.o->opens_at <= w_.now;
  }
}

void Driver::answer_slot(SlotState& s, std::uint8_t answer, bool& late) {
  const OccurrenceEvent event = oe::Answered{answer};
  const OccurrenceStep step = steps_.occurrence(s.o, event, {}, w_.now);
  must(wrong(SlotCall{w_.now, s.o, event, step}));
  for (std::uint8_t other = 1; other <= 3; ++other)
    must(alike(step, steps_.occurrence(s.o, oe::Answered{other}, {}, w_.now)),
         "I10: one answer runs another way than the others");
  late = late || step.credit == Credit::late;
  write(s, step);
}

void Driver::check_in(const Event& e) {
  make_slots();
  // What it meets is decided before the first write.
  std::array<bool, 2> meets{};
  for (std::size_t k = 0; k < bounds_.slots; ++k) meets[k] = answerable(w_.slots[k]);
  bool late = false;
  for (std::size_t k = 0; k < bounds_.slots; ++k)
    if (meets[k]) answer_slot(w_.slots[k], e.a, late);
  queue({{RecordKind::checkin, e.a, e.shadow, late}});
}

void Driver::queue(const Press& press) { w_.queue.at(w_.queued++) = press; }

void Driver::press(const Event& e) {
  switch (e.kind) {
    case Kind::check_in:
      return check_in(e);
    case Kind::alarm:
      return queue({{RecordKind::alarm, e.a, e.shadow, false}});
    case Kind::cancel:
      return queue({{RecordKind::cancel, 0, false, false}, e.lane});
    case Kind::mistake:
      return queue({{RecordKind::mistake, 0, false, false}, e.lane});
    case Kind::log_in:
      return queue({{RecordKind::login, 0, true, false}});
    case Kind::late_ok:
      return queue({{RecordKind::checkin, 1, false, true}});
    case Kind::miss:
      return raise(TriggerKind::miss, false);
    default:
      return step_slot(w_.slots[e.a], oe::Excused{});
  }
}

void Driver::judge() {
  for (std::size_t k = 0; k < w_.queued; ++k) judge_one(w_.queue[k]);
  w_.queued = 0;
}

void Driver::judge_one(const Press& press) {
  const Unjudged& row = press.row;
  const Verdict verdict = steps_.judge(row);
  using What = Verdict::What;
  const bool triggers = verdict.what == What::trigger;
  if (row.shadow)
    must(triggers && lane(verdict.kind) == Lane::silent,
         "I5: something by the shadow left the silent lane");
  must(triggers || row.kind != RecordKind::alarm, "H28: an alarm triggers nothing");
  must(triggers || row.kind != RecordKind::checkin || row.answer == 1,
       "G1: talk or not_ok triggers nothing");
  if (verdict.what == What::nothing) return;
  if (triggers) {
    raise(verdict.kind, row.kind == RecordKind::login);
    LaneState& l = w_.at(lane(verdict.kind));
    if (row.kind == RecordKind::alarm && !row.shadow) l.alarm = true;
    return;
  }
  const Lane lane = verdict.what == What::late_ok ? Lane::open : press.names;
  const LaneState& l = w_.at(lane);
  if (!l.incident || !unresolved(l.incident->state)) return;
  if (verdict.what == What::late_ok) return step_incident(lane, incident_event::LateOk{}, {});
  if (!l.alarm) return;
  if (verdict.what == What::cancel) return step_incident(lane, incident_event::Cancel{}, {});
  step_incident(lane, incident_event::Mistake{}, {});
}

}  // namespace livlina::server::policy::search

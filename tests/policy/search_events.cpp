#include "tests/policy/search_events.hpp"

#include <string_view>

namespace livlina::server::policy::search {

namespace {

using Kind = Event::Kind;

constexpr std::array<Lane, 3> every_lane{Lane::open, Lane::silent, Lane::drill};

struct Listing {
  const World& w;
  const Bounds& bounds;
  std::vector<Event> out;

  void add(Kind kind, std::size_t a = 0, std::size_t b = 0) {
    out.push_back({kind, static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b)});
  }
  void on(Lane lane, Kind kind, std::size_t a = 0, std::size_t b = 0) {
    add(kind, a, b);
    out.back().lane = lane;
  }
  void by_shadow(Kind kind, std::size_t a) {
    add(kind, a);
    out.back().shadow = true;
  }
  bool pressed(Pressing p) const { return (bounds.presses & p) != 0; }
  bool acted_on(Lane lane) const {
    return (bounds.lanes & (1U << (static_cast<unsigned>(lane) - 1))) != 0;
  }

  void time() {
    if (!anything_due(w, bounds)) add(Kind::wait);
    for (const std::size_t units : {1U, 4U})
      if (w.gaps > 0) add(Kind::blind, units);
    for (const std::size_t units : {1U, 2U})
      if (w.backs > 0) add(Kind::clock_back, units);
  }

  void rounds() {
    if (w.queued > 0) add(Kind::judge);
    bool unmade = false;
    for (std::size_t k = 0; k < bounds.slots; ++k) {
      const SlotState& s = w.slots[k];
      unmade = unmade || (!s.o && s.opens_at <= w.now);
      if (s.o && s.o->next_at && *s.o->next_at <= w.now) add(Kind::slot_tick, k);
    }
    if (unmade) add(Kind::make_slots);
    for (const Lane lane : every_lane) {
      const auto& i = w.at(lane).incident;
      if (i && i->next_at && *i->next_at <= w.now) on(lane, Kind::incident_tick);
    }
    if (bounds.keep_notices) add(Kind::send);
  }

  // An alarm of the primary that a signed word can name.
  bool names_an_alarm(Lane lane) const {
    const LaneState& l = w.at(lane);
    return l.alarm && l.incident && unresolved(l.incident->state);
  }

  void press() {
    if (pressed(press_miss)) add(Kind::miss);
    for (std::size_t k = 0; k < bounds.slots; ++k)
      if (w.slots[k].o && w.slots[k].o->state == OccurrenceState::open) add(Kind::excuse, k);
    if (w.queued >= bounds.queue) return;
    if (pressed(press_ok)) add(Kind::check_in, 1);
    if (pressed(press_talk)) add(Kind::check_in, 2);
    if (pressed(press_not_ok)) add(Kind::check_in, 3);
    if (pressed(press_late_ok)) add(Kind::late_ok);
    if (pressed(press_silent)) add(Kind::alarm, 1);
    if (pressed(press_loud)) add(Kind::alarm, 2);
    if (pressed(press_drill)) add(Kind::alarm, 3);
    for (const Lane lane : every_lane) {
      if (!names_an_alarm(lane)) continue;
      if (pressed(press_cancel)) on(lane, Kind::cancel);
      if (pressed(press_mistake)) on(lane, Kind::mistake);
    }
    if (!pressed(press_shadow)) return;
    for (const std::size_t answer : {1U, 3U}) by_shadow(Kind::check_in, answer);
    by_shadow(Kind::alarm, 2);
    add(Kind::log_in);
  }

  void handing_over(Lane lane, std::size_t by) {
    for (std::size_t to = 0; to < people; ++to) {
      if (to == by) continue;
      on(lane, Kind::offer, by, to);
      on(lane, Kind::assign, by, to);
    }
    for (const Kind kind : {Kind::take_over, Kind::renew, Kind::accept, Kind::decline})
      on(lane, kind, by);
  }

  void staff(Lane lane) {
    const auto& i = w.at(lane).incident;
    if (!i || !acted_on(lane)) return;
    for (std::size_t who = 0; who < people; ++who) {
      if (!w.may(who)) continue;  // T36: nobody else gets so far
      if (!unresolved(i->state)) {
        if (who == cy) on(lane, Kind::reopen, who);
        continue;
      }
      if (who == amal || bounds.every_person) on(lane, Kind::take, who);
      on(lane, Kind::resolve, who);
      if (!bounds.every_act) continue;
      if (who == amal || who == cy || bounds.every_person) handing_over(lane, who);
      on(lane, Kind::seen, who);
      if (bounds.switch_policy) on(lane, Kind::switch_policy, who);
    }
  }

  void around() {
    if (bounds.keep_notices)
      for (const Lane lane : every_lane)
        for (std::size_t who = 0; who < people; ++who)
          if (w.at(lane).pending[who].size > 0 && w.reachable[who]) on(lane, Kind::receipt, who);
    if (bounds.failing_rows)
      for (const Lane lane : every_lane)
        if (w.at(lane).incident) on(lane, Kind::all_failed);
    if (w.changes == 0) return;
    for (std::size_t who = 0; who < people; ++who) {
      add(Kind::reach, who);
      add(Kind::list, who);
    }
    add(Kind::limit);
  }
};

constexpr std::array<std::string_view, people> names{"amal", "bo", "cy"};
constexpr std::array<std::string_view, 4> lanes{"?", "open", "silent", "drill"};
constexpr std::array<std::string_view, 4> answers{"?", "ok", "talk", "not ok"};
constexpr std::array<std::string_view, 4> alarms{"?", "silent", "loud", "practice"};

std::string by(const Event& e, std::string_view verb) {
  return std::string(names.at(e.a)) + " " + std::string(verb);
}
std::string units(const Event& e) { return std::to_string(e.a) + (e.a == 1 ? " unit" : " units"); }

std::string bare_text(const Event& e) {
  const std::string shadow = e.shadow ? ", by the shadow" : "";
  switch (e.kind) {
    case Kind::start:
      return "the beginning";
    case Kind::wait:
      return "time passes";
    case Kind::blind:
      return "the server is blind for " + units(e);
    case Kind::clock_back:
      return "the clock goes back by " + units(e);
    case Kind::judge:
      return "the judge";
    case Kind::make_slots:
      return "slots open";
    case Kind::slot_tick:
      return "tick of slot " + std::to_string(e.a);
    case Kind::incident_tick:
      return "tick";
    case Kind::send:
      return "what is pending is sent";
    case Kind::check_in:
      return "check-in: " + std::string(answers.at(e.a)) + shadow;
    case Kind::alarm:
      return "alarm: " + std::string(alarms.at(e.a)) + shadow;
    case Kind::cancel:
      return "the alarm is taken back";
    case Kind::mistake:
      return "pressed by mistake";
    case Kind::log_in:
      return "the shadow logs in";
    case Kind::late_ok:
      return "a late ok";
    case Kind::miss:
      return "a miss";
    case Kind::excuse:
      return "slot " + std::to_string(e.a) + " is excused";
    case Kind::seen:
      return by(e, "has seen it");
    case Kind::take:
      return by(e, "takes it");
    case Kind::take_over:
      return by(e, "takes it over");
    case Kind::assign:
      return by(e, "assigns it to ") + std::string(names.at(e.b));
    case Kind::renew:
      return by(e, "renews the lease");
    case Kind::offer:
      return by(e, "offers it to ") + std::string(names.at(e.b));
    case Kind::accept:
      return by(e, "accepts it");
    case Kind::decline:
      return by(e, "declines it");
    case Kind::resolve:
      return by(e, "resolves it");
    case Kind::reopen:
      return by(e, "opens it again");
    case Kind::switch_policy:
      return by(e, "switches the policy");
    case Kind::receipt:
      return by(e, "confirms what was sent");
    case Kind::reach:
      return by(e, "becomes reachable or unreachable");
    case Kind::list:
      return by(e, "is taken off the lists or put on them");
    case Kind::limit:
      return "amal's rights get an end or lose it";
    case Kind::all_failed:
      return "all rows of the step have failed";
  }
  return "?";
}

}  // namespace

std::vector<Event> events(const World& w, const Bounds& bounds) {
  Listing list{w, bounds, {}};
  list.time();
  list.rounds();
  list.press();
  for (const Lane lane : every_lane) list.staff(lane);
  list.around();
  return std::move(list.out);
}

std::string text(const Event& e) {
  const bool of_a_lane =
      e.kind == Kind::incident_tick || e.kind == Kind::cancel || e.kind == Kind::mistake ||
      (e.kind >= Kind::seen && e.kind <= Kind::receipt) || e.kind == Kind::all_failed;
  if (!of_a_lane) return bare_text(e);
  return bare_text(e) + " (" + std::string(lanes.at(static_cast<std::size_t>(e.lane))) + ")";
}

}  // namespace livlina::server::policy::search

#include "tests/policy/search.hpp"

#include <deque>
#include <unordered_set>

namespace livlina::server::policy::search {

namespace {

// Where a state was first reached from.
struct Step {
  std::size_t from = 0;
  Event event;
};

struct Found {
  World w;
  std::size_t number = 0;
};

std::string minutes(Duration d) {
  const Duration rest = d % unit;
  return "+" + std::to_string(d / unit) + (rest != 0 ? "." + std::to_string(rest) : "");
}

// The events from the first world to the last, with the units (and milliseconds) since then.
std::vector<std::string> trace_of(const Bounds& bounds, const Steps& steps,
                                  const std::vector<Step>& ways, std::size_t at,
                                  const Event& last) {
  std::vector<Event> path{last};
  for (; at != 0; at = ways[at].from) path.push_back(ways[at].event);
  std::vector<std::string> out;
  World w = first_world(bounds);
  const Instant start = w.now;
  for (auto e = path.rbegin(); e != path.rend(); ++e) {
    Driver(steps, bounds, w).apply(*e);
    out.push_back(minutes(w.now - start) + "  " + text(*e));
  }
  return out;
}

class Search {
 public:
  Search(const Bounds& bounds, const Steps& steps, Look look)
      : bounds_(bounds), steps_(steps), look_(look) {}

  Report run() {
    add(first_world(bounds_), {});
    while (!frontier_.empty() && report_.broken.empty()) {
      if (seen_.size() > bounds_.most_states) return std::move(report_);
      const Found here = std::move(frontier_.front());
      frontier_.pop_front();
      for (const Event& e : events(here.w, bounds_))
        if (!follow(here, e)) break;
    }
    report_.complete = report_.broken.empty();
    return std::move(report_);
  }

 private:
  bool follow(const Found& here, const Event& e) {
    World next = here.w;
    Driver driver(steps_, bounds_, next);
    driver.apply(e);
    ++report_.transitions;
    Wrong what = driver.broken();
    if (what == nullptr && look_ != nullptr) what = look_(steps_, bounds_, here.w, e, next);
    if (what != nullptr) {
      report_.broken = what;
      report_.trace = trace_of(bounds_, steps_, ways_, here.number, e);
      return false;
    }
    add(next, {here.number, e});
    return true;
  }

  void add(const World& w, const Step& way) {
    if (!seen_.insert(packed(w, bounds_)).second) return;
    frontier_.push_back({w, ways_.size()});
    ways_.push_back(way);
    report_.states = ways_.size();
  }

  const Bounds& bounds_;
  const Steps& steps_;
  Look look_;
  Report report_;
  std::unordered_set<std::string> seen_;
  std::deque<Found> frontier_;
  std::vector<Step> ways_;
};

// The same world without a silent incident and without anything by the shadow.
World without_silent(World w) {
  w.at(Lane::silent) = {};
  std::size_t kept = 0;
  for (std::size_t k = 0; k < w.queued; ++k) {
    const Press& p = w.queue[k];
    const bool silent = p.row.shadow || p.names == Lane::silent ||
                        (p.row.kind == RecordKind::alarm && p.row.answer == 1);
    if (!silent) w.queue[kept++] = p;
  }
  w.queued = kept;
  return w;
}

bool about_silent(const Event& e) {
  using Kind = Event::Kind;
  return e.lane == Lane::silent || e.kind == Kind::log_in ||
         (e.kind == Kind::alarm && (e.shadow || e.a == 1));
}

}  // namespace

Report search(const Bounds& bounds, const Steps& steps, Look look) {
  return Search(bounds, steps, look).run();
}

Wrong silent_lane_shows(const Steps& steps, const Bounds& bounds, const World& before,
                        const Event& event, const World& after) {
  World other = without_silent(before);
  if (!about_silent(event)) {
    Event e = event;
    e.shadow = false;  // and the shadow's answer meets the slots as the primary's does
    Driver(steps, bounds, other).apply(e);
    if (event.shadow) --other.queued;  // its judgement is the silent lane's
    other.now = after.now;             // time may have stopped at an instant of that lane
  }
  return packed(without_silent(after), bounds) == packed(without_silent(other), bounds)
             ? nullptr
             : "I5: a silent incident shows elsewhere";
}

Wrong nobody_is_called(const Steps& steps, const Bounds& bounds, const World&, const Event&,
                       const World& after) {
  using Kind = Event::Kind;
  for (const Lane lane : {Lane::open, Lane::silent, Lane::drill}) {
    const auto& incident = after.at(lane).incident;
    if (!incident || !unresolved(incident->state)) continue;
    World w = after;
    const Policy policy = policy_of(w.at(lane).category, bounds);
    const bool held = incident->state == IncidentState::taken;
    const Instant latest = held ? std::max(incident->lease_until, w.now)
                                : w.now + std::max(policy.wait, policy.calm_wait);
    bool called = false;
    // A reminder, the end of the lease and a step, and as much again for what a broken one does.
    for (int k = 0; k < 6 && !called; ++k) {
      if (w.queued > 0) Driver(steps, bounds, w).apply({Kind::judge});
      const auto& next = w.at(lane).incident->next_at;
      if (!next) break;
      w.now = std::max(w.now, *next);
      if (w.now > latest) break;
      Driver driver(steps, bounds, w);
      driver.apply({Kind::incident_tick, 0, 0, false, lane});
      called = driver.called();
    }
    if (!called) return "G4: time alone calls nobody";
  }
  return nullptr;
}

}  // namespace livlina::server::policy::search

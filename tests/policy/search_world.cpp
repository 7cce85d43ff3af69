#include "tests/policy/search_world.hpp"

#include <algorithm>

namespace livlina::server::policy::search {

namespace {

constexpr Instant beginning = 1'000'000 * unit;
constexpr Duration long_over = 8 * unit;  // nothing of the small world reaches back so far

class Bytes {
 public:
  explicit Bytes(Instant now) : now_(now) {}
  void byte(std::size_t v) { out_.push_back(static_cast<char>(v)); }
  void instant(Instant at) {
    const Duration d = std::max(at - now_, -long_over);
    for (int k = 0; k < 4; ++k) byte(static_cast<std::size_t>(d >> (8 * k)) & 0xff);
  }
  void instant(const std::optional<Instant>& at) {
    byte(at ? 1 : 0);
    if (at) instant(*at);
  }
  void who(const std::optional<Person>& p) { byte(p ? (*p)[0] : 0); }
  std::string take() { return std::move(out_); }

 private:
  Instant now_;
  std::string out_;
};

void pack(Bytes& b, const Incident& i) {
  b.byte(static_cast<std::size_t>(i.state));
  b.byte(static_cast<std::size_t>(i.severity));
  if (!unresolved(i.state)) return;
  b.byte((i.calm ? 1U : 0U) | (i.lease_reminded ? 2U : 0U) | (i.fired ? 4U : 0U) |
         (i.postponed ? 8U : 0U) | (i.sole_loud_alarm ? 16U : 0U));
  b.byte(static_cast<std::size_t>(i.step));
  b.byte(static_cast<std::size_t>(i.round));
  b.byte(static_cast<std::size_t>(i.reruns));
  b.who(i.holder);
  b.who(i.offered_to);
  b.instant(i.rights_end);
  if (i.holder) b.instant(i.lease_until);
  b.instant(i.next_at);
}

void pack(Bytes& b, const LaneState& lane, const Bounds& bounds) {
  if (!lane.incident) return b.byte(0);
  pack(b, *lane.incident);
  const bool goes_on = unresolved(lane.incident->state);
  if (goes_on) {
    b.byte(lane.category);
    b.byte((lane.alarm ? 1U : 0U) | (lane.login ? 2U : 0U));
    b.byte(lane.warned);
    if (lane.incident->state == IncidentState::notifying) b.instant(lane.quiet_since);
  }
  if (!bounds.keep_notices) return;
  b.byte(goes_on ? lane.paged : 0);
  for (const Box& box : lane.pending) {
    b.byte(box.size);
    for (std::size_t k = 0; k < box.size; ++k) {
      b.byte(static_cast<std::size_t>(box.rows[k].kind));
      b.byte(static_cast<std::size_t>(box.rows[k].code));
      b.byte(box.rows[k].n.next_at ? 1 : 0);
    }
  }
}

void pack(Bytes& b, const SlotState& s) {
  b.instant(s.opens_at);
  b.byte(s.o ? 1 : 0);
  if (!s.o) return;
  b.byte(static_cast<std::size_t>(s.o->state) * 8 + static_cast<std::size_t>(s.o->excuse));
  b.instant(s.o->deadline);
  b.byte(s.o->answer);
  b.byte((s.o->outage ? 1U : 0U) | (s.current ? 2U : 0U) | (s.reminder ? 4U : 0U));
  b.byte(static_cast<std::size_t>(s.o->reminded) * 4 + static_cast<std::size_t>(s.triggers));
  b.instant(s.o->next_at);
  b.instant(s.made_at);
}

void pack(Bytes& b, const Press& p) {
  b.byte(static_cast<std::size_t>(p.row.kind));
  b.byte(p.row.answer);
  b.byte((p.row.shadow ? 1U : 0U) | (p.row.late ? 2U : 0U));
  b.byte(static_cast<std::size_t>(p.names));
}

void sooner(std::optional<Instant>& first, const std::optional<Instant>& at) {
  if (at && (!first || *at < *first)) first = at;
}

// Of every row; those that have come included.
std::vector<Instant> instants(const World& w, const Bounds& bounds) {
  std::vector<Instant> out;
  for (const LaneState& lane : w.lanes)
    if (lane.incident && lane.incident->next_at) out.push_back(*lane.incident->next_at);
  for (std::size_t k = 0; k < bounds.slots; ++k) {
    const SlotState& s = w.slots[k];
    if (!s.o)
      out.push_back(s.opens_at);
    else if (s.o->next_at)
      out.push_back(*s.o->next_at);
  }
  return out;
}

}  // namespace

Policy policy_of(std::uint8_t category, const Bounds& bounds) {
  const int longer = category == 1 || bounds.brief ? 0 : 1;
  Policy p;
  p.category = category;
  p.wait = (1 + longer) * unit;
  p.calm_wait = (2 + longer) * unit;
  p.lease = (bounds.brief ? 2 : 3 + longer) * unit;
  p.lease_cut = unit;
  p.loud_alarm_delay = unit;
  return p;
}

OccurrenceFacts slot_facts() { return {{unit}, 2 * unit}; }

World first_world(const Bounds& bounds) {
  World w;
  w.now = beginning;
  for (std::size_t k = 0; k < bounds.slots; ++k) {
    SlotState& s = w.slots[k];
    s.opens_at = beginning + (k == 0 ? 1 : 5) * unit;
    s.due = s.opens_at + unit;
    s.deadline = s.due + 2 * unit;
  }
  for (LaneState& lane : w.lanes) lane.category = bounds.category;
  w.gaps = bounds.gaps;
  w.backs = bounds.backs;
  w.changes = bounds.changes;
  return w;
}

bool anything_due(const World& w, const Bounds& bounds) {
  const auto all = instants(w, bounds);
  return w.queued > 0 ||
         std::any_of(all.begin(), all.end(), [&](Instant at) { return at <= w.now; });
}

std::optional<Instant> next_instant(const World& w, const Bounds& bounds) {
  std::optional<Instant> first;
  for (const Instant at : instants(w, bounds))
    if (at > w.now) sooner(first, at);
  if (w.rights_end && *w.rights_end > w.now) sooner(first, w.rights_end);
  return first;
}

std::string packed(const World& w, const Bounds& bounds) {
  Bytes b(w.now);
  b.byte(static_cast<std::size_t>(w.now % unit));
  for (const LaneState& lane : w.lanes) pack(b, lane, bounds);
  for (std::size_t k = 0; k < bounds.slots; ++k) pack(b, w.slots[k]);
  b.byte(w.queued);
  for (std::size_t k = 0; k < w.queued; ++k) pack(b, w.queue[k]);
  unsigned bits = 0;
  for (std::size_t p = 0; p < people; ++p)
    bits = bits * 4 + (w.reachable[p] ? 1U : 0U) + (w.listed[p] ? 2U : 0U);
  b.byte(bits);
  b.instant(w.rights_end && *w.rights_end > w.now ? w.rights_end : std::nullopt);
  b.byte(static_cast<std::size_t>(w.gaps));
  b.byte(static_cast<std::size_t>(w.backs));
  b.byte(static_cast<std::size_t>(w.changes));
  return b.take();
}

}  // namespace livlina::server::policy::search

// What must hold in every state between two transactions.
#include <algorithm>

#include "tests/policy/search_invariants.hpp"

namespace livlina::server::policy::search {

namespace {

Wrong wrong_incident(const World& w, const LaneState& lane, const Bounds& bounds, bool settled) {
  const Incident& i = *lane.incident;
  const bool goes_on = unresolved(i.state);
  const bool taken = i.state == IncidentState::taken;
  const Policy policy = policy_of(lane.category, bounds);
  if (i.next_at.has_value() != goes_on) return "I3: nothing is next";
  if (i.holder.has_value() != taken) return "I3: holder and state disagree";
  if (!goes_on) return nullptr;
  const bool slow = i.calm && policy.category != 1;
  const Duration wait = slow ? std::max(policy.wait, policy.calm_wait) : policy.wait;
  // The policy may have been switched to one of shorter leases while it was held.
  const Duration lease = std::max(policy_of(1, bounds).lease, policy_of(2, bounds).lease);
  if (*i.next_at > w.now + (taken ? lease : wait)) return "I3: the next step is beyond its bound";
  if (taken && i.lease_until > w.now + lease) return "I3: the lease is beyond its bound";
  if (taken && (*i.next_at > i.lease_until || (i.rights_end && *i.next_at > *i.rights_end)))
    return "I3: the end of the lease or of the rights is passed over";
  if (!settled) return nullptr;
  if (taken && !w.may(index_of(*i.holder))) return "rule 9: held by somebody without the right";
  // Rule 7: between two calls it is put off once, and the wait after the first may be a calm one.
  const Duration most = policy.category == 1
                            ? policy.wait
                            : std::max(policy.wait, policy.calm_wait) + policy.calm_wait;
  if (!taken && w.now - lane.quiet_since > most) return "G4: nobody was called for too long";
  return nullptr;
}

// What replaced a page in its row is as urgent: an offer, its end, a raise, the end of a lease.
bool may_wait_while_taken(NoticeCode code) {
  return code == NoticeCode::page_raised || code == NoticeCode::offered ||
         code == NoticeCode::offer_declined || code == NoticeCode::lease_ending;
}

Wrong wrong_rows(const LaneState& lane) {
  for (std::size_t who = 0; who < people; ++who) {
    const Box& box = lane.pending[who];
    if (box.size > 1) return "I7: two rows pending for one person";
    for (std::size_t k = 0; k < box.size; ++k) {
      const Notice& n = box.rows[k];
      if (n.n.state != NotificationState::pending || !n.n.next_at)
        return "I7: a row neither ends nor goes on";
      if (!lane.incident) return "I6: a row of no incident";
      const IncidentState state = lane.incident->state;
      if (n.code == NoticeCode::lease_ended && lane.incident->holder == person(who))
        return "M5: who holds it is told that they hold it no longer";
      if (n.kind != NotificationKind::page) continue;
      if (!unresolved(state)) return "I6: a page is pending after the end";
      if (state == IncidentState::taken && !may_wait_while_taken(n.code))
        return "I6: a page is pending while taken";
    }
  }
  return nullptr;
}

Wrong wrong_slot(const World& w, const SlotState& s, bool settled) {
  if (!s.o) return nullptr;
  const bool open = s.o->state == OccurrenceState::open;
  if ((s.o->state == OccurrenceState::missed) != (s.triggers == 1) || s.triggers > 1)
    return "I1: not one trigger for each miss";
  if (open != s.o->next_at.has_value()) return "I2: an instant is missing, or one too many";
  if (settled && open && s.o->deadline < w.now) return "I2: open past its deadline";
  if (s.reminder && !open) return "G5: a reminder of what has ended";
  if (s.triggers == 1 && s.current && !w.at(Lane::open).incident)
    return "I1: the trigger of no incident";
  return nullptr;
}

}  // namespace

Wrong wrong(const World& w, const Bounds& bounds) {
  const bool settled = !anything_due(w, bounds);
  for (const LaneState& lane : w.lanes) {
    if (lane.incident)
      if (const Wrong what = wrong_incident(w, lane, bounds, settled)) return what;
    if (const Wrong what = wrong_rows(lane)) return what;
  }
  for (std::size_t k = 0; k < bounds.slots; ++k)
    if (const Wrong what = wrong_slot(w, w.slots[k], settled)) return what;
  return nullptr;
}

}  // namespace livlina::server::policy::search

// Which phones could not know whether somebody checked in, by the frames that came to them: those
// must say so in time, and no other may (T35).
#include <algorithm>

#include "tests/sim/oracle.hpp"

namespace livlina::testing::sim {

namespace {

// protocol/spec/e2ee.md, "What members verify": after the deadline and the members' wait.
constexpr Duration member_wait = 2 * minute;  // of a plan that names none
constexpr Duration patience = 15 * minute;
constexpr Duration time_to_connect = 1 * minute;  // of an app that has just begun, or lost its line
constexpr Duration time_to_say = 1 * second;

}  // namespace

Instant Oracle::blind_from(const Phone& member, const Slot& slot) {
  return slot.is.time.deadline + member_wait + patience - member.skew;
}

// Deaf for a while, late enough, and it had heard nothing of the slot.
bool Oracle::fair_not_connected(const Alert& alert, Instant due) const {
  const Hearing& h = ledger_.hearing.at(alert.phone);
  const bool deaf = std::any_of(h.deaf.begin(), h.deaf.end(), [&](const Interval& i) {
    return i.from + time_to_connect <= alert.at && (i.to == 0 || alert.at < i.to);
  });
  if (!deaf) return false;
  const auto& known = ledger_.shown.at(alert.phone).known;
  return std::any_of(slots_.begin(), slots_.end(), [&](const Slot& s) {
    if (s.home->circle != alert.warning.circle_id() || s.is.time.due != due || s.found == nullptr)
      return false;
    const auto heard = known.find({s.home->circle, s.found->schedule, due});
    return alert.at >= blind_from(*alert.phone, s) &&
           (heard == known.end() || heard->second >= alert.at);
  });
}

void Oracle::check_blindness() {
  for (const Phone* member : play_.cast.supporters())
    for (const Slot& s : slots_)
      if (s.found != nullptr) check_blind(*member, s);
}

// Nothing came to it at all while it waited: then there is nothing to find out but that.
void Oracle::check_blind(const Phone& member, const Slot& slot) {
  const Hearing& h = ledger_.hearing.at(&member);
  const auto& known = ledger_.shown.at(&member).known;
  const auto heard = known.find({slot.home->circle, slot.found->schedule, slot.is.time.due});
  for (const Interval& deaf : h.deaf) {
    const Instant due = std::max(blind_from(member, slot), deaf.from + time_to_connect);
    const Instant end = deaf.to == 0 ? now_ : deaf.to;
    if (due + time_to_say >= end || h.any_frame(deaf.from, due)) continue;
    if (heard != known.end() && heard->second <= deaf.from) continue;
    if (!said_blind(member, slot, due + time_to_say))
      wrong("T35 " + member.name() + " does not say that it cannot know of " +
            slot.home->phone->name() + "'s slot of " + when(slot.is.time.due));
    return;
  }
}

// One warning speaks for all slots that had become due by then, and names the newest.
bool Oracle::said_blind(const Phone& member, const Slot& slot, Instant until) const {
  return std::any_of(ledger_.alerts.begin(), ledger_.alerts.end(), [&](const Alert& a) {
    if (a.phone != &member || a.warning.code() != "not_connected" ||
        a.warning.circle_id() != slot.home->circle)
      return false;
    ByteReader r(view(a.warning.subject()));
    (void)r.view(16);
    return r.i64() >= slot.is.time.due && a.at >= blind_from(member, slot) && a.at <= until;
  });
}

}  // namespace livlina::testing::sim

// Slots, triggers and incidents.
#include <algorithm>

#include "tests/sim/oracle.hpp"

namespace livlina::testing::sim {

namespace {

enum Kind { miss = 1, talk, not_ok, loud_alarm, silent_alarm, duress, drill };
enum Lane { open_lane = 1, silent_lane = 2, drill_lane = 3 };
enum State { notifying = 1, taken = 2, resolved = 3, cancelled = 4 };
enum Type { checkin = 1, alarm = 2, cancel = 3 };

constexpr Duration detection = 2 * second;   // G1
constexpr Duration first_step = 5 * second;  // of a loud alarm
constexpr Duration longest_wait = 60 * minute;
constexpr std::uint8_t act_seen = 1;
constexpr std::uint8_t act_resolve = 9;
constexpr std::uint32_t already = 2;  // outcome

int severity_of(int kind) {
  if (kind == talk || kind == drill) return 1;
  if (kind == miss) return 2;
  return kind == not_ok ? 3 : 4;
}

int lane_of(int kind) {
  if (kind == silent_alarm || kind == duress) return silent_lane;
  return kind == drill ? drill_lane : open_lane;
}

// What an accepted record must trigger (rule 3); 0: nothing.
int trigger_of(const Press& p) {
  if (p.decoy) return duress;
  if (p.type == checkin) return p.answer == 2 ? talk : p.answer == 3 ? not_ok : 0;
  if (p.type != alarm) return 0;
  return p.answer == 1 ? silent_alarm : p.answer == 2 ? loud_alarm : drill;
}

}  // namespace

Oracle::Oracle(Play& play)
    : play_(play),
      ledger_(play.ledger),
      now_(play.cast.world.now()),
      tables_(play.cast.world.db()) {}

std::vector<std::string> Oracle::differences() {
  expect_slots();
  check_slots();
  check_next_openings();
  check_presses();
  check_triggers();
  check_incidents();
  check_acts();
  check_letters();
  check_members();
  check_incident_views();
  check_notices();
  check_alerts();
  check_blindness();
  InvariantOptions options;
  options.settled = true;
  options.received = ledger_.received;
  for (std::string& b : broken_invariants(play_.cast.world.db(), now_, options))
    wrong(std::move(b));
  return std::move(out_);
}

std::vector<std::string> Oracle::expectations() const {
  std::vector<std::string> out;
  for (const Slot& s : slots_)
    out.push_back("slot of " + s.home->phone->name() + " due " + when(s.is.time.due) + " from " +
                  when(s.is.time.opens_at) + " to " + when(s.is.deadline) + ": " +
                  std::to_string(static_cast<int>(s.is.fate)) + (s.is.outage ? " outage" : ""));
  for (const Press& p : ledger_.presses)
    out.push_back("record of " + p.phone->name() + " type " + std::to_string(p.type) + " answer " +
                  std::to_string(p.answer) + " claimed " + when(p.claimed_at) + " for " +
                  (p.slot == 0 ? "nothing" : when(p.slot)) + ", received " +
                  (p.accepted ? when(p.received_at) : "never"));
  return out;
}

Instant Oracle::able(Instant at) const {
  for (const auto* times : {&play_.outages, &play_.full_disk})
    for (const Interval& i : *times)
      if (at >= i.from && at < i.to) at = i.to + second;  // a second: between two tries to write
  return at;
}

const Home* Oracle::home(const std::string& circle) const {
  for (const auto& h : play_.cast.homes)
    if (h->circle == circle) return h.get();
  return nullptr;
}

// ---- slots ----

std::vector<Answer> Oracle::answers(const Home& of) const {
  std::vector<Answer> out;
  for (const Press& p : ledger_.presses) {
    if (!p.accepted || p.type != checkin || p.circle != of.circle) continue;
    const auto behind =
        std::upper_bound(out.begin(), out.end(), p.received_at,
                         [](Instant t, const Answer& a) { return t < a.received_at; });
    out.insert(behind, {p.received_at, p.answer, p.claimed_at, p.slot, p.decoy});
  }
  return out;
}

void Oracle::expect_slots() {
  for (const auto& h : play_.cast.homes)
    for (std::size_t table = 0; table < h->plan.size(); ++table)
      for (const Expected& e :
           expected_slots(h->plan[table], h->armed_at, now_, play_.outages, answers(*h)))
        slots_.push_back({h.get(), static_cast<int>(table), e, nullptr});
}

void Oracle::check_slots() {
  if (slots_.size() != tables_.occurrences.size())
    wrong("I2 " + std::to_string(tables_.occurrences.size()) + " occurrences instead of " +
          std::to_string(slots_.size()));
  for (Slot& s : slots_) {
    for (const OccurrenceFound& o : tables_.occurrences)
      if (o.circle == s.home->circle && o.table == s.table && o.due == s.is.time.due) s.found = &o;
    check_slot(s);
  }
}

void Oracle::check_slot(const Slot& slot) {
  const std::string name = slot.home->phone->name() + "'s slot of " + when(slot.is.time.due);
  if (slot.found == nullptr) return wrong("I2 not there: " + name);
  const OccurrenceFound& o = *slot.found;
  const Expected& e = slot.is;
  const auto differs = [&](const char* what, std::int64_t is, std::int64_t should) {
    if (is != should)
      wrong("G1 " + name + ": " + what + " is " + std::to_string(is) + ", not " +
            std::to_string(should));
  };
  differs("opens_at", o.opens_at, e.time.opens_at);
  differs("state", o.state, static_cast<int>(e.fate));
  differs("answer", o.answer, e.answer);
  differs("answered_at", o.answered_at, e.answered_at);
  differs("outage", o.outage ? 1 : 0, e.outage ? 1 : 0);
  if (e.fate != Fate::excused) differs("deadline", o.deadline, e.deadline);
}

// Every schedule is armed for its next slot.
void Oracle::check_next_openings() {
  for (const auto& h : play_.cast.homes)
    for (std::size_t table = 0; table < h->plan.size(); ++table) {
      const std::vector<DueTime> next = due_times(h->plan[table], now_, now_ + 8 * day);
      const bool armed =
          std::any_of(tables_.running.begin(), tables_.running.end(), [&](const ScheduleFound& s) {
            return s.circle == h->circle && s.table == static_cast<int>(table) &&
                   s.next_at == next.front().opens_at;
          });
      if (!armed) wrong("I2 not armed for " + when(next.front().opens_at));
    }
}

// ---- presses ----

void Oracle::check_presses() {
  std::map<const Phone*, int> signed_records;
  for (const Press& p : ledger_.presses) {
    ++signed_records[p.phone];
    check_press(p);
  }
  for (const auto& [phone, given] : ledger_.presses_given)
    if (signed_records[phone] != given && !phone->name().ends_with("(decoy)"))
      wrong("G2 " + phone->name() + " pressed " + std::to_string(given) + " times, and sent " +
            std::to_string(signed_records[phone]) + " records");
}

void Oracle::check_press(const Press& press) {
  const std::string name = press.phone->name() + "'s record " + std::to_string(press.seq);
  if (!press.accepted) {
    if (!press.decoy) wrong("G2 never answered: " + name);
    return;
  }
  if (std::count(tables_.records.begin(), tables_.records.end(), press.hash) != 1)
    wrong("I9 received, and not there once: " + name);
  if (press.type != checkin) return;
  // H05: whether it met a slot that was open is what the reply says. One that was missed counts
  // until its incident has ended, which is not looked at here.
  const Answer a{press.received_at, press.answer, press.claimed_at, press.slot, press.decoy};
  bool met = false;
  bool perhaps = false;
  for (const Slot& s : slots_) {
    if (s.home->circle != press.circle || !speaks_of(a, s.is.time)) continue;
    const bool opened = s.is.time.opens_at <= a.received_at;
    met = met || (opened && a.received_at <= s.is.deadline && s.is.fate != Fate::excused);
    perhaps = perhaps || (opened && s.is.fate != Fate::answered);
  }
  if (met && press.status != 1) wrong("H05 met an open slot, and was told otherwise: " + name);
  if (!met && !perhaps && press.status != 2)
    wrong("H05 met no open slot, and was told otherwise: " + name);
}

// ---- triggers ----

void Oracle::check_triggers() {
  std::size_t expected = 0;
  for (const Slot& s : slots_)
    if (s.is.fate == Fate::missed) {
      ++expected;
      check_miss(s);
    }
  for (const Press& p : ledger_.presses) {
    const int kind = trigger_of(p);
    const auto of_press = [&](const TriggerFound& t) { return t.record == p.hash; };
    const auto n = std::count_if(tables_.triggers.begin(), tables_.triggers.end(), of_press);
    const auto t = std::find_if(tables_.triggers.begin(), tables_.triggers.end(), of_press);
    const std::string name = p.phone->name() + "'s record " + std::to_string(p.seq);
    // What a decoy signed may have been stored without a receipt, or is hidden.
    const std::ptrdiff_t least = kind != 0 && p.accepted ? 1 : 0;
    const std::ptrdiff_t most = kind != 0 && (p.accepted || p.decoy) ? 1 : 0;
    if (n < least || n > most) wrong("I1 " + std::to_string(n) + " triggers of " + name);
    if (n == 0) continue;
    ++expected;
    const IncidentFound* i = tables_.incident(t->incident);
    if (t->kind != kind || i == nullptr || i->lane != lane_of(kind) || i->circle != p.circle)
      wrong("I10 the wrong trigger, lane or circle of " + name);
  }
  std::size_t logins = 0;
  for (const TriggerFound& t : tables_.triggers) logins += t.login ? 1 : 0;
  if (tables_.triggers.size() != expected + logins)
    wrong("I1 " + std::to_string(tables_.triggers.size()) + " triggers instead of " +
          std::to_string(expected + logins));
}

// G1: exactly one trigger in one incident of the open lane, in time; and somebody was told.
void Oracle::check_miss(const Slot& slot) {
  if (slot.found == nullptr) return;
  const std::string name = "the miss of " + when(slot.is.time.due);
  const TriggerFound* found = nullptr;
  for (const TriggerFound& t : tables_.triggers)
    if (t.occurrence == slot.found->id) {
      if (found != nullptr) wrong("I1 two triggers of " + name);
      found = &t;
    }
  const IncidentFound* i = found == nullptr ? nullptr : tables_.incident(found->incident);
  if (i == nullptr || found->kind != miss || i->lane != open_lane || i->circle != slot.home->circle)
    return wrong("G1 no trigger of " + name);
  if (found->at < slot.is.missed_at || found->at > able(slot.is.missed_at) + detection)
    wrong("G1 " + name + " was noticed at " + when(found->at));
  const Instant latest = able(found->at + longest_wait) + detection;
  const bool told =
      std::any_of(tables_.notices.begin(), tables_.notices.end(),
                  [&](const NoticeFound& n) { return n.incident == i->id && n.at >= found->at; });
  const bool ended = i->ended_at && *i->ended_at <= latest;
  if (!told && !ended && latest < now_) wrong("G4 nobody was told of " + name);
}

// ---- incidents ----

void Oracle::check_incidents() {
  for (const IncidentFound& i : tables_.incidents) {
    int worst = 0;
    for (const TriggerFound& t : tables_.triggers)
      if (t.incident == i.id) worst = std::max(worst, severity_of(t.kind));
    const std::string name = "the incident of " + when(i.opened_at);
    if (worst == 0) wrong("I1 no trigger in " + name);
    if (i.severity != worst) wrong("rule 4: the wrong severity of " + name);
    check_end(i);
    check_told(i);
  }
}

// G3: only a named human ends it, or the participant's own cancel.
void Oracle::check_end(const IncidentFound& incident) {
  const std::string name = "the incident of " + when(incident.opened_at);
  const bool human = std::any_of(ledger_.deeds.begin(), ledger_.deeds.end(), [&](const Deed& d) {
    return d.incident == incident.id && d.act == act_resolve;
  });
  const bool by_participant =
      std::any_of(ledger_.presses.begin(), ledger_.presses.end(), [&](const Press& p) {
        return p.type == cancel && !p.decoy && p.circle == incident.circle && p.accepted &&
               p.received_at >= incident.opened_at && p.received_at == incident.ended_at;
      });
  if (incident.state == resolved && !human) wrong("G3 nobody signed the end of " + name);
  if (incident.state == cancelled && !by_participant) wrong("G3 nobody cancelled " + name);
  if ((incident.state == resolved || incident.state == cancelled) != incident.ended_at.has_value())
    wrong("G3 end without state, or state without end: " + name);
}

// G4: the first page goes at once, unless somebody was there before.
void Oracle::check_told(const IncidentFound& incident) {
  const Instant latest = able(incident.opened_at) + first_step + detection;
  if (incident.state == cancelled || latest >= now_) return;
  const bool paged =
      std::any_of(tables_.notices.begin(), tables_.notices.end(), [&](const NoticeFound& n) {
        return n.incident == incident.id && n.kind == 1 && n.at <= able(latest);
      });
  const bool acted = std::any_of(ledger_.deeds.begin(), ledger_.deeds.end(), [&](const Deed& d) {
    return d.incident == incident.id && d.outcome == 1 && d.answered_at <= able(latest);
  });
  if (!paged && !acted)
    wrong("G4 nobody was paged for the incident of " + when(incident.opened_at));
}

void Oracle::check_acts() {
  const auto kept = [&](const Deed& d) {
    return std::count(tables_.acts.begin(), tables_.acts.end(), d.hash) == 1;
  };
  for (const Deed& d : ledger_.deeds) {
    if (d.outcome == 0) continue;
    // Who has seen it has seen it: a second word of it is answered "already so" and not kept.
    const bool again = d.act == act_seen && d.outcome == already &&
                       std::any_of(ledger_.deeds.begin(), ledger_.deeds.end(), [&](const Deed& o) {
                         return o.by == d.by && o.act == d.act && o.incident == d.incident &&
                                o.hash != d.hash && kept(o);
                       });
    if (!again && !kept(d))
      wrong("I9 an act that was answered is not there once, by " + d.by->name());
    const IncidentFound* i = tables_.incident(d.incident);
    if (d.act == act_resolve && d.outcome == 1 && (i == nullptr || i->state != resolved))
      wrong("G3 resolved by " + d.by->name() + ", and still open");
  }
}

}  // namespace livlina::testing::sim

// What arrived on screens, and what the members' own phones show of the watch.
#include <algorithm>

#include "tests/sim/oracle.hpp"

namespace livlina::testing::sim {

namespace {

// CheckinView.state
enum View : std::uint32_t {
  verified_ok = 2,
  verified_talk = 3,
  verified_not_ok = 4,
  server_says_ok = 5,
  server_reports_miss = 6,
  nothing_came = 7,
  excused = 9,
  verified_late = 10
};
constexpr std::uint32_t received = 2;  // of a notice
constexpr std::uint32_t stored = 2;    // of a message
constexpr std::uint32_t silent_lane = 2;
constexpr Duration time_to_show = 10 * minute;
constexpr Duration in_status = 2 * day;

bool is_one_of(std::uint32_t state, std::initializer_list<View> of) {
  return std::any_of(of.begin(), of.end(), [&](View v) { return v == state; });
}

}  // namespace

// ---- messages ----

// M1, M2: what was given arrives, once, in its sender's order, without a gap.
void Oracle::check_letters() {
  for (Phone* p : play_.cast.everybody()) {
    const auto& homes = play_.cast.homes;
    const bool decoy =
        std::any_of(homes.begin(), homes.end(), [&](const auto& h) { return h->decoy == p; });
    if (!decoy) check_screen(*p);
  }
}

void Oracle::check_screen(Phone& phone) {
  v1::Command list;
  (void)list.mutable_list_messages();
  std::map<std::string, const Phone*> sender;
  for (const Letter& l : ledger_.letters) sender[l.text] = l.from;
  std::map<const Phone*, std::vector<std::string>> found;
  for (const v1::Event& e : phone.run(list)) {
    if (!e.has_messages()) continue;
    for (const v1::MessageView& m : e.messages().messages()) {
      if (m.from().empty()) continue;
      found[sender[m.text()]].push_back(m.text());
      if (m.gap_before()) wrong("M2 " + phone.name() + " sees a gap before " + m.text());
    }
  }
  std::map<const Phone*, std::vector<std::string>> sent;  // of them, in order
  for (const Letter& l : ledger_.letters) {
    if (!l.given || l.to.count(&phone) == 0) continue;
    const auto& got = found[l.from];
    const auto n = std::count(got.begin(), got.end(), l.text);
    // What a decoy has not told as stored waits for the next duress.
    const bool may_wait = l.decoy && l.state < stored;
    if (n > 1 || (n == 0 && !may_wait))
      wrong("M1 " + std::to_string(n) + " times at " + phone.name() + ": " + l.text);
    if (n > 0) sent[l.from].push_back(l.text);
  }
  for (const auto& [from, texts] : found)
    if (texts != sent[from])
      wrong("M2 not what was written, or in another order, at " + phone.name() + ", from " +
            (from == nullptr ? "nobody" : from->name()));
}

// ---- what the members' phones show ----

void Oracle::check_members() {
  for (const Slot& s : slots_) {
    if (s.is.deadline + time_to_show > now_ || s.is.time.due < now_ - in_status) continue;
    check_view(s, play_.cast.mentor, true);
    check_view(s, play_.cast.coordinator, true);
    check_view(s, play_.cast.contact, s.home->contact_hears_alarms);
  }
}

void Oracle::check_view(const Slot& slot, const Phone& member, bool hears_alarms) {
  if (slot.found == nullptr) return;
  const std::string name = member.name() + " sees of " + slot.home->phone->name() + "'s slot of " +
                           when(slot.is.time.due);
  const auto& shown = ledger_.shown.at(&member).slots;
  const auto it = shown.find({slot.home->circle, slot.found->schedule, slot.is.time.due});
  if (it == shown.end()) return wrong("T35 nothing: " + name);
  const v1::CheckinView& view = it->second;
  const Expected& e = slot.is;
  bool right = false;
  if (e.fate == Fate::excused)
    right = is_one_of(view.state(), {excused, nothing_came, verified_late});
  else if (e.fate == Fate::missed)
    right = is_one_of(view.state(), {server_reports_miss, nothing_came, verified_late});
  else if (!hears_alarms)
    right = is_one_of(view.state(), {server_says_ok});
  else if (e.answered_by_plan)
    right = is_one_of(view.state(), {verified_ok, verified_talk, verified_not_ok});
  else
    right = is_one_of(view.state(), {verified_late, nothing_came});
  if (!right) wrong("T35 state " + std::to_string(view.state()) + ": " + name);
  const bool duress = view.under_duress() || view.duress_came();
  if (duress && !hears_alarms) wrong("T30 duress: " + name);
  if (hears_alarms && e.by_decoy && e.answered_by_plan && !duress) wrong("T30 no duress: " + name);
}

// Everybody who may see an incident sees it as it is, and believes it by signatures.
void Oracle::check_incident_views() {
  for (const IncidentFound& i : tables_.incidents) {
    const Home* of = home(i.circle);
    if (of == nullptr) continue;
    std::vector<const Phone*> members{&play_.cast.mentor, &play_.cast.coordinator};
    if (of->contact_hears_alarms) members.push_back(&play_.cast.contact);
    for (const Phone* p : members) {
      const std::string name = p->name() + " sees of the incident of " + when(i.opened_at);
      const auto& shown = ledger_.shown.at(p).incidents;
      const auto it = shown.find(i.id);
      if (it == shown.end()) {
        wrong("nothing: " + name);
        continue;
      }
      const v1::Incident& view = it->second.incident();
      const auto triggers =
          std::count_if(tables_.triggers.begin(), tables_.triggers.end(),
                        [&](const TriggerFound& t) { return t.incident == i.id; });
      if (static_cast<int>(view.state()) != i.state ||
          static_cast<int>(view.severity()) != i.severity || view.triggers_size() != triggers)
        wrong("another state, severity or number of triggers: " + name);
      if (!it->second.taken_verified()) wrong("T36 not proved: " + name);
    }
    // I5, rule 2.
    const auto& own = ledger_.shown.find(of->phone);
    if (static_cast<std::uint32_t>(i.lane) == silent_lane && own != ledger_.shown.end() &&
        own->second.incidents.count(i.id) != 0)
      wrong("I5 the participant's phone knows a silent incident");
  }
}

// G5: what counts as received was shown by a phone of that person.
void Oracle::check_notices() {
  for (const NoticeFound& n : tables_.notices) {
    if (static_cast<std::uint32_t>(n.state) != received || n.person.empty()) continue;
    bool seen = false;
    for (const auto& [phone, shown] : ledger_.shown) seen = seen || shown.notices.count(n.id) != 0;
    if (!seen) wrong("G5 a notice counts as received, and no phone has shown it");
  }
}

// ---- warnings ----

void Oracle::check_alerts() {
  for (const Alert& a : ledger_.alerts)
    if (!fair(a))
      wrong("a warning without reason at " + when(a.at) + ", by " + a.phone->name() + ": " +
            a.warning.code() + " " + a.warning.detail());
}

// An honest server is never accused (T35), and nobody speaks of a fault that is not there.
bool Oracle::fair(const Alert& alert) const {
  const std::string& code = alert.warning.code();
  if (code != "nothing_came" && code != "deadline_moved" && code != "not_connected") return false;
  ByteReader r(view(alert.warning.subject()));
  (void)r.view(16);  // the schedule
  const Instant due = r.i64();
  if (code == "not_connected") return fair_not_connected(alert, due);
  return std::any_of(slots_.begin(), slots_.end(), [&](const Slot& s) {
    if (s.home->circle != alert.warning.circle_id() || s.is.time.due != due) return false;
    return code == "nothing_came" ? !s.is.answered_by_plan : s.is.outage;
  });
}

}  // namespace livlina::testing::sim

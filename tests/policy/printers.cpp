#include "tests/policy/printers.hpp"

#include <array>
#include <string>
#include <string_view>

namespace livlina::server::policy {

namespace {

// By the numbers of the enums.
constexpr std::array<std::string_view, 27> happened_names{
    "?",           "opened",       "trigger_added", "late_ok",   "mistake",  "cancel_late",
    "step_fired",  "step_empty",   "nobody",        "seen",      "taken",    "taken_over",
    "assigned",    "renewed",      "offered",       "accepted",  "declined", "lease_reminded",
    "lease_ended", "rights_ended", "resolved",      "cancelled", "reopened", "policy_switched",
    "shadow_seen", "rerun",        "miss_undone"};
constexpr std::array<std::string_view, 6> kind_names{"?",        "page",    "update",
                                                     "reminder", "warning", "digest"};
constexpr std::array<std::string_view, 15> code_names{
    "?",          "page_open",  "page_silent", "page_drill",     "page_raised",   "taken",
    "taken_over", "assigned",   "offered",     "offer_declined", "trigger_added", "lease_ending",
    "resolved",   "step_empty", "nobody"};
constexpr std::array<std::string_view, 6> outcome_names{"?",    "done",        "already",
                                                        "held", "wrong_state", "forbidden"};
constexpr std::array<std::string_view, 5> state_names{"?", "notifying", "taken", "resolved",
                                                      "cancelled"};

template <std::size_t N, class Enum>
std::string name(const std::array<std::string_view, N>& names, Enum value) {
  const auto k = static_cast<std::size_t>(value);
  return k < N ? std::string(names[k]) : std::to_string(k);
}

std::string instant(const std::optional<Instant>& at) { return at ? std::to_string(*at) : "-"; }

// A test's people are told apart by their first byte.
std::string person(const Person& p) { return "p" + std::to_string(p[0]); }
std::string person(const std::optional<Person>& p) { return p ? person(*p) : "-"; }

std::string audience(const Effect& e) {
  std::string out = "{";
  for (const Person& p : e.people) out += (out.size() == 1 ? "" : ",") + person(p);
  return out + "}";
}

}  // namespace

void PrintTo(Outcome outcome, std::ostream* out) { *out << name(outcome_names, outcome); }

void PrintTo(const Effect& e, std::ostream* out) {
  const std::string word = name(kind_names, e.kind) + " " + name(code_names, e.code);
  switch (e.what) {
    case Effect::What::happened:
      *out << "\n  happened " << name(happened_names, e.event);
      break;
    case Effect::What::notify:
      *out << "\n  " << word << " to " << audience(e);
      break;
    case Effect::What::notify_paged:
      *out << "\n  " << word << " to all paged but " << audience(e);
      break;
    case Effect::What::notify_desk:
      *out << "\n  " << word << " to the desk " << audience(e);
      break;
    case Effect::What::obsolete:
      *out << "\n  pages obsolete, given to " << audience(e);
      break;
    case Effect::What::operator_notice:
      *out << "\n  " << word << " to the operator, of " << name(happened_names, e.event);
      break;
  }
  *out << " (step " << e.step << ", round " << e.round << ")";
}

void PrintTo(const Incident& i, std::ostream* out) {
  *out << name(state_names, i.state) << " lane " << static_cast<int>(i.lane) << " severity "
       << i.severity << (i.calm ? " calm" : "") << " step " << i.step << " round " << i.round
       << " holder " << person(i.holder) << " rights_end " << instant(i.rights_end)
       << " lease_until " << i.lease_until << (i.lease_reminded ? " reminded" : "")
       << " offered_to " << person(i.offered_to) << (i.fired ? " fired" : "")
       << (i.postponed ? " postponed" : "") << " reruns " << i.reruns
       << (i.sole_loud_alarm ? " sole_loud_alarm" : "") << " next_at " << instant(i.next_at);
}

void PrintTo(const Occurrence& o, std::ostream* out) {
  *out << "state " << static_cast<int>(o.state) << " opens_at " << o.opens_at << " due " << o.due
       << " deadline " << o.deadline << " excuse " << static_cast<int>(o.excuse) << " answer "
       << static_cast<int>(o.answer) << (o.outage ? " outage" : "") << " reminded " << o.reminded
       << " next_at " << instant(o.next_at);
}

}  // namespace livlina::server::policy

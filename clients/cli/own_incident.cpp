#include "clients/cli/own_incident.hpp"

#include <algorithm>
#include <vector>

#include "clients/cli/socket.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"
#include "clients/cli/zone_time.hpp"
#include "clients/core/incident_numbers.hpp"
#include "crypto/core/time.hpp"

namespace livlina::cli {

namespace {

constexpr std::size_t date_length = 11;  // "2026-11-22 "

std::string today_or_date(std::int64_t at, const std::string& zone) {
  std::string out = clock_in_zone(at - at % minute, zone);
  const std::string now = clock_in_zone(wall_now(), zone);
  if (out.compare(0, date_length, now, 0, date_length) == 0) out.erase(0, date_length);
  return out;
}

// The gravest of what opened it.
const v1::Trigger* main_trigger(const v1::Incident& incident) {
  const v1::Trigger* out = nullptr;
  for (const v1::Trigger& t : incident.triggers())
    if (out == nullptr || (t.kind() == client::trigger_loud && out->kind() != client::trigger_loud))
      out = &t;
  return out;
}

bool opened_again(const v1::Incident& incident) {
  return std::any_of(incident.events().begin(), incident.events().end(),
                     [](const v1::IncidentEvent& e) { return e.kind() == client::event_reopened; });
}

std::string what_of(const v1::Incident& incident, const std::string& zone) {
  const v1::Trigger* t = main_trigger(incident);
  const std::string at = today_or_date(t == nullptr ? incident.opened_at() : t->at(), zone);
  if (t == nullptr && opened_again(incident)) return "what was opened again at " + at;
  switch (t == nullptr ? 0 : t->kind()) {
    case client::trigger_miss:
      return "your check-in of " + today_or_date(t->due(), zone) + ", which did not come";
    case client::trigger_talk:
      return "your wish to talk of " + at;
    case client::trigger_not_ok:
      return "your \"not ok\" of " + at;
    case client::trigger_drill:
      return "your practice alarm of " + at;
    default:  // also of the silent kinds, which no participant's device may be told
      return "your alarm of " + at;
  }
}

std::string reason_text(std::uint32_t reason) {
  if (reason == 0) return {};
  std::string out(reason_word(reason));
  std::replace(out.begin(), out.end(), '_', ' ');
  return " (" + out + ")";
}

// Those whose look bears a signature that this client checked.
std::string seen_text(const v1::IncidentView& view) {
  std::vector<std::string> names;
  for (int n = 0; n < view.incident().events_size() && n < view.event_people_size(); ++n) {
    const std::string name = printable(view.event_people(n).who());
    if (view.incident().events(n).kind() == client::event_seen && !name.empty() &&
        std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  }
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? out : ". Seen by " + out;
}

std::string state_text(const v1::IncidentView& view) {
  const auto named = [](const std::string& name) {
    return name.empty() ? "one of your supporters" : printable(name);
  };
  const std::string said = red("the server says that ");
  const std::string unproved = red(": NOT verified");
  const std::string help = ". Call your supporters, or 112 in danger";
  switch (view.incident().state()) {
    case client::state_notifying:
      return red("nobody has it yet") + ". We keep calling" + seen_text(view);
    case client::state_taken:
      if (view.taken_verified()) return green(named(view.holder_name()) + " has it");
      return said + named(view.holder_name()) + " has it" + unproved +
             ". Call them, or 112 in danger";
    case client::state_resolved:
      if (view.end_signed_by_former())
        return "somebody who has left since ended it" + red(": not verified any more") + help;
      if (!view.taken_verified()) return said + "it is over" + unproved + help;
      return named(view.resolver_name()) + " ended it" + reason_text(view.incident().reason());
    case client::state_cancelled:
      if (view.taken_verified()) return "you took it back";
      return said + "you took it back" + unproved + help;
    default:
      return "in a state that this program does not know";
  }
}

}  // namespace

std::string own_line(const v1::IncidentView& view, const std::string& zone) {
  std::string out = what_of(view.incident(), zone) + ": " + state_text(view);
  for (const std::string& note : view.notes()) out += "\n    note:" + quoted(note);
  return out;
}

}  // namespace livlina::cli

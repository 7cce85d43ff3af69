#include "clients/cli/incident_words.hpp"

#include <algorithm>

#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"
#include "clients/core/incident_numbers.hpp"
#include "crypto/core/bytes.hpp"
#include "crypto/core/time.hpp"

namespace livlina::cli {

namespace {

// Who signs and who stores may be so far apart without a word.
constexpr std::int64_t clocks_apart = 15 * minute;

std::string or_somebody(const std::string& name, const char* nobody_named) {
  return name.empty() ? nobody_named : printable(name);
}

// Whose signature this client checked is named; else it is the server that says so.
std::string by(const v1::EventPeople& people) {
  return or_somebody(people.who(), "the server says that somebody");
}

std::string said_by(const v1::EventPeople& people) {
  if (people.who().empty()) return "the server says that the participant says";
  return printable(people.who()) + " says" +
         (people.duress_unknown() ? " (whether under duress cannot be told)" : "");
}

// What is signed is not what the server calls it, or was signed at another time than it says.
std::string proof_of(const v1::IncidentEvent& event, const v1::EventPeople& people) {
  if (people.under_duress()) return {};  // its own sentence says so
  if (people.contradicts()) return " (NOT TRUE: the signed word behind this says something else)";
  const std::int64_t apart = event.at() - people.signed_at();
  if (people.signed_at() == 0 || (apart <= clocks_apart && apart >= -clocks_apart)) return {};
  return " (signed " + clock_text(people.signed_at()) + ")";
}

std::string under_duress(const v1::EventPeople& people) {
  return printable(people.who()) +
         " said this UNDER DURESS, and the server shows it as something else: do not call, write "
         "or visit; call the desk";
}

std::string sentence_of(std::uint32_t kind, const v1::EventPeople& people) {
  if (people.under_duress() && people.contradicts()) return under_duress(people);
  switch (kind) {
    case client::event_late_ok:
      return said_by(people) + ": ok, after the deadline. That closes nothing";
    case client::event_mistake:
      return said_by(people) + ": pressed by mistake. That closes nothing";
    case client::event_cancel_late:
      return said_by(people) + ": cancelled, too late. That closes nothing";
    case client::event_nobody:
      return "nobody could be paged: the desk and the operator were told";
    case client::event_taken_over:
      return by(people) + " took it over";
    case client::event_assigned:
      return by(people) + " gave it to " + or_somebody(people.whom(), "somebody");
    case client::event_offered:
      return by(people) + " offers it to " + or_somebody(people.whom(), "somebody");
    case client::event_accepted:
      return by(people) + " accepted it";
    case client::event_declined:
      return by(people) + " declined it";
    case client::event_lease_ended:
      return "the holder did not renew in time: people are paged again";
    case client::event_rights_ended:
      return "the holder's rights ended: people are paged again";
    case client::event_reopened:
      return by(people) + " opened it again";
    case client::event_miss_undone:
      return "a missed check-in was the server's own wrong clock: it is asked again";
    default:
      return {};
  }
}

}  // namespace

bool is_open(const v1::IncidentView& view) {
  const std::uint32_t state = view.incident().state();
  return state == client::state_notifying || state == client::state_taken || view.end_unproved();
}

bool is_over(const v1::IncidentView& view) {
  const std::uint32_t state = view.incident().state();
  return (state == client::state_resolved || state == client::state_cancelled) &&
         !view.end_unproved();
}

std::string short_id(const v1::IncidentView& view) {
  return hex(livlina::view(view.incident().incident_id())).substr(0, 8);
}

std::string standing_of(const v1::IncidentView& view) {
  const v1::Incident& i = view.incident();
  if (view.end_signed_by_former())
    return "over, signed by somebody who has left since: ask the desk whether it is";
  if (view.end_unproved()) return "over by the server's word alone, which is NOT verified";
  switch (i.state()) {
    case client::state_notifying:
      return "nobody has it yet";
    case client::state_taken:
      return "taken by " + name_or_unknown(view.holder_name()) + " until " +
             clock_text(i.lease_until());
    case client::state_resolved:
      return "resolved by " + name_or_unknown(view.resolver_name()) +
             (view.acted_at() == 0 ? "" : " at " + clock_text(view.acted_at())) + " (" +
             std::string(reason_word(i.reason())) + ")";
    case client::state_cancelled:
      return "cancelled by the participant";
    default:
      return "in a state that this program does not know";
  }
}

std::string history_of(const v1::IncidentView& view) {
  std::string out;
  std::vector<std::string> lookers;
  static const v1::EventPeople nobody_named;
  for (int n = 0; n < view.incident().events_size(); ++n) {
    const v1::IncidentEvent& e = view.incident().events(n);
    const v1::EventPeople& people =
        n < view.event_people_size() ? view.event_people(n) : nobody_named;
    if (e.kind() == client::event_seen && !people.contradicts()) {
      const std::string who = or_somebody(people.who(), "somebody (the server's word)");
      if (std::find(lookers.begin(), lookers.end(), who) == lookers.end()) lookers.push_back(who);
      continue;
    }
    const std::string sentence = sentence_of(e.kind(), people);
    if (!sentence.empty() || people.contradicts())
      out += "\n    " + clock_text(e.at()) + "  " +
             (sentence.empty() ? std::string(incident_event_word(e.kind())) : sentence) +
             proof_of(e, people);
  }
  if (lookers.empty()) return out;
  std::string names;
  for (const std::string& name : lookers) names += (names.empty() ? "" : ", ") + name;
  return out + "\n    seen by " + names;
}

std::string list_of(const std::vector<v1::IncidentView>& views) {
  std::string out;
  for (const v1::IncidentView& view : views)
    out += (out.empty() ? "" : ", ") + short_id(view) + " (" +
           name_or_unknown(view.participant_name()) +
           (view.incident().lane() == client::lane_silent  ? ", SILENT"
            : view.incident().lane() == client::lane_drill ? ", practice alarm"
                                                           : "") +
           ", severity " + std::to_string(view.incident().severity()) + ", " + standing_of(view) +
           ")";
  return out;
}

}  // namespace livlina::cli

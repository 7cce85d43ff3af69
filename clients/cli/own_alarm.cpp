#include "clients/cli/own_alarm.hpp"

#include <algorithm>

#include "clients/cli/next_steps.hpp"
#include "clients/cli/own_circle.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/core/alarm_memory.hpp"
#include "clients/core/incident_numbers.hpp"
#include "clients/core/note.hpp"

namespace livlina::cli {

namespace {

using client::AlarmWord;

constexpr Duration judged_within = second;  // the server's rounds come several times a second

// The incidents of this person's own circle; empty when the server does not say.
std::vector<v1::IncidentView> own_incidents(Client& client) {
  std::vector<v1::IncidentView> out;
  const std::string circle = own_circle_id(client.status());
  for (auto& view : all_incidents(client))
    if (view.incident().circle_id() == circle && view.incident().lane() != client::lane_silent)
      out.push_back(std::move(view));
  return out;
}

std::optional<TakenBack> seen_in(const v1::IncidentView& view, Instant said_at) {
  std::optional<TakenBack> out;
  for (const auto& e : view.incident().events()) {
    if (e.at() < said_at) continue;
    if (e.kind() == client::event_cancelled) return TakenBack{TakenBack::Result::taken_back, {}};
    if (e.kind() == client::event_cancel_late)
      out = TakenBack{TakenBack::Result::too_late, view.holder_name()};
    if (e.kind() == client::event_mistake)
      out = TakenBack{TakenBack::Result::noted, view.holder_name()};
  }
  return out;
}

bool is_unresolved(const v1::IncidentView& view) {
  return view.incident().state() == client::state_notifying ||
         view.incident().state() == client::state_taken;
}

// Whether the incident is that of an alarm which the server had at `alarm_at`.
bool is_of(const v1::IncidentView& view, Instant alarm_at) {
  const auto& triggers = view.incident().triggers();
  return std::any_of(triggers.begin(), triggers.end(), [&](const v1::Trigger& t) {
    return (t.kind() == client::trigger_loud || t.kind() == client::trigger_drill) &&
           t.at() >= alarm_at;
  });
}

bool older_is_open(const std::vector<v1::IncidentView>& all, Instant than) {
  return std::any_of(all.begin(), all.end(), [&](const v1::IncidentView& view) {
    return view.incident().lane() == client::lane_open && is_unresolved(view) &&
           view.incident().opened_at() < than;
  });
}

TakenBack by_own_receipts(const v1::CheckinAccepted& said) {
  switch (static_cast<AlarmWord>(said.own_alarm())) {
    case AlarmWord::taken_back:
      return {TakenBack::Result::taken_back, {}};
    case AlarmWord::too_late:
      return {TakenBack::Result::too_late, {}};
    case AlarmWord::noted:
      return {TakenBack::Result::noted, {}};
    default:
      return {};
  }
}

}  // namespace

std::string fitting_note(const std::string& note) {
  if (note.size() <= client::max_note) return note;
  std::size_t end = client::max_note;
  while (end > 0 && (static_cast<unsigned char>(note[end]) & 0xc0) == 0x80) --end;
  return note.substr(0, end);
}

bool acts_at_once(Client& client, const v1::CheckinAccepted& alarm) {
  const auto all = own_incidents(client);
  if (all.empty()) return static_cast<AlarmWord>(alarm.own_alarm()) == AlarmWord::at_once;
  return older_is_open(all, alarm.received_at());
}

TakenBack what_became(Client& client, const v1::CheckinAccepted& said) {
  (void)client.listen(judged_within, [] { return false; });
  const auto all = own_incidents(client);
  for (const v1::IncidentView& view : all)
    if (auto found = seen_in(view, said.received_at())) return *found;
  TakenBack own = by_own_receipts(said);
  const auto ours = std::find_if(all.begin(), all.end(), [&](const v1::IncidentView& view) {
    return is_of(view, said.alarm_at());
  });
  if (ours != all.end() && !is_unresolved(*ours)) return {};  // somebody has ended it
  if (own.result == TakenBack::Result::taken_back && older_is_open(all, said.alarm_at()))
    own.result = TakenBack::Result::too_late;
  return own;
}

std::string_view word_of(TakenBack::Result result) {
  switch (result) {
    case TakenBack::Result::taken_back:
      return "taken_back";
    case TakenBack::Result::too_late:
      return "too_late";
    case TakenBack::Result::never_sent:
      return "never_sent";
    case TakenBack::Result::noted:
      return "noted";
    case TakenBack::Result::nothing:
      break;
  }
  return "nothing";
}

std::string text_of(const TakenBack& taken) {
  const std::string who =
      taken.holder.empty() ? "your circle is called" : printable(taken.holder) + " has it";
  switch (taken.result) {
    case TakenBack::Result::taken_back:
      return "Taken back. Nobody was called.";
    case TakenBack::Result::too_late:
      return "Too late to take it back: " + who +
             ". They see that you wanted to; write to them with `livlina send`.";
    case TakenBack::Result::never_sent:
      return "Taken back. It had not left this device: nobody was called, and nobody will be.";
    case TakenBack::Result::noted:
      return "Noted as pressed by mistake. That closes nothing: " + who + ".";
    case TakenBack::Result::nothing:
      break;
  }
  return "There is no open alarm of yours to take back.";
}

}  // namespace livlina::cli

#include "clients/cli/own_alarm.hpp"

#include <algorithm>

#include "clients/cli/next_steps.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/core/note.hpp"

namespace livlina::cli {

namespace {

constexpr Duration judged_within = 2 * second;  // the server's rounds come several times a second
constexpr Duration between_looks = second / 5;
constexpr std::uint32_t silent_lane = 2;
constexpr std::uint32_t state_notifying = 1, state_taken = 2;
// Incident events (protocol/spec/wire.md).
constexpr std::uint32_t mistake_event = 4, late_event = 5, cancelled_event = 21;

// The incidents of this person's own circle; empty when the server does not say.
std::vector<v1::IncidentView> own_incidents(Client& client) {
  std::vector<v1::IncidentView> out;
  std::string circle;
  const v1::Status status = client.status();
  for (const auto& c : status.circles())
    if (c.ours()) circle = c.circle_id();
  for (auto& view : all_incidents(client))
    if (view.incident().circle_id() == circle && view.incident().lane() != silent_lane)
      out.push_back(std::move(view));
  return out;
}

std::optional<TakenBack> seen_in(const v1::IncidentView& view, Instant said_at) {
  std::optional<TakenBack> out;
  for (const auto& e : view.incident().events()) {
    if (e.at() < said_at) continue;
    if (e.kind() == cancelled_event) return TakenBack{TakenBack::Result::taken_back, {}};
    if (e.kind() == late_event) out = TakenBack{TakenBack::Result::too_late, view.holder_name()};
    if (e.kind() == mistake_event) out = TakenBack{TakenBack::Result::noted, view.holder_name()};
  }
  return out;
}

}  // namespace

std::string fitting_note(const std::string& note) {
  if (note.size() <= client::max_note) return note;
  std::size_t end = client::max_note;
  while (end > 0 && (static_cast<unsigned char>(note[end]) & 0xc0) == 0x80) --end;
  return note.substr(0, end);
}

bool has_older_incident(Client& client, Instant raised_at) {
  const auto all = own_incidents(client);
  return std::any_of(all.begin(), all.end(), [&](const v1::IncidentView& view) {
    const v1::Incident& i = view.incident();
    return i.lane() == 1 && (i.state() == state_notifying || i.state() == state_taken) &&
           i.opened_at() < raised_at;
  });
}

TakenBack what_became(Client& client, Instant said_at) {
  const Instant until = wall_now() + judged_within;
  while (true) {
    for (const v1::IncidentView& view : own_incidents(client))
      if (auto found = seen_in(view, said_at)) return *found;
    const Instant now = wall_now();
    if (now >= until) return {};
    (void)client.listen(std::min(between_looks, until - now), [] { return false; });
  }
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
      taken.holder.empty() ? "Your circle is being called" : printable(taken.holder) + " has it";
  switch (taken.result) {
    case TakenBack::Result::taken_back:
      return "Taken back. Nobody was called.";
    case TakenBack::Result::too_late:
      return "Too late to take it back: people are coming. " + who +
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

#include "clients/cli/print.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "clients/cli/terminal.hpp"
#include "clients/cli/words_of.hpp"
#include "crypto/core/bytes.hpp"
#include "protocol/proto.hpp"

namespace livlina::cli {

namespace {

std::string or_unknown(const std::string& name) {
  return name.empty() ? "somebody not named yet" : printable(name);
}

std::string short_id(const std::string& bytes) { return hex(view(bytes)).substr(0, 8); }

std::string line_of(const v1::CheckinView& c) {
  const std::string who = or_unknown(c.participant_name());
  const std::string due = clock_text(c.due());
  std::string out;
  switch (c.state()) {
    case 1:
      out = who + ": check-in of " + due + " is waited for";
      break;
    case 2:
      out = green(who + ": check-in of " + due + " is verified: ok");
      break;
    case 3:
      out = bold(who + ": check-in of " + due + " is verified: wants to talk");
      break;
    case 4:
      out = red(who + ": check-in of " + due + " is verified: NOT OK");
      break;
    case 5:
      out = who + ": the server says that the check-in of " + due + " came";
      break;
    case 6:
      out = red(who + ": the server reports that the check-in of " + due + " was MISSED");
      break;
    case 7:
      out = red(who + ": NOTHING CAME for the check-in of " + due);
      break;
    case 8:
      out = red(who + ": the server's word on the check-in of " + due +
                " CONTRADICTS the signed record");
      break;
    case 9:
      out = who + ": the check-in of " + due + " is excused";
      break;
    case 10:
      out = who + ": the check-in of " + due + " came late, verified";
      break;
    default:
      out = who + ": check-in of " + due;
      break;
  }
  if (c.moved()) out += red(" (the server moved its deadline)");
  if (c.under_duress()) out += red(" UNDER DURESS: do not call, write or visit");
  if (!c.note().empty()) out += "\n    " + printable(c.note());
  return out;
}

std::string line_of(const v1::NoticeView& n) {
  return bold(std::string(notice_kind_word(n.kind())) + ": " +
              std::string(notice_code_word(n.code()))) +
         ", incident " + short_id(n.incident_id()) + " (" + std::string(lane_word(n.lane())) +
         ", severity " + std::to_string(n.severity()) + ", round " + std::to_string(n.round()) +
         ") of " + or_unknown(n.participant_name()) +
         (n.lane() == 2 ? red(" SILENT: nobody calls, writes to or visits the person because of it "
                              "without the desk")
                        : "");
}

}  // namespace

void print(const Options& options, const nlohmann::json& value, const std::string& text) {
  if (options.json)
    std::cout << value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  else if (!text.empty())
    std::cout << text << "\n";
  std::cout << std::flush;
}

std::string line_of(const v1::MessageView& m) {
  std::string out;
  if (m.gap_before()) out += red("  (something is missing here)") + "\n";
  const bool ours = m.from().empty();
  out += clock_text(m.sent_at()) + "  " +
         (ours ? "to " + or_unknown(m.to_name()) : bold(or_unknown(m.from_name()))) + ": " +
         printable(m.text());
  if (ours) out += "  [" + std::string(message_state_word(m.state())) + "]";
  if (m.under_duress()) out += red("  UNDER DURESS");
  return out;
}

std::string line_of(const v1::IncidentView& view) {
  const v1::Incident& i = view.incident();
  std::string out = short_id(i.incident_id()) + "  " + std::string(lane_word(i.lane())) + "  " +
                    or_unknown(view.participant_name()) + "  severity " +
                    std::to_string(i.severity()) + "  ";
  switch (i.state()) {
    case 1:
      out += red("nobody has it yet") + ", round " + std::to_string(i.round()) + ", next step " +
             clock_text(i.next_at());
      break;
    case 2:
      out += green("taken by " + or_unknown(view.holder_name())) +
             (view.taken_verified() ? "" : red(" (the server's word: NOT verified)")) + " until " +
             clock_text(i.lease_until());
      break;
    case 3:
      out += "resolved by " + or_unknown(view.resolver_name()) + ": " +
             std::string(reason_word(i.reason())) +
             (view.taken_verified() ? "" : red(" (the server's word: NOT verified)"));
      break;
    case 4:
      out += "cancelled by the participant";
      break;
    default:
      out += "unknown state";
      break;
  }
  for (const auto& t : i.triggers())
    out += "\n    " + clock_text(t.at()) + "  " + std::string(trigger_word(t.kind())) +
           (t.due() != 0 ? " (due " + clock_text(t.due()) + ")" : "");
  for (const auto& n : view.notes()) out += "\n    note: " + printable(n);
  return out;
}

std::string line_of(const v1::Event& e) {
  switch (e.event_case()) {
    case v1::Event::kMessage:
      return line_of(e.message());
    case v1::Event::kCheckin:
      return line_of(e.checkin());
    case v1::Event::kIncident:
      return line_of(e.incident());
    case v1::Event::kNotice:
      return line_of(e.notice());
    case v1::Event::kWarning:
      return red("warning: " + printable(e.warning().code())) +
             (e.warning().detail().empty() ? "" : " (" + printable(e.warning().detail()) + ")");
    case v1::Event::kReminder:
      return bold("A check-in waits: due " + clock_text(e.reminder().due()) + ", you have until " +
                  clock_text(e.reminder().deadline()));
    case v1::Event::kSafetyWords:
      return "Safety words with " + or_unknown(e.safety_words().name()) + ": " +
             bold(e.safety_words().words());
    default:
      return {};
  }
}

}  // namespace livlina::cli

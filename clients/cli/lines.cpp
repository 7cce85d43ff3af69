#include "clients/cli/lines.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "clients/cli/incident_words.hpp"
#include "clients/cli/notice_words.hpp"
#include "clients/cli/schedule_words.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/waited_alarm.hpp"
#include "clients/cli/warning_words.hpp"
#include "clients/cli/words_of.hpp"
#include "clients/core/incident_numbers.hpp"
#include "crypto/core/bytes.hpp"

namespace livlina::cli {

namespace {

std::string short_id(const std::string& bytes) { return hex(view(bytes)).substr(0, 8); }

std::string unverified() { return red(" (the server's word: NOT verified)"); }

// When it was pressed by the phone's signed word, and when it arrived by the server's.
std::string press_text(std::int64_t pressed, std::int64_t arrived) {
  return " (pressed " + clock_text(pressed) + ", arrived " + clock_text(arrived) + ")";
}

std::string duress_text(bool known, bool unknown) {
  if (known) return red(" UNDER DURESS: do not call, write or visit");
  return unknown ? red(" (whether under duress cannot be told)") : "";
}

// A silent alarm has the same rule as duress.
std::string what_of(const v1::RecordView& r) {
  if (r.type() == 2) {
    if (r.answer() == 1) return "SILENT ALARM: nobody calls, writes or visits without the desk";
    return r.answer() == 3 ? "practice alarm" : "ALARM";
  }
  if (r.type() == 3) return "takes an alarm back";
  if (r.type() == 4) return "says that an alarm was pressed by mistake";
  return r.answer() == 1 ? "answered ok" : r.answer() == 2 ? "wants to talk" : "NOT OK";
}

// What a circle goes by from now on.
std::string circle_text(const v1::CircleView& c) {
  const std::string whose =
      c.ours() ? "Your circle" : "The circle of " + name_or_unknown(c.participant_name());
  return whose + ": signed list " + std::to_string(c.manifest_seq()) + ", plan " +
         std::to_string(c.plan_version()) + (c.plan_approved() ? ", approved" : "");
}

std::string taken_text(const v1::IncidentView& view) {
  const std::string at = view.acted_at() == 0 ? "" : " at " + clock_text(view.acted_at());
  const std::string who = "taken by " + name_or_unknown(view.holder_name());
  if (view.taken_verified())
    return green(who + at) + ", until " + clock_text(view.incident().lease_until()) +
           " (the server's word)";
  if (view.lapsed()) return who + red(at + ", and not renewed since: NOT verified any more");
  return who + unverified();
}

std::string state_text(const v1::IncidentView& view) {
  const v1::Incident& i = view.incident();
  switch (i.state()) {
    case client::state_notifying:
      return red("nobody has it yet") + ", round " + std::to_string(i.round()) + ", next step " +
             clock_text(i.next_at());
    case client::state_taken:
      return taken_text(view);
    case client::state_resolved:
      return "resolved by " + name_or_unknown(view.resolver_name()) +
             (view.acted_at() == 0 ? "" : " at " + clock_text(view.acted_at())) + ": " +
             std::string(reason_word(i.reason())) + (view.taken_verified() ? "" : unverified());
    case client::state_cancelled:
      return "cancelled by the participant" + (view.taken_verified() ? "" : unverified());
    default:
      return "unknown state";
  }
}

// A slot: its schedule, then when it is due.
std::string slot_text(const v1::Warning& w) {
  static constexpr std::string_view of_slots[] = {
      "nothing_came",       "server_contradicts",      "not_connected",
      "pressed_other_time", "received_at_contradicts", "deadline_moved"};
  if (std::find(std::begin(of_slots), std::end(of_slots), w.code()) == std::end(of_slots))
    return {};
  ByteReader r(view(w.subject()));
  (void)r.array<16>();
  const std::int64_t due = r.i64();
  return r.done() ? "check-in of " + clock_text(due) : "";
}

}  // namespace

std::string progress_text(const v1::MessageView& m) {
  constexpr std::uint32_t delivered = 3, read = 4;
  const bool several = m.people() > 1 && (m.state() == delivered || m.state() == read);
  if (!several) return std::string(message_state_word(m.state()));
  const std::string of = " of " + std::to_string(m.people());
  const std::string has = "delivered to " + std::to_string(m.delivered_to()) + of;
  return m.read_by() == 0 ? has : "read by " + std::to_string(m.read_by()) + of + ", " + has;
}

std::string line_of(const v1::CheckinView& c) {
  const std::string who = name_or_unknown(c.participant_name());
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
      out = who + ": the server says that the check-in of " + due + " is excused";
      break;
    case 10:
      out = bold(who + ": the check-in of " + due +
                 " came late, verified: " + std::string(record_answer_word(1, c.answer())));
      break;
    case 11:
      out = red(who + ": WAS NOT CONNECTED, so not known here whether the check-in of " + due +
                " came");
      break;
    case 12:
      out = red(who + ": a signed answer names the check-in of " + due +
                " but was PRESSED BEFORE it opened, by the phone's clock");
      break;
    case 13:
      out = bold(who + ": check-in of " + due + " is verified: ok");
      break;
    case 14:
      out = who + ": the check-in of " + due +
            " is verified: ok. The circle was armed after it had opened: the server does NOT watch "
            "this one";
      break;
    default:
      out = who + ": check-in of " + due;
      break;
  }
  if (c.pressed_at() != 0) out += press_text(c.pressed_at(), c.answered_at());
  if (c.moved()) out += red(" (the server moved its deadline)");
  out += duress_text(c.under_duress(), c.duress_unknown());
  if (!c.note().empty()) out += quoted(c.note());
  if (c.duress_came())
    out +=
        "\n    " + red("UNDER DURESS another check-in came for it: nobody calls, writes or visits "
                       "because of that one without the desk");
  return out;
}

std::string line_of(const v1::RecordView& r) {
  constexpr std::uint32_t none_came = 3;
  std::string out = red(name_or_unknown(r.participant_name()) + ": " + what_of(r)) +
                    ", signed and verified" + press_text(r.pressed_at(), r.arrived_at()) +
                    duress_text(r.under_duress(), r.duress_unknown());
  if (r.incident() == none_came) out += red(" THE SERVER HAS NO INCIDENT FOR IT");
  if (!r.note().empty()) out += quoted(r.note());
  return out;
}

// A notice has no signature behind it: what it tells of people's acts is the server's word.
std::string line_of(const v1::NoticeView& n) {
  constexpr std::uint32_t update = 2;
  const std::string said =
      n.kind() == update ? "update, the server says" : std::string(notice_kind_word(n.kind()));
  const bool of_nobody = n.participant_name().empty() && n.circle_id().empty();
  const std::string incident = n.incident_id().empty() ? "" : short_id(n.incident_id());
  std::string out =
      clock_text(n.at()) + "  " +
      bold(said + ": " + (of_nobody ? "" : name_or_unknown(n.participant_name()) + ": ") +
           notice_sentence(n.code(), incident));
  if (!incident.empty())
    out += " (incident " + incident + ", " + std::string(lane_word(n.lane())) + ", severity " +
           std::to_string(n.severity()) + ", round " + std::to_string(n.round()) + ")";
  if (n.lane() == client::lane_silent)
    out +=
        red(" SILENT: nobody calls, writes to or visits the person because of it without the desk");
  return out;
}

std::string line_of(const v1::Warning& w, const std::string& whose) {
  const std::string_view sentence = warning_sentence(w.code());
  std::string about;
  const auto add = [&about](const std::string& text) {
    if (!text.empty()) about += (about.empty() ? "" : ", ") + text;
  };
  if (!w.circle_id().empty()) add(whose.empty() ? "circle " + short_id(w.circle_id()) : whose);
  add(slot_text(w));
  if (w.detail() != w.code()) add(printable(w.detail()));
  return clock_text(w.at()) + "  " + red("warning: " + printable(w.code())) +
         (sentence.empty() ? "" : ": " + std::string(sentence)) +
         (about.empty() ? "" : " (" + about + ")");
}

std::string line_of(const v1::MessageView& m) {
  std::string out;
  if (m.gap_before()) out += red("  (something is missing here)") + "\n";
  const bool ours = m.from().empty();
  const bool several = ours && m.people() > 1;
  out += clock_text(m.sent_at()) + "  ";
  if (several)
    out += "to " + std::to_string(m.people()) + " people";
  else
    out += ours ? "to " + name_or_unknown(m.to_name()) : bold(name_or_unknown(m.from_name()));
  if (ours) out += "  [" + progress_text(m) + "]";
  if (m.under_duress()) out += red("  UNDER DURESS");
  return out + quoted(m.text());
}

std::string line_of(const v1::IncidentView& view) {
  const v1::Incident& i = view.incident();
  const bool told = i.lane() == client::lane_open;  // the word would read as "not over"
  std::string out =
      short_id(i.incident_id()) + (told ? "" : "  " + std::string(lane_word(i.lane()))) +
      (view.lane_verified() ? "" : unverified()) + "  " + name_or_unknown(view.participant_name()) +
      "  severity " + std::to_string(i.severity()) + "  " + state_text(view);
  if (view.circle_unverified())
    out += red(
        "\n    OF A CIRCLE THAT THIS DEVICE CANNOT VERIFY: all of this is the server's word. Call "
        "the desk");
  if (view.trigger_contradicts())
    out += red("\n    THE SIGNED RECORD SAYS OTHERWISE than the server; what it says is here:");
  for (const auto& t : i.triggers())
    out += "\n    " + clock_text(t.at()) + "  " + std::string(trigger_word(t.kind())) +
           (t.due() != 0 ? " (due " + clock_text(t.due()) + ")" : "");
  out += history_of(view);
  for (const auto& n : view.notes()) out += "\n    note:" + quoted(n);
  return out;
}

std::string standing_of(const v1::CircleView& c) {
  if (c.state() != 0) return std::string(circle_state_word(c.state()));
  return c.manifest_seq() == 0 ? "nothing is signed yet" : "signed; the server has not told yet";
}

std::string plan_text(const v1::CircleView& c) {
  return "Plan version " + std::to_string(c.plan_version()) +
         (c.plan_approved() ? ", approved" : "") + "\n" +
         schedules_text(c.schedules(), c.member_wait_s());
}

std::string proposal_text(const v1::CircleView& c) {
  if (c.proposed_plan_hash().empty()) return {};
  return bold((c.ours() ? "You propose" : name_or_unknown(c.participant_name()) + " proposes") +
              std::string(" another plan, which a supporter must approve:")) +
         "\n" + schedules_text(c.proposed_schedules(), c.proposed_member_wait_s()) +
         (c.ours() ? "" : "  Hash " + hex(view(c.proposed_plan_hash())) + "\n");
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
      return line_of(e.warning());
    case v1::Event::kReminder:
      return bold("A check-in waits: due " + clock_text(e.reminder().due()) + ", you have until " +
                  clock_text(e.reminder().deadline()));
    case v1::Event::kSafetyWords:
      return "Safety words with " + name_or_unknown(e.safety_words().name()) + ": " +
             bold(e.safety_words().words());
    case v1::Event::kCircle:
      return circle_text(e.circle()) +
             (e.circle().proposed_plan_hash().empty() ? "" : "\n" + proposal_text(e.circle()));
    case v1::Event::kRecord:
      return line_of(e.record());
    case v1::Event::kCheckinAccepted:
      return is_alarm_that_waited(e) ? alarm_gone(e.checkin_accepted()) : std::string();
    default:
      return {};
  }
}

}  // namespace livlina::cli

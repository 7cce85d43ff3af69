#include "clients/cli/json.hpp"

#include <nlohmann/json.hpp>

#include "clients/cli/schedule_words.hpp"
#include "clients/cli/words_of.hpp"
#include "crypto/core/bytes.hpp"
#include "protocol/proto.hpp"

namespace livlina::cli {

using nlohmann::json;

namespace {

std::string hex_of(const std::string& bytes) { return hex(view(bytes)); }

template <class Repeated>
json list(const Repeated& items) {
  json out = json::array();
  for (const auto& item : items) out.push_back(to_json(item));
  return out;
}

}  // namespace

json to_json(const v1::Person& p) {
  return {{"account", hex_of(p.account())},
          {"name", p.name()},
          {"organisation", p.organisation()},
          {"role", role_word(p.role())},
          {"line", hex_of(p.line_id())},
          {"line_type", p.line_type() == 0 ? "" : line_type_word(p.line_type())},
          {"scope", scope_words(p.scope())},
          {"not_before", p.not_before()},
          {"not_after", p.not_after()},
          {"verified", p.verified()},
          {"new_devices", hex_of(p.new_devices())}};
}

json to_json(const v1::InviteInfo& i) {
  return {{"invite", hex_of(i.invite_id())},
          {"purpose", i.purpose() == 2 ? "participant" : "staff"},
          {"role", role_word(i.role())},
          {"expires_at", i.expires_at()},
          {"state", invite_state_word(i.state())},
          {"safety_words", i.words()},
          {"name", i.name()}};
}

json to_json(const v1::MessageView& m) {
  return {{"message", hex_of(m.message_id())},
          {"circle", hex_of(m.circle_id())},
          {"from", hex_of(m.from())},
          {"from_name", m.from_name()},
          {"to", hex_of(m.to())},
          {"to_name", m.to_name()},
          {"text", m.text()},
          {"sent_at", m.sent_at()},
          {"received_at", m.received_at()},
          {"state", message_state_word(m.state())},
          {"people", m.people()},
          {"delivered_to", m.delivered_to()},
          {"read_by", m.read_by()},
          {"gap_before", m.gap_before()},
          {"under_duress", m.under_duress()}};
}

json to_json(const v1::CheckinView& c) {
  return {{"circle", hex_of(c.circle_id())},
          {"schedule", hex_of(c.schedule_id())},
          {"participant_name", c.participant_name()},
          {"due", c.due()},
          {"deadline", c.deadline()},
          {"state", checkin_state_word(c.state())},
          {"answer", record_answer_word(1, c.answer())},
          {"note", c.note()},
          {"pressed_at", c.pressed_at()},
          {"answered_at", c.answered_at()},
          {"moved", c.moved()},
          {"under_duress", c.under_duress()},
          {"duress_came", c.duress_came()},
          {"duress_unknown", c.duress_unknown()}};
}

json to_json(const v1::RecordView& r) {
  return {{"circle", hex_of(r.circle_id())},
          {"participant_name", r.participant_name()},
          {"record", hex_of(r.record_hash())},
          {"type", record_type_word(r.type())},
          {"answer", record_answer_word(r.type(), r.answer())},
          {"pressed_at", r.pressed_at()},
          {"arrived_at", r.arrived_at()},
          {"note", r.note()},
          {"under_duress", r.under_duress()},
          {"duress_unknown", r.duress_unknown()},
          {"incident", record_incident_word(r.incident())}};
}

json to_json(const v1::NoticeView& n) {
  return {{"notice", hex_of(n.notice_id())},
          {"kind", notice_kind_word(n.kind())},
          {"code", notice_code_word(n.code())},
          {"incident", hex_of(n.incident_id())},
          {"circle", hex_of(n.circle_id())},
          {"lane", lane_word(n.lane())},
          {"severity", n.severity()},
          {"round", n.round()},
          {"step", n.step()},
          {"at", n.at()},
          {"participant_name", n.participant_name()}};
}

json to_json(const v1::Warning& w) {
  return {{"code", w.code()},
          {"circle", hex_of(w.circle_id())},
          {"subject", hex_of(w.subject())},
          {"detail", w.detail()},
          {"at", w.at()}};
}

json to_json(const v1::IncidentView& view) {
  const v1::Incident& i = view.incident();
  json triggers = json::array();
  for (const auto& t : i.triggers())
    triggers.push_back({{"kind", trigger_word(t.kind())},
                        {"severity", t.severity()},
                        {"at", t.at()},
                        {"due", t.due()}});
  json events = json::array();
  for (int n = 0; n < i.events_size(); ++n) {
    const v1::IncidentEvent& e = i.events(n);
    const v1::EventPeople people =
        n < view.event_people_size() ? view.event_people(n) : v1::EventPeople();
    events.push_back({{"kind", incident_event_word(e.kind())},
                      {"who", people.who()},
                      {"whom", people.whom()},
                      {"at", e.at()},
                      {"step", e.step()},
                      {"round", e.round()},
                      {"signed", !e.record().empty()},
                      {"signed_at", people.signed_at()},
                      {"under_duress", people.under_duress()},
                      {"duress_unknown", people.duress_unknown()},
                      {"contradicts", people.contradicts()}});
  }
  return {{"incident", hex_of(i.incident_id())},
          {"circle", hex_of(i.circle_id())},
          {"participant_name", view.participant_name()},
          {"lane", lane_word(i.lane())},
          {"state", incident_state_word(i.state())},
          {"severity", i.severity()},
          {"calm", i.calm()},
          {"step", i.step()},
          {"round", i.round()},
          {"holder", hex_of(i.holder())},
          {"holder_name", view.holder_name()},
          {"taken_verified", view.taken_verified()},
          {"end_unproved", view.end_unproved()},
          {"end_signed_by_former", view.end_signed_by_former()},
          {"circle_unverified", view.circle_unverified()},
          {"acted_at", view.acted_at()},
          {"lapsed", view.lapsed()},
          {"trigger_contradicts", view.trigger_contradicts()},
          {"lane_verified", view.lane_verified()},
          {"resolver_name", view.resolver_name()},
          {"lease_until", i.lease_until()},
          {"opened_at", i.opened_at()},
          {"next_at", i.next_at()},
          {"reason", reason_word(i.reason())},
          {"triggers", triggers},
          {"events", events},
          {"notes", json(std::vector<std::string>(view.notes().begin(), view.notes().end()))}};
}

json to_json(const v1::CircleView& c) {
  return {{"circle", hex_of(c.circle_id())},
          {"participant", hex_of(c.participant())},
          {"participant_name", c.participant_name()},
          {"ours", c.ours()},
          {"manifest_seq", c.manifest_seq()},
          {"state", circle_state_word(c.state())},
          {"category", c.category()},
          {"people", list(c.people())},
          {"schedules", schedules_json(c.schedules())},
          {"plan_version", c.plan_version()},
          {"plan_hash", hex_of(c.plan_hash())},
          {"plan_approved", c.plan_approved()},
          {"member_wait_s", c.member_wait_s()},
          {"proposed_plan_hash", hex_of(c.proposed_plan_hash())},
          {"proposed_schedules", schedules_json(c.proposed_schedules())},
          {"proposed_member_wait_s", c.proposed_member_wait_s()}};
}

json to_json(const v1::Status& s) {
  return {{"online", s.online()},
          {"account", hex_of(s.account())},
          {"device", hex_of(s.device())},
          {"role", s.role() == 0 ? "" : role_word(s.role())},
          {"name", s.name()},
          {"in_directory", s.in_directory()},
          {"coordinator", s.coordinator()},
          {"keeper", s.keeper()},
          {"desk", hex_of(s.desk())},
          {"desk_name", s.desk_name()},
          {"roster_not_after", s.roster_not_after()},
          {"queued_here", s.queued_here()},
          {"next_due", s.next_due()},
          {"next_deadline", s.next_deadline()},
          {"demonstration", s.demonstration()},
          {"circles", list(s.circles())},
          {"staff", list(s.staff())},
          {"checkins", list(s.checkins())},
          {"records", list(s.records())},
          {"warnings", list(s.warnings())}};
}

json to_json(const v1::Event& e) {
  json out;
  const auto named = [&](const char* name, json body) {
    body["event"] = name;
    return body;
  };
  switch (e.event_case()) {
    case v1::Event::kInviteMade:
      return named("invite", {{"invite", hex_of(e.invite_made().invite_id())},
                              {"words", e.invite_made().words()},
                              {"code", hex_of(e.invite_made().code())},
                              {"expires_at", e.invite_made().expires_at()},
                              {"role", role_word(e.invite_made().role())}});
    case v1::Event::kSafetyWords:
      return named("safety_words", {{"invite", hex_of(e.safety_words().invite_id())},
                                    {"safety_words", e.safety_words().words()},
                                    {"role", role_word(e.safety_words().role())},
                                    {"account", hex_of(e.safety_words().account())},
                                    {"name", e.safety_words().name()}});
    case v1::Event::kInvites:
      return named("invites", {{"invites", list(e.invites().invites())}});
    case v1::Event::kMessage:
      return named("message", to_json(e.message()));
    case v1::Event::kMessages:
      return named("messages", {{"messages", list(e.messages().messages())}});
    case v1::Event::kCheckin:
      return named("checkin", to_json(e.checkin()));
    case v1::Event::kCheckinAccepted:
      return named("accepted",
                   {{"status", e.checkin_accepted().status() == 2 ? "not_open" : "received"},
                    {"received_at", e.checkin_accepted().received_at()},
                    {"next_due", e.checkin_accepted().next_due()}});
    case v1::Event::kIncident:
      return named("incident", to_json(e.incident()));
    case v1::Event::kIncidents:
      return named("incidents", {{"incidents", list(e.incidents().incidents())}});
    case v1::Event::kNotice:
      return named("notice", to_json(e.notice()));
    case v1::Event::kWarning:
      return named("warning", to_json(e.warning()));
    case v1::Event::kStatus:
      return named("status", to_json(e.status()));
    case v1::Event::kSafetyNumber:
      return named("safety_number",
                   {{"digits", e.safety_number().digits()}, {"name", e.safety_number().name()}});
    case v1::Event::kPeople:
      return named("people", {{"people", list(e.people().people())}});
    case v1::Event::kCircle:
      return named("circle", to_json(e.circle()));
    case v1::Event::kReminder:
      return named("reminder", {{"due", e.reminder().due()},
                                {"deadline", e.reminder().deadline()},
                                {"at", e.reminder().at()}});
    case v1::Event::kRecord:
      return named("record", to_json(e.record()));
    case v1::Event::kFinished:
    case v1::Event::kLoggedIn:
    case v1::Event::EVENT_NOT_SET:
      break;
  }
  return out;
}

}  // namespace livlina::cli

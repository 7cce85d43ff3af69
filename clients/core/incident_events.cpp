#include "clients/core/incident_events.hpp"

#include <algorithm>

#include "clients/core/incident_triggers.hpp"
#include "livlina/incident.pb.h"

namespace livlina::client {

using protocol::Act;
using protocol::CheckinRecord;
using protocol::RecordType;

namespace {

// What follows from another event, or from time: nobody signs it, so nobody is named.
constexpr std::uint32_t nobodys_word[] = {
    event_step_fired,   event_step_empty,  event_nobody, event_lease_reminded, event_lease_ended,
    event_rights_ended, event_shadow_seen, event_rerun,  event_miss_undone};
constexpr std::uint32_t last_kind = event_miss_undone;

struct Signed {
  std::uint32_t kind;
  Act act;
};
constexpr Signed acts[] = {
    {event_seen, Act::seen},
    {event_taken, Act::take},
    {event_taken_over, Act::take_over},
    {event_assigned, Act::assign},
    {event_renewed, Act::renew},
    {event_accepted, Act::accept},
    {event_offered, Act::offer},
    {event_declined, Act::decline},
    {event_resolved, Act::resolve},
    {event_policy_switched, Act::policy},
    {event_reopened, Act::reopen},
};

// Nothing is said of what a later version may bring.
bool signs_nothing(std::uint32_t kind) {
  return kind == 0 || kind > last_kind ||
         std::find(std::begin(nobodys_word), std::end(nobodys_word), kind) !=
             std::end(nobodys_word);
}

std::optional<Act> act_of(std::uint32_t kind) {
  for (const Signed& s : acts)
    if (s.kind == kind) return s.act;
  return std::nullopt;
}

bool is_trigger(std::uint32_t kind) { return kind == event_opened || kind == event_trigger_added; }

}  // namespace

void EventProofs::trigger(const CheckinRecord& record) {
  triggers_.emplace(record.device, record.seq);
  std::uint64_t& last = last_of_[record.device];
  last = std::max(last, record.seq);
}

bool EventProofs::said_twice(const crypto::Hash& hash) { return !told_.insert(hash).second; }

// A cancel or a mistake names what it takes back by the number that the same device gave it.
bool EventProofs::names_it(const CheckinRecord& record, EventProof& out) const {
  const Name named{record.device, ByteReader(record.schedule).u64()};
  if (triggers_.count(named) != 0) return true;
  out.contradicts = whole_ && told_triggers_.count(named) == 0;
  return false;
}

// A late ok is one for this incident when it was signed after every trigger that this device signed
// and answers one of the others, or came after it. The server tells it of whatever is open when it
// comes, so one that fits nothing here is no lie of its: it is told, in nobody's name.
bool EventProofs::answers_it(const CheckinRecord& record) const {
  const auto before = last_of_.find(record.device);
  if (before != last_of_.end() && record.seq <= before->second) return false;
  const auto after = [&](Instant at) { return record.claimed_at >= at - protocol::press_slack; };
  bool others = false;
  for (const v1::Trigger& t : incident_.triggers()) {
    if (!t.record().empty()) continue;
    others = true;
    if (t.due() == 0 ? after(t.at()) : record.slot_utc == t.due() || after(t.due())) return true;
  }
  return !others && (before != last_of_.end() || after(incident_.opened_at()));
}

// Whether the record says what the event is called; what no honest server tells is a contradiction.
bool EventProofs::agrees(std::uint32_t kind, const CheckinRecord& record, EventProof& out) const {
  constexpr auto ok = static_cast<std::uint8_t>(protocol::Answer::ok);
  switch (kind) {
    case event_opened:
    case event_trigger_added:
      // Who does not know the shadow cannot tell its calm answers from what opens an incident.
      out.contradicts = !meaning(record, circle_) &&
                        (circle_.shadow.has_value() || incident_.lane() != lane_silent);
      return !out.contradicts;
    case event_late_ok:
      out.contradicts = record.type != RecordType::checkin || record.answer != ok;
      return !out.contradicts && answers_it(record);
    case event_mistake:
    case event_cancel_late:
    case event_cancelled:
      out.contradicts =
          record.type != (kind == event_mistake ? RecordType::mistake : RecordType::cancel);
      return !out.contradicts && names_it(record, out);
    default:
      out.contradicts = true;
      return false;
  }
}

EventProof EventProofs::said(const v1::IncidentEvent& event,
                             const Verified<CheckinRecord>& record) {
  EventProof out;
  if (signs_nothing(event.kind())) return out;
  const bool tells_trigger = is_trigger(event.kind());
  const bool by_shadow = circle_.shadow == record->device;
  // Whatever the shadow says raises the silent lane and nothing else.
  const bool agreed = agrees(event.kind(), *record, out) && (tells_trigger || !by_shadow);
  if (by_shadow && !tells_trigger) out.contradicts = true;
  if (tells_trigger && agreed) told_triggers_.emplace(record->device, record->seq);
  if (said_twice(record.hash())) out.contradicts = true;
  if (!by_shadow && (!agreed || out.contradicts)) return out;
  out.who = circle_.participant;
  out.signed_at = record->claimed_at;
  out.by_shadow = by_shadow;
  out.shadow_unknown = !circle_.shadow;
  return out;
}

EventProof EventProofs::done(const v1::IncidentEvent& event,
                             const Verified<protocol::StaffAct>& act, const SignPublic& actor) {
  EventProof out;
  if (signs_nothing(event.kind())) return out;
  const bool reopens = event.kind() == event_reopened;
  // To reopen is said of the one that had ended; who is not told which that was knows no more.
  const auto of = IncidentId::from(reopens ? incident_.previous_id() : incident_.incident_id());
  out.contradicts = act_of(event.kind()) != act->act || act->circle != circle_.id ||
                    (of ? act->incident != *of : !reopens) || said_twice(act.hash());
  if (out.contradicts || !of) return out;
  out.who = actor;
  out.signed_at = act->time;
  if (event.kind() != event_offered && event.kind() != event_assigned) return out;
  const auto target = crypto::parse_sign_key(act->target);
  if (target.ok()) out.whom = *target;
  return out;
}

}  // namespace livlina::client

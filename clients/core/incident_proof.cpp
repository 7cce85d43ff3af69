#include "clients/core/incident_proof.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "livlina/incident.pb.h"

namespace livlina::client {

using protocol::Act;
using protocol::Reason;

namespace {

// What the incident's own alarm records are: only a cancel of one of these cancels it. A cancel by
// the shadow is held for the desk and proves nothing.
class Alarms {
 public:
  void add(const protocol::CheckinRecord& record) {
    if (record.type == protocol::RecordType::alarm) alarms_.emplace(record.device, record.seq);
  }
  [[nodiscard]] bool cancelled_by(const protocol::CheckinRecord& record,
                                  const Circle& circle) const {
    return record.type == protocol::RecordType::cancel && circle.shadow != record.device &&
           alarms_.count({record.device, ByteReader(record.schedule).u64()}) != 0;
  }

 private:
  std::set<std::pair<DeviceId, std::uint64_t>> alarms_;
};

// A coordinator of the desk that the participant named in the recovery clause, with a device of its
// roster, whether the desk has a line or not (ADR 37). Age alone, of a roster, ends no right.
bool acts_for_desk(const Circle& circle, const Trust& trust, const SignPublic& actor,
                   const DeviceId& device) {
  const Desk* desk = trust.desk();
  return desk != nullptr && circle.newest() != nullptr &&
         (*circle.newest())->recovery.desk == desk->key && trust.on_roster(actor, device);
}

// Whoever may hold or end an incident, as the server has it too (wire.md, post_act): a line with
// the alarm scope, whatever its dates, or a coordinator.
bool may_act(const Circle& circle, const Trust& trust, const SignPublic& actor,
             const DeviceId& device) {
  if (circle.newest() == nullptr) return false;
  if (acts_for_desk(circle, trust, actor, device)) return true;
  const auto standing = trust.standing_at(circle, (*circle.newest())->seq, actor);
  return standing && (standing->scope & scope_alarm) != 0 &&
         (standing->type != protocol::LineType::desk || trust.on_roster(actor, device));
}

// Whom an act makes the holder; `holder`: so far. To give it to others, or take it from them, is
// the desk's.
std::optional<SignPublic> holder_by(const protocol::StaffAct& act, const SignPublic& actor,
                                    bool for_desk, const std::optional<SignPublic>& holder) {
  switch (act.act) {
    case Act::take:
    case Act::accept:
      return actor;
    case Act::take_over:
      return for_desk ? std::optional(actor) : std::nullopt;
    case Act::renew:  // of a long incident the take itself may not be told any more
      return !holder || *holder == actor ? std::optional(actor) : std::nullopt;
    case Act::assign: {
      const auto target = crypto::parse_sign_key(act.target);
      return for_desk && target.ok() ? std::optional(*target) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

// An act that does not count, but by its layout (records.md) would make another holder.
bool would_make_holder(ByteView record) {
  constexpr std::size_t act_size = 219, act_at = 1;
  if (record.size() != act_size) return false;
  switch (static_cast<Act>(record[act_at])) {
    case Act::take:
    case Act::accept:
    case Act::take_over:
    case Act::assign:
      return true;
    default:
      return false;
  }
}

// A record stands behind a trigger and behind the event that told of it: its note shows once.
void add_ref(std::vector<crypto::Hash>& refs, const crypto::Hash& ref) {
  if (ref != crypto::Hash{} && std::find(refs.begin(), refs.end(), ref) == refs.end())
    refs.push_back(ref);
}

// Follows the events of one incident in the order in which the server tells them.
class Story {
 public:
  Story(const v1::Incident& incident, const IncidentId& id, const Circle& circle,
        const Trust& trust, const ProofClock& clock, IncidentProof& out)
      : incident_(incident),
        id_(id),
        circle_(circle),
        trust_(trust),
        clock_(clock),
        out_(out),
        events_(incident, circle) {
    shown_.insert(crypto::Hash{});  // who saw nothing signed
  }

  void trigger(const v1::Trigger& t) {
    if (t.record().empty()) return;
    see(view(t.record()));
    if (const auto record = participant_record(view(t.record()), circle_, trust_)) {
      alarms_.add(**record);
      events_.trigger(**record);
      add_ref(out_.note_refs, (*record)->note_ref);
    }
  }

  void event(const v1::IncidentEvent& e) {
    if (e.kind() == event_opened || e.kind() == event_reopened) {
      whole_ = true;
      events_.told_from_the_beginning();
    }
    EventProof proof;
    if (!e.record().empty()) proof = signed_event(e, view(e.record()));
    if (proof.contradicts) out_.contradicting_event = crypto::sha256(view(e.record()));
    out_.events.push_back(proof);
  }

  // What was remembered must still be there.
  void remembered(const RememberedIncident& before) {
    if (shown_.count(before.head) != 0) return;
    out_.missing = before.head;
    // Who signed later than all that was seen holds it, whatever was lost before.
    if (held_at <= before.newest_act) broken = true;
  }

  std::optional<SignPublic> holder;
  Instant held_at = 0;     // the newest act by which the holder has it
  bool broken = false;     // after that act somebody saw what is not shown
  bool cancelled = false;  // by the participant
  Instant ended_at = 0;

 private:
  void see(ByteView record) {
    out_.newest = crypto::sha256(record);
    shown_.insert(out_.newest);
  }

  EventProof signed_event(const v1::IncidentEvent& e, ByteView record) {
    EventProof proof;
    if (const auto said = participant_record(record, circle_, trust_)) {
      cancelled = cancelled || alarms_.cancelled_by(**said, circle_);
      add_ref(out_.note_refs, (*said)->note_ref);
      proof = events_.said(e, *said);
    } else {
      const auto act = trust_.verify_act(record);
      const auto actor = act ? trust_.owner((*act)->actor) : std::nullopt;
      if (actor) proof = events_.done(e, *act, *actor);
      count(record, act, actor);
    }
    see(record);
    return proof;
  }

  void count(ByteView record, const std::optional<Verified<protocol::StaffAct>>& act,
             const std::optional<SignPublic>& actor) {
    const bool ahead = act && (*act)->time > clock_.latest;
    if (ahead) out_.ahead = act->hash();
    if (!actor || ahead || (*act)->incident != id_ || (*act)->circle != circle_.id ||
        !may_act(circle_, trust_, *actor, (*act)->actor)) {
      if (would_make_holder(record)) holder.reset();
      if (!ahead) count_former(record);
      return;
    }
    add_ref(out_.note_refs, (*act)->note_ref);
    out_.newest_act = std::max(out_.newest_act, (*act)->time);
    if (shown_.count((*act)->seen_act) == 0) {
      broken = true;
      // The beginning of a long story is not told any more: then only what came after the holder
      // can be missed.
      if (whole_ || holder) out_.missing = (*act)->seen_act;
    }
    const bool for_desk = acts_for_desk(circle_, trust_, *actor, (*act)->actor);
    if (const auto made = holder_by(**act, *actor, for_desk, holder)) {
      holder = made;
      held_at = (*act)->time;
      broken = false;
    }
    if ((*act)->act == Act::resolve && (for_desk || holder == actor)) resolve(**act, *actor);
  }

  void count_former(ByteView record) {
    const auto act = trust_.verify_former_act(record);
    if (act && (*act)->act == Act::resolve && (*act)->incident == id_ &&
        (*act)->circle == circle_.id)
      out_.end_by_former = true;
  }

  // A real alarm is not over because somebody who was shown a drill said "drill done".
  void resolve(const protocol::StaffAct& act, const SignPublic& actor) {
    if (act.reason == Reason::drill_done &&
        (incident_.lane() != lane_drill || !out_.triggers.lane_proved))
      return;
    out_.resolver = actor;
    out_.reason = act.reason;
    ended_at = act.time;
  }

  const v1::Incident& incident_;
  const IncidentId& id_;
  const Circle& circle_;
  const Trust& trust_;
  const ProofClock& clock_;
  IncidentProof& out_;
  Alarms alarms_;
  EventProofs events_;
  std::set<crypto::Hash> shown_;  // hashes of everything signed that is shown
  bool whole_ = false;            // told from its beginning
};

}  // namespace

ProofClock proof_clock(const Clocks& clocks, Instant newest_act) {
  return {std::max({clocks.server, clocks.floor, newest_act}),
          std::max(clocks.server, clocks.phone) + act_ahead};
}

bool agree(const Clocks& clocks) {
  const Duration difference = clocks.server - clocks.phone;
  return difference <= clocks_agree && difference >= -clocks_agree;
}

Instant act_time(const Clocks& clocks) {
  return agree(clocks) ? clocks.phone : std::min(clocks.phone, clocks.server);
}

IncidentProof prove(const v1::Incident& incident, const Trust& trust, const ProofClock& clock,
                    const RememberedIncident* before) {
  IncidentProof out;
  const auto circle_id = CircleId::from(incident.circle_id());
  const auto id = IncidentId::from(incident.incident_id());
  const Circle* circle = circle_id ? trust.circle(*circle_id) : nullptr;
  if (circle == nullptr || !id) return out;

  out.triggers = prove_triggers(incident, *circle, trust);
  Story story(incident, *id, *circle, trust, clock, out);
  for (const v1::Trigger& t : incident.triggers()) story.trigger(t);
  for (const v1::IncidentEvent& e : incident.events()) story.event(e);
  if (before != nullptr) story.remembered(*before);

  // What was proved to be over stays so when a signer's device or line is gone.
  const bool known_end = before != nullptr && before->ended && before->head == out.newest;
  switch (incident.state()) {
    case state_notifying:
      out.state_proved = true;
      break;
    case state_taken: {
      const bool holds = story.holder && equal(story.holder->view(), view(incident.holder()));
      if (!holds || story.broken) break;
      out.acted_at = story.held_at;
      out.lapses_at = story.held_at + proof_of_holding(circle->category);
      out.state_proved = std::max(clock.now, out.newest_act) < out.lapses_at;
      out.lapsed = !out.state_proved;
      break;
    }
    case state_resolved:
      out.state_proved = out.resolver.has_value() || known_end;
      out.acted_at = story.ended_at;
      break;
    case state_cancelled:
      out.state_proved = story.cancelled || known_end;
      break;
    default:
      break;
  }
  return out;
}

}  // namespace livlina::client

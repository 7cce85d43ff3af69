#include "clients/core/incident_proof.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "livlina/incident.pb.h"
#include "protocol/records/checkin_record.hpp"

namespace livlina::client {

using protocol::Act;

namespace {

constexpr std::uint32_t state_notifying = 1;
constexpr std::uint32_t state_taken = 2;
constexpr std::uint32_t state_resolved = 3;
constexpr std::uint32_t state_cancelled = 4;

// A record of the incident's participant, verified with the device's key of the newest list.
std::optional<Verified<protocol::CheckinRecord>> participant_record(const std::string& record,
                                                                    const Circle& circle,
                                                                    const Trust& trust) {
  const auto device = protocol::peek_device(view(record));
  const auto* list = trust.device_list(circle.participant);
  if (!device.ok() || list == nullptr) return std::nullopt;
  const protocol::Device* known = (*list)->find(*device);
  if (known == nullptr) return std::nullopt;
  auto verified = protocol::verify_checkin(view(record), known->sig);
  if (!verified.ok() || (**verified).circle != circle.id) return std::nullopt;
  return std::move(*verified);
}

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

// Whoever may hold or end an incident: a line with the alarm scope, whatever its dates (age alone
// ends no right), or a coordinator.
bool may_act(const Circle& circle, const Trust& trust, const SignPublic& actor) {
  if (trust.desk_role(actor) == Role::coordinator) return true;
  const auto* newest = circle.newest();
  if (newest == nullptr) return false;
  const auto standing = trust.standing_at(circle, (*newest)->seq, actor);
  return standing && (standing->scope & scope_alarm) != 0;
}

// Whom an act makes the holder.
std::optional<SignPublic> holder_by(const protocol::StaffAct& act, const SignPublic& actor) {
  switch (act.act) {
    case Act::take:
    case Act::accept:
    case Act::take_over:
      return actor;
    case Act::assign: {
      const auto target = crypto::parse_sign_key(act.target);
      return target.ok() ? std::optional(*target) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

// A record stands behind a trigger and behind the event that told of it: its note shows once.
void add_ref(std::vector<crypto::Hash>& refs, const crypto::Hash& ref) {
  if (ref != crypto::Hash{} && std::find(refs.begin(), refs.end(), ref) == refs.end())
    refs.push_back(ref);
}

}  // namespace

IncidentProof prove(const v1::Incident& incident, const Trust& trust, Instant now) {
  IncidentProof out;
  const auto circle_id = CircleId::from(incident.circle_id());
  const auto id = IncidentId::from(incident.incident_id());
  const Circle* circle = circle_id ? trust.circle(*circle_id) : nullptr;
  if (circle == nullptr || !id) return out;

  Alarms alarms;
  for (const v1::Trigger& t : incident.triggers()) {
    const auto record = participant_record(t.record(), *circle, trust);
    if (!record) continue;
    alarms.add(**record);
    add_ref(out.note_refs, (*record)->note_ref);
  }

  std::optional<SignPublic> holder;
  Instant held_at = 0;  // the newest act by which the holder has it
  bool cancelled = false;
  for (const v1::IncidentEvent& e : incident.events()) {
    if (e.record().empty()) continue;
    if (const auto record = participant_record(e.record(), *circle, trust)) {
      cancelled = cancelled || alarms.cancelled_by(**record, *circle);
      add_ref(out.note_refs, (*record)->note_ref);
      continue;
    }
    const auto act = trust.verify_act(view(e.record()));
    if (!act || (*act)->incident != *id || (*act)->circle != circle->id) continue;
    const auto actor = trust.owner((*act)->actor);
    if (!actor || !may_act(*circle, trust, *actor)) continue;
    add_ref(out.note_refs, (*act)->note_ref);
    if (const auto made = holder_by(**act, *actor)) {
      holder = made;
      held_at = (*act)->time;
    }
    // Of a long incident the take itself may not be told any more.
    if ((*act)->act == Act::renew && (!holder || holder == actor)) {
      holder = actor;
      held_at = (*act)->time;
    }
    if ((*act)->act == Act::resolve) out.resolver = actor;
  }

  switch (incident.state()) {
    case state_notifying:
      out.state_proved = true;
      break;
    case state_taken:
      out.state_proved = holder && equal(holder->view(), view(incident.holder())) &&
                         now - held_at <= longest_lease;
      break;
    case state_resolved:
      out.state_proved = out.resolver.has_value();
      break;
    case state_cancelled:
      out.state_proved = cancelled;
      break;
    default:
      break;
  }
  return out;
}

}  // namespace livlina::client

#include "clients/core/incident_triggers.hpp"

#include "livlina/incident.pb.h"

namespace livlina::client {

using protocol::RecordType;

namespace {

// Trigger kinds with the severity and lane that follow from each (watch.md, rule 4).
constexpr Meaning meanings[] = {
    {trigger_miss, 2, lane_open},     {trigger_talk, 1, lane_open},
    {trigger_not_ok, 3, lane_open},   {trigger_loud, 4, lane_open},
    {trigger_silent, 4, lane_silent}, {trigger_duress, 4, lane_silent},
    {trigger_drill, 1, lane_drill},
};

std::optional<Meaning> of_kind(std::uint32_t kind) {
  for (const Meaning& m : meanings)
    if (m.kind == kind) return m;
  return std::nullopt;
}

std::uint32_t kind_of(RecordType type, std::uint8_t said) {
  // By answer: ok is none.
  constexpr std::uint32_t checkins[] = {0, 0, trigger_talk, trigger_not_ok};
  constexpr std::uint32_t alarms[] = {0, trigger_silent, trigger_loud, trigger_drill};
  const std::size_t answer = said <= 3 ? said : 0;
  if (type == RecordType::checkin) return checkins[answer];
  return type == RecordType::alarm ? alarms[answer] : 0;
}

}  // namespace

std::optional<Meaning> meaning(RecordType type, std::uint8_t answer) {
  return of_kind(kind_of(type, answer));
}

std::optional<Meaning> meaning(const protocol::CheckinRecord& record, const Circle& circle) {
  if (circle.shadow == record.device) return of_kind(trigger_duress);
  return meaning(record.type, record.answer);
}

std::optional<Verified<protocol::CheckinRecord>> participant_record(ByteView record,
                                                                    const Circle& circle,
                                                                    const Trust& trust) {
  const auto device = protocol::peek_device(record);
  const auto* list = trust.device_list(circle.participant);
  if (!device.ok() || list == nullptr) return std::nullopt;
  const protocol::Device* known = (*list)->find(*device);
  if (known == nullptr) return std::nullopt;
  auto verified = protocol::verify_checkin(record, known->sig);
  if (!verified.ok() || (**verified).circle != circle.id) return std::nullopt;
  return std::move(*verified);
}

TriggerProof prove_triggers(const v1::Incident& incident, const Circle& circle,
                            const Trust& trust) {
  TriggerProof out;
  out.lane_proved = incident.lane() != lane_drill;
  for (const v1::Trigger& t : incident.triggers()) {
    out.said.emplace_back();
    const auto told = of_kind(t.kind());
    const auto record = participant_record(view(t.record()), circle, trust);
    if (!record) {
      // A miss and a log-in by the shadow have no record; the others show nothing without theirs.
      if (told && told->lane != incident.lane())
        out.contradicting = to_bytes(view(incident.incident_id()));
      continue;
    }
    const auto said = meaning(**record, circle);
    // Who does not know the shadow cannot tell its records from the others.
    if (!circle.shadow && t.kind() == trigger_duress && incident.lane() == lane_silent) continue;
    out.said.back() = said;
    out.signed_trigger = out.signed_trigger || said.has_value();
    out.lane_proved = out.lane_proved || (said && said->lane == lane_drill);
    const bool fits = said && said->kind == t.kind() && said->severity == t.severity() &&
                      said->lane == incident.lane() && said->severity <= incident.severity();
    if (!fits) out.contradicting = to_bytes(record->hash());
  }
  return out;
}

}  // namespace livlina::client

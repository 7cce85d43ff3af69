#include "protocol/records/staff_act.hpp"

#include "protocol/records/verifier.hpp"

namespace livlina::protocol {

namespace {

constexpr std::string_view purpose = "act";
constexpr std::size_t actor_offset = 1 + 1 + 16 + 16 + 32 + 32;
constexpr std::size_t act_size = actor_offset + 16 + 1 + 32 + 8 + signature_size;
constexpr std::uint8_t last_act = static_cast<std::uint8_t>(Act::pause);
constexpr std::uint8_t last_reason = static_cast<std::uint8_t>(Reason::other);

// seen to reopen move an incident, so they name it.
bool needs_incident(Act act) { return act >= Act::seen && act <= Act::reopen; }

Result<StaffAct> parse(ByteReader& r) {
  const std::uint8_t act = r.u8();
  const auto circle = read_id<CircleId>(r);
  const auto incident = read_id<IncidentId>(r);
  const auto target = r.array<32>();
  const auto seen_act = r.array<32>();
  const auto actor = read_id<DeviceId>(r);
  const std::uint8_t reason = r.u8();
  const auto note = r.array<32>();
  const Instant time = r.i64();
  if (!r.ok() || act == 0 || act > last_act || reason > last_reason) return Error::bad_format;
  const StaffAct out{static_cast<Act>(act),       circle, incident, target, seen_act, actor,
                     static_cast<Reason>(reason), note,   time};
  if (needs_incident(out.act) && incident.zero()) return Error::bad_format;
  // An incident is closed only with a reason.
  if (out.act == Act::resolve && out.reason == Reason::none) return Error::bad_format;
  if (!exact_time(time)) return Error::bad_dates;
  return out;
}

}  // namespace

Bytes sign_act(const StaffAct& act, const crypto::SignKeyPair& device) {
  ByteWriter w(act_size);
  w.u8(record_version).u8(static_cast<std::uint8_t>(act.act)).bytes(act.circle.view());
  w.bytes(act.incident.view()).bytes(act.target).bytes(act.seen_act).bytes(act.actor.view());
  w.u8(static_cast<std::uint8_t>(act.reason)).bytes(act.note_ref).i64(act.time);
  return Verifier::sign(std::move(w), purpose, device);
}

Result<Verified<StaffAct>> verify_act(ByteView record, const crypto::SignPublic& device) {
  return Verifier::open<StaffAct>(record, act_size, purpose, device, parse);
}

Result<DeviceId> peek_actor(ByteView record) {
  LIVLINA_CHECK(Verifier::check_frame(record, act_size));
  if (record.size() != act_size) return Error::bad_format;
  return *DeviceId::from(record.subspan(actor_offset, 16));
}

}  // namespace livlina::protocol

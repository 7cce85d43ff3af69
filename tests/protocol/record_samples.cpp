#include "tests/protocol/record_samples.hpp"

namespace livlina::testing {

using namespace protocol;

crypto::SignKeyPair sign_key(std::uint8_t n) {
  return crypto::SignKeyPair::from_seed(crypto::Secret<32>(Bytes(32, n)));
}

crypto::DhPublic dh_key(std::uint8_t n) { return crypto::parse_dh_key(Bytes(32, n)).value(); }

crypto::Hash hash_of(std::uint8_t n) {
  crypto::Hash out;
  out.fill(n);
  return out;
}

Device device_of(std::uint8_t sig, std::uint8_t ik) {
  const auto key = sign_key(sig).public_key();
  return Device{device_id(key, dh_key(ik)), key, dh_key(ik)};
}

const crypto::SignKeyPair& owner() {
  static const crypto::SignKeyPair key = sign_key(0x01);
  return key;
}

DeviceList sample_device_list() {
  return {.account = owner().public_key(),
          .version = 3,
          .prev = hash_of(0x51),
          .issued_at = sample_now,
          .suites = {1},
          .env = dh_key(0x20),
          .devices = {device_of(0x01, 0x21), device_of(0x02, 0x22)}};
}

SignedPrekey sample_prekey() {
  return {
      .device = device_of(0x01, 0x21).id, .id = 77, .key = dh_key(0x23), .issued_at = sample_now};
}

ShadowMark sample_shadow() {
  return {.account = owner().public_key(), .device = device_of(0x02, 0x22).id, .serial = 2};
}

DeskRoster sample_roster() {
  return {.desk = owner().public_key(),
          .serial = 2,
          .prev = hash_of(0x52),
          .issued_at = sample_now,
          .not_after = sample_now + roster_life,
          .coordinators = {{sign_key(0x03).public_key(), {id_of<DeviceId>(0x31)}},
                           {sign_key(0x04).public_key(),
                            {id_of<DeviceId>(0x32), id_of<DeviceId>(0x33)}}},
          .desk_env = dh_key(0x24)};
}

StaffDirectory sample_directory() {
  return {
      .desk = owner().public_key(),
      .serial = 4,
      .prev = hash_of(0x53),
      .issued_at = sample_now,
      .not_after = sample_now + directory_life,
      .staff = {{sign_key(0x03).public_key(), Role::coordinator, hash_of(0x61), 1, hash_of(0x62)},
                {sign_key(0x05).public_key(), Role::mentor, hash_of(0x63), 2, hash_of(0x64)}}};
}

Manifest sample_manifest() {
  return {.circle = id_of<CircleId>(0xc1),
          .participant = owner().public_key(),
          .seq = 2,
          .prev = hash_of(0x54),
          .issued_at = sample_now,
          .armed = true,
          .lines = {{id_of<LineId>(0xa1), LineType::account, sign_key(0x05).public_key(),
                     Role::contact_person, scope_all, sample_now, sample_now + 100 * day, 24,
                     hash_of(0x65)},
                    {id_of<LineId>(0xa2), LineType::desk, sign_key(0x06).public_key(),
                     Role::coordinator, scope_alarm | scope_checkin, sample_now,
                     sample_now + line_life, 72, hash_of(0x66)},
                    {id_of<LineId>(0xa3), LineType::pool, sign_key(0x06).public_key(), Role::mentor,
                     scope_messages, sample_now, sample_now + 30 * day, 0, hash_of(0x67)}},
          .recovery = {sign_key(0x06).public_key(),
                       {sign_key(0x07).public_key(), sign_key(0x08).public_key()}},
          .also = {hash_of(0x70)}};
}

Confirm sample_confirm() {
  return {.tx = hash_of(0x68),
          .circle = id_of<CircleId>(0xc1),
          .participant = sign_key(0x09).public_key(),
          .signer = owner().public_key()};
}

Schedule sample_schedule() {
  return {.id = id_of<ScheduleId>(0xb1),
          .rule = ScheduleRule::weekly,
          .zone = "Europe/Stockholm",
          .valid_from = sample_now,
          .valid_to = sample_now + 365 * day,
          .opens_before_s = 2 * 3600,
          .grace_s = 1800,
          .reminders_s = {0, 600, 1200},
          .times = {{0x7f, 8 * 60}, {0x1f, 20 * 60 + 30}}};
}

Plan sample_plan() {
  Schedule second_one = sample_schedule();
  second_one.id = id_of<ScheduleId>(0xb2);
  second_one.zone = "UTC";
  second_one.reminders_s = {};
  second_one.times = {{0x40, 0}};
  return {.circle = id_of<CircleId>(0xc1),
          .participant = owner().public_key(),
          .version = 5,
          .prev = hash_of(0x55),
          .issued_at = sample_now,
          .member_wait_s = 120,
          .schedules = {sample_schedule(), second_one}};
}

Plan sample_interval_plan() {
  Plan out = sample_plan();
  for (Schedule& s : out.schedules) {
    s.rule = ScheduleRule::interval;
    s.times = {};
  }
  out.schedules[0].interval = {0x7f, 22 * 60, 8 * 60, 4 * 60};
  out.schedules[1].interval = {0x1f, 8 * 60 + 15, 585, 90};
  out.schedules[1].opens_before_s = 1800;
  return out;
}

CheckinRecord sample_checkin() {
  return {.type = RecordType::checkin,
          .circle = id_of<CircleId>(0xc1),
          .device = device_of(0x01, 0x21).id,
          .plan_hash = hash_of(0x69),
          .schedule = {},
          .slot_utc = sample_now + hour,
          .seq = 12,
          .prev = hash_of(0x56),
          .claimed_at = sample_now,
          .answer = 1,
          .heads = {2, hash_of(0x6a), 5, 3, hash_of(0x6b), hash_of(0x6c)},
          .note_ref = hash_of(0x6d)};
}

StaffAct sample_act() {
  return {.act = Act::resolve,
          .circle = id_of<CircleId>(0xc1),
          .incident = id_of<IncidentId>(0xd1),
          .target = ByteArray<32>{},
          .seen_act = hash_of(0x6e),
          .actor = device_of(0x01, 0x21).id,
          .reason = Reason::reached_and_well,
          .note_ref = hash_of(0x6f),
          .time = sample_now};
}

namespace {

template <class T, class Verify, class Sign>
RecordKind kind(const std::string& purpose, const T& sample, Verify verify, Sign sign) {
  return {purpose, purpose, sign(sample, owner()), [=](ByteView record) -> Result<Bytes> {
            auto verified = verify(record);
            if (!verified.ok()) return verified.error();
            return sign(**verified, owner());
          }};
}

}  // namespace

std::optional<Error> RecordKind::refusal(ByteView record) const {
  auto result = verify_and_sign(record);
  if (result.ok()) return std::nullopt;
  return result.error();
}

const std::vector<RecordKind>& record_kinds() {
  static const std::vector<RecordKind> kinds = [] {
    const auto device = [](auto verify) {
      return [=](ByteView record) { return verify(record, owner().public_key()); };
    };
    std::vector<RecordKind> out;
    out.push_back(kind("devlist", sample_device_list(), verify_device_list, sign_device_list));
    out.push_back(kind(
        "spk", sample_prekey(),
        [](ByteView record) { return verify_prekey(record, device_of(0x01, 0x21)); }, sign_prekey));
    out.push_back(kind("shadow", sample_shadow(), verify_shadow_mark, sign_shadow_mark));
    out.push_back(kind("roster", sample_roster(), verify_roster, sign_roster));
    out.push_back(kind("directory", sample_directory(), verify_directory, sign_directory));
    out.push_back(kind("manifest", sample_manifest(), verify_manifest, sign_manifest));
    out.push_back(kind("confirm", sample_confirm(), verify_confirm, sign_confirm));
    out.push_back(kind("plan", sample_plan(), verify_plan, sign_plan));
    out.push_back(kind("checkin", sample_checkin(), device(verify_checkin), sign_checkin));
    out.push_back(kind("act", sample_act(), device(verify_act), sign_act));
    // Behind the others: the numbers of these are in the fuzzer's corpus.
    out.push_back(kind("plan", sample_interval_plan(), verify_plan, sign_plan));
    out.back().name = "plan of intervals";
    return out;
  }();
  return kinds;
}

Bytes body_of(ByteView record) { return to_bytes(record.first(record.size() - 64)); }

Bytes sign_body(ByteView body, const std::string& purpose, const crypto::SignKeyPair& key) {
  ByteWriter w;
  w.bytes(body).bytes(key.sign(purpose, body));
  return w.take();
}

}  // namespace livlina::testing

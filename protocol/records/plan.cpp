#include "protocol/records/plan.hpp"

#include "protocol/records/reread.hpp"
#include "protocol/records/schedule_fault.hpp"
#include "protocol/records/verifier.hpp"

namespace livlina::protocol {

namespace {

constexpr std::string_view purpose = "plan";
constexpr std::uint16_t max_member_wait_s = 3600;
constexpr std::size_t max_schedule =
    16 + 1 + 1 + max_zone_name + 8 + 8 + 4 + 4 + 1 + max_reminders * 4 + 1 + max_times * 3;
constexpr std::size_t max_plan =
    1 + 32 + 16 + 4 + 32 + 8 + 2 + 1 + max_schedules * max_schedule + signature_size;

Result<std::string> read_zone(ByteReader& r) {
  const std::size_t n = r.u8();
  if (n == 0 || n > max_zone_name) return Error::bad_schedule;
  std::string zone = to_string(r.view(n));
  if (!r.ok()) return Error::bad_format;
  return zone;
}

Result<std::vector<std::uint32_t>> read_reminders(ByteReader& r) {
  const std::size_t n = r.u8();
  if (n > max_reminders) return Error::too_large;
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(r.u32());
  if (!r.ok()) return Error::bad_format;
  return out;
}

Result<std::vector<WeeklyTime>> read_times(ByteReader& r) {
  const std::size_t n = r.u8();
  if (n > max_times) return Error::too_large;
  std::vector<WeeklyTime> out;
  for (std::size_t i = 0; i < n; ++i) {
    WeeklyTime t;
    t.weekdays = r.u8();
    t.minute = r.u16();
    out.push_back(t);
  }
  if (!r.ok()) return Error::bad_format;
  return out;
}

IntervalWindow read_interval(ByteReader& r) {
  IntervalWindow w;
  w.weekdays = r.u8();
  w.from = r.u16();
  w.length = r.u16();
  w.every = r.u16();
  return w;
}

Result<Schedule> read_schedule(ByteReader& r) {
  Schedule s;
  s.id = read_id<ScheduleId>(r);
  s.rule = static_cast<ScheduleRule>(r.u8());
  LIVLINA_TRY(zone, read_zone(r));
  s.zone = std::move(zone);
  s.valid_from = r.i64();
  s.valid_to = r.i64();
  s.opens_before_s = r.u32();
  s.grace_s = r.u32();
  LIVLINA_TRY(reminders, read_reminders(r));
  s.reminders_s = std::move(reminders);
  if (s.rule == ScheduleRule::weekly) {
    LIVLINA_TRY(times, read_times(r));
    s.times = std::move(times);
  } else if (s.rule == ScheduleRule::interval) {
    s.interval = read_interval(r);
  }  // else a later rule, which nobody here can keep
  if (!r.ok()) return Error::bad_format;
  // In a check-in record a schedule of zeros means all that are open.
  if (s.id.zero()) return Error::bad_id;
  if (const auto fault = fault_of(s))
    return *fault == ScheduleFault::dates ? Error::bad_dates : Error::bad_schedule;
  return s;
}

Result<Plan> parse_plan(const crypto::SignPublic& participant, RecordReader& r) {
  const auto circle = read_id<CircleId>(r);
  const std::uint32_t version = r.u32();
  const auto prev = r.array<32>();
  const Instant issued_at = r.i64();
  const std::uint16_t member_wait_s = r.u16();
  const std::size_t n = r.u8();
  if (n > max_schedules) return Error::too_large;
  std::vector<Schedule> schedules;
  for (std::size_t i = 0; i < n; ++i) {
    LIVLINA_TRY(schedule, read_schedule(r));
    schedules.push_back(std::move(schedule));
  }
  LIVLINA_CHECK(check_chain_start(version, prev));
  if (!sane_date(issued_at)) return Error::bad_dates;
  if (member_wait_s == 0 || member_wait_s > max_member_wait_s) return Error::bad_schedule;
  if (has_double(schedules, [](const Schedule& s) { return s.id; })) return Error::bad_id;
  return Plan{circle, participant, version, prev, issued_at, member_wait_s, std::move(schedules)};
}

}  // namespace

Bytes sign_plan(const Plan& plan, const crypto::SignKeyPair& participant) {
  ByteWriter w(max_plan);
  w.u8(record_version).bytes(plan.participant.view()).bytes(plan.circle.view());
  w.u32(plan.version).bytes(plan.prev).i64(plan.issued_at).u16(plan.member_wait_s);
  w.u8(static_cast<std::uint8_t>(plan.schedules.size()));
  for (const Schedule& s : plan.schedules) {
    w.bytes(s.id.view()).u8(static_cast<std::uint8_t>(s.rule));
    w.u8(static_cast<std::uint8_t>(s.zone.size())).str(s.zone);
    w.i64(s.valid_from).i64(s.valid_to).u32(s.opens_before_s).u32(s.grace_s);
    w.u8(static_cast<std::uint8_t>(s.reminders_s.size()));
    for (const std::uint32_t at : s.reminders_s) w.u32(at);
    if (s.rule == ScheduleRule::interval) {
      const IntervalWindow& i = s.interval;
      w.u8(i.weekdays).u16(i.from).u16(i.length).u16(i.every);
      continue;
    }
    w.u8(static_cast<std::uint8_t>(s.times.size()));
    for (const WeeklyTime& t : s.times) w.u8(t.weekdays).u16(t.minute);
  }
  return Verifier::sign(std::move(w), purpose, participant);
}

Result<Verified<Plan>> verify_plan(ByteView record) {
  return Verifier::open_self_signed<Plan>(record, max_plan, purpose, parse_plan);
}

Result<Verified<Plan>> reread_plan(const Kept& kept) {
  return Verifier::reread_self_signed<Plan>(kept, max_plan, parse_plan);
}

Status check_successor(const Verified<Plan>& known, const Verified<Plan>& next) {
  return check_link(known->circle == next->circle && known->participant == next->participant,
                    known->version, known.hash(), next->version, next->prev, next.hash());
}

}  // namespace livlina::protocol

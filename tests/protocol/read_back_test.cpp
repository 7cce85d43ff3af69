// Any record is read back as it was written: properties over random fields.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "protocol/records/checkin_record.hpp"
#include "protocol/records/device_list.hpp"
#include "protocol/records/plan.hpp"
#include "tests/protocol/record_samples.hpp"
#include "tests/protocol/why.hpp"
#include "tests/support/seeded_random.hpp"

namespace livlina::testing {
namespace {

using namespace protocol;

RC_GTEST_PROP(CheckinRecord, any_record_is_read_back_as_written,
              (std::uint64_t seq, std::uint32_t version, std::uint8_t fill)) {
  CheckinRecord r = sample_checkin();
  r.seq = seq == 0 ? 1 : seq;
  r.heads.manifest_seq = version;
  r.heads.plan_version = version + 1;
  r.heads.devlist_version = version + 2;
  r.prev = hash_of(fill);
  r.schedule.fill(fill);
  r.answer = static_cast<std::uint8_t>(fill % 3 + 1);
  const auto back = verify_checkin(sign_checkin(r, owner()), owner().public_key());
  RC_ASSERT(back.ok());
  const CheckinRecord& b = **back;
  RC_ASSERT(b.type == r.type && b.circle == r.circle && b.device == r.device);
  RC_ASSERT(b.plan_hash == r.plan_hash && b.schedule == r.schedule && b.slot_utc == r.slot_utc);
  RC_ASSERT(b.seq == r.seq && b.prev == r.prev && b.claimed_at == r.claimed_at);
  RC_ASSERT(b.answer == r.answer && b.heads == r.heads && b.note_ref == r.note_ref);
}

// A device of keys drawn at random.
Device random_device(crypto::Random& random) {
  const auto sig = crypto::SignKeyPair::generate(random).public_key();
  auto u = random.array<32>();
  u[31] &= 0x3f;
  const auto ik = crypto::parse_dh_key(u).value();
  return {device_id(sig, ik), sig, ik};
}

RC_GTEST_PROP(DeviceList, any_list_is_read_back_as_written, (std::uint64_t seed)) {
  SeededRandom random(seed);
  const auto account = crypto::SignKeyPair::generate(random);
  DeviceList list{.account = account.public_key(),
                  .version = *rc::gen::inRange<std::uint32_t>(2, 0xffffffff),
                  .prev = random.array<32>(),
                  .issued_at = *rc::gen::inRange<Instant>(1577836800000, 4102444800000),
                  .suites = {1, 2},
                  .env = dh_key(0x20),
                  .devices = {}};
  const auto count = *rc::gen::inRange<std::size_t>(1, max_devices + 1);
  for (std::size_t i = 0; i < count; ++i) list.devices.push_back(random_device(random));
  const auto back = must<DeviceList>(verify_device_list, sign_device_list(list, account));
  RC_ASSERT(back->account == list.account);
  RC_ASSERT(back->version == list.version);
  RC_ASSERT(back->prev == list.prev);
  RC_ASSERT(back->issued_at == list.issued_at);
  RC_ASSERT(back->suites == list.suites);
  RC_ASSERT(back->env == list.env);
  RC_ASSERT(back->devices.size() == count);
  for (const Device& d : list.devices) {
    const Device* found = back->find(d.id);
    RC_ASSERT(found != nullptr);
    RC_ASSERT(found->sig == d.sig);
    RC_ASSERT(found->ik == d.ik);
  }
  RC_ASSERT(back->find(DeviceId{}) == nullptr);
}

RC_GTEST_PROP(Plan, any_plan_is_read_back_as_written, ()) {
  Plan plan = sample_plan();
  Schedule& s = plan.schedules[0];
  plan.version = *rc::gen::inRange<std::uint32_t>(2, 0xffffffff);
  plan.member_wait_s = *rc::gen::inRange<std::uint16_t>(1, 3601);
  s.valid_from = *rc::gen::inRange<Instant>(1577836800000, 4102444700000);
  s.valid_to = *rc::gen::inRange<Instant>(s.valid_from + 1, 4102444800000);
  s.opens_before_s = *rc::gen::inRange<std::uint32_t>(0, 3600);
  s.grace_s = *rc::gen::inRange<std::uint32_t>(1, 3600);
  s.reminders_s = {};
  for (std::uint32_t at = 0; at < s.grace_s && s.reminders_s.size() < max_reminders; at += 900)
    s.reminders_s.push_back(at);
  s.times.clear();
  const auto step = *rc::gen::inRange<std::uint16_t>(121, 600);  // more than an hour and an hour
  for (std::uint16_t m = 0; m + 121 < 1440 && s.times.size() < max_times;
       m = static_cast<std::uint16_t>(m + step))
    s.times.push_back({*rc::gen::inRange<std::uint8_t>(1, 128), m});
  const auto back = must<Plan>(verify_plan, sign_plan(plan, owner()));
  RC_ASSERT(back->version == plan.version);
  RC_ASSERT(back->member_wait_s == plan.member_wait_s);
  const Schedule& r = back->schedules[0];
  RC_ASSERT(r.id == s.id && r.zone == s.zone);
  RC_ASSERT(r.valid_from == s.valid_from && r.valid_to == s.valid_to);
  RC_ASSERT(r.opens_before_s == s.opens_before_s && r.grace_s == s.grace_s);
  RC_ASSERT(r.reminders_s == s.reminders_s);
  RC_ASSERT(r.times.size() == s.times.size());
  for (std::size_t i = 0; i < s.times.size(); ++i)
    RC_ASSERT(r.times[i].weekdays == s.times[i].weekdays && r.times[i].minute == s.times[i].minute);
}

RC_GTEST_PROP(Plan, any_interval_is_read_back_as_written, ()) {
  Plan plan = sample_interval_plan();
  Schedule& s = plan.schedules[0];
  s.opens_before_s = *rc::gen::inRange<std::uint32_t>(0, 900);
  s.grace_s = *rc::gen::inRange<std::uint32_t>(1, 880);
  s.reminders_s = {};
  IntervalWindow& w = s.interval;
  w.weekdays = *rc::gen::inRange<std::uint8_t>(1, 128);
  w.from = *rc::gen::inRange<std::uint16_t>(0, 1440);
  w.length = *rc::gen::inRange<std::uint16_t>(30, 1411);
  w.every = *rc::gen::inRange<std::uint16_t>(30, static_cast<std::uint16_t>(w.length + 1));
  const auto back = must<Plan>(verify_plan, sign_plan(plan, owner()));
  RC_ASSERT(back->schedules[0].rule == ScheduleRule::interval);
  RC_ASSERT(back->schedules[0].interval == w);
  RC_ASSERT(back->schedules[0].grace_s == s.grace_s);
  RC_ASSERT(back->schedules[1].interval == plan.schedules[1].interval);
}

}  // namespace
}  // namespace livlina::testing

#include "tests/support/people.hpp"

#include "crypto/e2ee/dh.hpp"

namespace livlina::testing {

using protocol::LineType;

crypto::DhPublic random_dh(crypto::Random& random) {
  return crypto::DhKeyPair::generate(random).public_key();
}

TestDevice make_device(crypto::Random& random) {
  auto sig = crypto::SignKeyPair::generate(random);
  const auto ik = random_dh(random);
  const auto pub = sig.public_key();
  return {std::move(sig), {protocol::device_id(pub, ik), pub, ik}};
}

Bytes Person::spk_record(std::uint32_t id, Instant now, crypto::Random& random,
                         std::size_t device) const {
  const TestDevice& d = devices.at(device);
  return protocol::sign_prekey({d.id(), id, random_dh(random), now}, d.sig);
}

Bytes Person::shadow_mark() const {
  return protocol::sign_shadow_mark({key(), shadow().id(), 1}, account);
}

Bytes Person::next_list(Instant now, crypto::Random& random) {
  list.version += 1;
  list.prev = list.version == 1 ? crypto::Hash{} : crypto::sha256(list_record);
  list.issued_at = now;
  list.env = random_dh(random);
  list.devices.clear();
  for (const TestDevice& d : devices) list.devices.push_back(d.device);
  list_record = protocol::sign_device_list(list, account);
  return list_record;
}

Person make_person(crypto::Random& random, Instant now, std::size_t devices) {
  auto account = crypto::SignKeyPair::generate(random);
  const auto key = account.public_key();
  Person out{std::move(account), {}, {key, 0, {}, now, {1}, random_dh(random), {}}, {}};
  for (std::size_t i = 0; i < devices; ++i) out.devices.push_back(make_device(random));
  (void)out.next_list(now, random);
  return out;
}

Person make_participant(crypto::Random& random, Instant now) { return make_person(random, now, 2); }

Bytes TestDesk::next_roster(const std::vector<const Person*>& coordinators, Instant now) {
  roster.serial += 1;
  roster.prev = roster.serial == 1 ? crypto::Hash{} : crypto::sha256(roster_record);
  roster.issued_at = now;
  roster.not_after = now + protocol::roster_life;
  roster.coordinators.clear();
  for (const Person* p : coordinators) {
    protocol::RosterEntry e{p->key(), {}};
    for (const TestDevice& d : p->devices) e.devices.push_back(d.id());
    roster.coordinators.push_back(std::move(e));
  }
  roster_record = protocol::sign_roster(roster, root);
  return roster_record;
}

Bytes TestDesk::next_directory(const std::vector<Staff>& staff, Instant now) {
  directory.serial += 1;
  directory.prev = directory.serial == 1 ? crypto::Hash{} : crypto::sha256(directory_record);
  directory.issued_at = now;
  directory.not_after = now + protocol::directory_life;
  directory.staff.clear();
  for (const Staff& s : staff)
    directory.staff.push_back({s.person->key(),
                               s.role,
                               {},
                               s.person->list.version,
                               crypto::sha256(s.person->list_record)});
  directory_record = protocol::sign_directory(directory, root);
  return directory_record;
}

TestDesk make_desk(crypto::Random& random, const std::vector<const Person*>& coordinators,
                   const std::vector<TestDesk::Staff>& staff, Instant now) {
  auto root = crypto::SignKeyPair::generate(random);
  const auto key = root.public_key();
  TestDesk out{std::move(root),
               {key, 0, {}, {}, now, now + protocol::roster_life, {}, random_dh(random)},
               {},
               {key, 0, {}, {}, now, now + protocol::directory_life, {}},
               {}};
  (void)out.next_roster(coordinators, now);
  std::vector<TestDesk::Staff> all;
  for (const Person* p : coordinators) all.push_back({p, Role::coordinator});
  all.insert(all.end(), staff.begin(), staff.end());
  (void)out.next_directory(all, now);
  return out;
}

protocol::Line make_line(crypto::Random& random, LineType type, const crypto::SignPublic& key,
                         Role role, std::uint16_t scope, Instant now) {
  return {random_id<LineId>(random), type, key, role, scope, now - day, now + 300 * day, 48, {}};
}

Bytes TestCircle::next_manifest(const Person& participant, std::vector<protocol::Line> lines,
                                bool armed, Instant now) {
  manifest.seq += 1;
  manifest.prev = manifest.seq == 1 ? crypto::Hash{} : crypto::sha256(manifest_record);
  manifest.issued_at = now;
  manifest.armed = armed;
  manifest.lines = std::move(lines);
  manifest_record = protocol::sign_manifest(manifest, participant.account);
  return manifest_record;
}

Bytes TestCircle::next_plan(const Person& participant, std::vector<protocol::Schedule> schedules,
                            Instant now) {
  plan.version += 1;
  plan.prev = plan.version == 1 ? crypto::Hash{} : crypto::sha256(plan_record);
  plan.issued_at = now;
  plan.schedules = std::move(schedules);
  plan_record = protocol::sign_plan(plan, participant.account);
  return plan_record;
}

TestCircle make_circle(crypto::Random& random, const Person& participant,
                       const crypto::SignPublic& desk, std::vector<protocol::Line> lines,
                       Instant now) {
  const auto id = random_id<CircleId>(random);
  const auto& key = participant.key();
  TestCircle out{
      id, {id, key, 0, {}, now, false, {}, {desk, {}}}, {}, {id, key, 0, {}, now, 120, {}}, {}};
  (void)out.next_manifest(participant, std::move(lines), false, now);
  return out;
}

protocol::Schedule daily(crypto::Random& random, const std::string& zone,
                         const std::vector<std::uint16_t>& minutes, Instant from, Instant to,
                         std::uint32_t grace_s, std::uint32_t opens_before_s) {
  protocol::Schedule out;
  out.id = random_id<ScheduleId>(random);
  out.zone = zone;
  out.valid_from = from;
  out.valid_to = to;
  out.opens_before_s = opens_before_s;
  out.grace_s = grace_s;
  for (const std::uint16_t m : minutes) out.times.push_back({0x7f, m});
  return out;
}

}  // namespace livlina::testing

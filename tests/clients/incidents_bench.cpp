#include "tests/clients/incidents_bench.hpp"

#include <gtest/gtest.h>

namespace livlina::testing {

using protocol::Act;
using protocol::RecordType;
using protocol::StaffAct;

IncidentBench::IncidentBench(Who who, bool armed) : WatchBench(who, scope_all, armed) {
  online();
  told.set_incident_id(std::string(16, 'i'));
  told.set_circle_id(to_string(circle.id.view()));
  told.set_lane(incident::open);
  told.set_state(incident::notifying);
  told.set_severity(2);
  told.set_opened_at(now);
}

StaffAct IncidentBench::said_by(const Person& by, Act what, Instant at) const {
  StaffAct a;
  a.act = what;
  a.circle = circle.id;
  a.incident = *IncidentId::from(told.incident_id());
  a.seen_act = newest();
  a.actor = by.primary().id();
  a.time = at;
  if (what == Act::resolve) a.reason = protocol::Reason::reached_and_well;
  return a;
}

Bytes IncidentBench::sign(const StaffAct& act, const Person& by, std::size_t device) {
  return protocol::sign_act(act, by.devices.at(device).sig);
}

Bytes IncidentBench::act(const Person& by, Act what, Instant at) const {
  return sign(said_by(by, what, at), by);
}

Bytes IncidentBench::resolve(const Person& by, protocol::Reason reason) const {
  StaffAct a = said_by(by, Act::resolve, now);
  a.reason = reason;
  return sign(a, by);
}

Bytes IncidentBench::record(RecordType type, std::uint8_t answer, std::uint64_t alarm_seq,
                            bool by_shadow, const crypto::Hash& note_ref) {
  auto r = spoken(answer, now);
  r.type = type;
  r.slot_utc = 0;
  r.note_ref = note_ref;
  for (std::size_t i = 0; i < 8; ++i)
    r.schedule[i] = static_cast<std::uint8_t>(alarm_seq >> (8 * i));
  return signed_record(r, by_shadow);
}

void IncidentBench::event(std::uint32_t kind, const Bytes& record) {
  auto& e = *told.add_events();
  e.set_kind(kind);
  e.set_at(now);
  e.set_record(to_string(record));
}

void IncidentBench::trigger(std::uint32_t kind, const Bytes& record) {
  constexpr std::uint32_t severities[] = {0, 2, 1, 3, 4, 4, 4, 1};
  auto& t = *told.add_triggers();
  t.set_kind(kind);
  t.set_severity(severities[kind]);
  t.set_at(now);
  t.set_record(to_string(record));
  told.set_severity(std::max(told.severity(), t.severity()));
}

void IncidentBench::hold(const Person& who) {
  told.set_state(incident::taken);
  told.set_holder(to_string(who.key().view()));
}

crypto::Hash IncidentBench::newest() const {
  crypto::Hash out{};
  for (const auto& t : told.triggers())
    if (!t.record().empty()) out = crypto::sha256(livlina::view(t.record()));
  for (const auto& e : told.events())
    if (!e.record().empty()) out = crypto::sha256(livlina::view(e.record()));
  return out;
}

const v1::IncidentView& IncidentBench::tell() {
  v1::ServerFrame frame;
  *frame.mutable_incident_changed()->mutable_incident() = told;
  push(frame);
  refuse_fetches();
  return last(v1::Event::kIncident)->incident();
}

v1::Command IncidentBench::do_act(const v1::Incident& incident, Act what, protocol::Reason reason) {
  v1::Command c;
  c.mutable_do_act()->set_act(static_cast<std::uint32_t>(what));
  c.mutable_do_act()->set_incident_id(incident.incident_id());
  c.mutable_do_act()->set_reason(static_cast<std::uint32_t>(reason));
  return c;
}

std::optional<StaffAct> IncidentBench::signed_act(const v1::Command& wanted,
                                                  const v1::Incident& reply) {
  command(wanted);
  v1::ServerFrame frame;
  *frame.mutable_incident() = reply;
  EXPECT_TRUE(answer(v1::Request::kGetIncident, &frame));
  const auto posts = waiting(v1::Request::kPostAct);
  if (posts.empty()) return std::nullopt;
  const auto act = protocol::verify_act(livlina::view(posts.back()->post_act().record()),
                                        bo.primary().sig.public_key());
  EXPECT_TRUE(act.ok());
  return act.ok() ? std::optional(**act) : std::nullopt;
}

void IncidentBench::pass(Duration time) {
  now += time;
  context().now = now;
  messenger().tick();
  commit();
}

void IncidentBench::sign_lines(const std::vector<protocol::Line>& lines) {
  (void)circle.next_manifest(sami, lines, circle.manifest.armed, now);
  EXPECT_TRUE(trust().accept_manifest(circle.manifest_record, {}).ok());
  commit();
}

}  // namespace livlina::testing

#include "crypto/e2ee/kinds.hpp"

namespace livlina::crypto {

namespace {

constexpr std::uint8_t bit(Role r) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(r));
}

constexpr std::uint8_t person = bit(Role::participant);
// Who has a mandate or a vetting: they propose, keep plans, and watch the audit.
constexpr std::uint8_t staff =
    bit(Role::contact_person) | bit(Role::mentor) | bit(Role::coordinator);
// Everybody whom the participant lets in.
constexpr std::uint8_t helpers = staff | bit(Role::relative) | bit(Role::partner_agency);
constexpr std::uint8_t planners = person | staff;
constexpr std::uint8_t everyone = person | helpers;

// In the order of the numbers. What an alarm needs goes in the alarm queue, what can wait in bulk.
// Alarm, check-in note and receipt have one size, so that neither content nor duress shows.
constexpr KindRule rules[] = {
    {Kind::text, Queue::normal, scope_messages, 0, everyone, everyone, "text"},
    {Kind::receipt, Queue::normal, scope_none, 1024, everyone, everyone, "receipt"},
    {Kind::attachment, Queue::bulk, scope_messages, 0, everyone, everyone, "attachment"},
    {Kind::alarm, Queue::alarm, scope_alarm, 1024, person, helpers, "alarm"},
    {Kind::location, Queue::alarm, scope_location, 0, person, helpers, "location"},
    {Kind::checkin_note, Queue::normal, scope_checkin, 1024, person, helpers, "checkin_note"},
    {Kind::incident_note, Queue::alarm, scope_alarm, 0, everyone, everyone, "incident_note"},
    {Kind::detail, Queue::normal, scope_none, 0, planners, everyone, "detail"},
    {Kind::proposal, Queue::normal, scope_plan, 0, planners, planners, "proposal"},
    {Kind::control, Queue::normal, scope_none, 0, everyone, everyone, "control"},
    {Kind::audit_head, Queue::bulk, scope_none, 0, staff, staff, "audit_head"},
    {Kind::shadow_mark, Queue::normal, scope_none, 0, person, helpers, "shadow_mark"},
    {Kind::drill, Queue::alarm, scope_alarm, 0, person, helpers, "drill"},
};

}  // namespace

const KindRule* rule(std::uint8_t kind) {
  for (const KindRule& r : rules)
    if (static_cast<std::uint8_t>(r.kind) == kind) return &r;
  return nullptr;
}

}  // namespace livlina::crypto

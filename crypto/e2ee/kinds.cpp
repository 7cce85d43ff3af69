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
    {Kind::text, scope_messages, everyone, everyone, Queue::normal, 0, "text"},
    {Kind::receipt, scope_none, everyone, everyone, Queue::normal, 1024, "receipt"},
    {Kind::attachment, scope_messages, everyone, everyone, Queue::bulk, 0, "attachment"},
    {Kind::alarm, scope_alarm, person, helpers, Queue::alarm, 1024, "alarm"},
    {Kind::location, scope_location, person, helpers, Queue::alarm, 0, "location"},
    {Kind::checkin_note, scope_checkin, person, helpers, Queue::normal, 1024, "checkin_note"},
    {Kind::incident_note, scope_alarm, everyone, everyone, Queue::alarm, 0, "incident_note"},
    {Kind::detail, scope_none, planners, everyone, Queue::normal, 0, "detail"},
    {Kind::proposal, scope_plan, planners, planners, Queue::normal, 0, "proposal"},
    {Kind::control, scope_none, everyone, everyone, Queue::normal, 0, "control"},
    {Kind::audit_head, scope_none, staff, staff, Queue::bulk, 0, "audit_head"},
    {Kind::shadow_mark, scope_none, person, helpers, Queue::normal, 0, "shadow_mark"},
    {Kind::drill, scope_alarm, person, helpers, Queue::alarm, 0, "drill"},
};

}  // namespace

const KindRule* rule(std::uint8_t kind) {
  for (const KindRule& r : rules)
    if (static_cast<std::uint8_t>(r.kind) == kind) return &r;
  return nullptr;
}

}  // namespace livlina::crypto

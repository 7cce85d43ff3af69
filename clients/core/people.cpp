#include "clients/core/people.hpp"

#include "clients/core/enrolment.hpp"
#include "clients/core/invite_store.hpp"
#include "clients/core/plans.hpp"
#include "clients/core/pretence.hpp"
#include "clients/core/schedule_text.hpp"
#include "crypto/e2ee/safety_number.hpp"
#include "livlina/core.pb.h"

namespace livlina::client {

namespace {

v1::Person person(const Context& context, const Trust& trust, const SignPublic& account,
                  Role role) {
  v1::Person out;
  out.set_account(to_string(account.view()));
  out.set_name(trust.person_name(account));
  out.set_organisation(trust.person_organisation(account));
  out.set_role(static_cast<std::uint32_t>(role));
  mark_devices(context, trust, account, out);
  return out;
}

v1::Person line_person(const Context& context, const Trust& trust, const protocol::Line& line) {
  v1::Person out = person(context, trust, line.key, line.role);
  const Desk* desk = trust.desk();
  if (line.type != protocol::LineType::account && desk != nullptr && line.key == desk->key)
    out.set_name(desk->name);
  out.set_line_id(to_string(line.id.view()));
  out.set_line_type(static_cast<std::uint32_t>(line.type));
  out.set_scope(line.scope);
  out.set_not_before(line.not_before);
  out.set_not_after(line.not_after);
  return out;
}

}  // namespace

// What was compared was compared with the devices of then.
void mark_devices(const Context& context, const Trust& trust, const SignPublic& account,
                  v1::Person& out) {
  const crypto::Hash list = trust.new_devices(account);
  if (list != crypto::Hash{}) return out.set_new_devices(to_string(list));
  out.set_verified(is_verified(context.store, account));
}

v1::CircleView circle_view(const Context& context, const Trust& trust, const Identity& self,
                           const Circle& true_one) {
  const auto pretended = pretended_circle(context.store, self, true_one);
  const Circle& circle = pretended ? *pretended : true_one;
  v1::CircleView out;
  out.set_circle_id(to_string(circle.id.view()));
  out.set_participant(to_string(circle.participant.view()));
  out.set_participant_name(trust.person_name(circle.participant));
  out.set_state(static_cast<std::uint32_t>(circle.server_state));
  out.set_category(circle.category);
  out.set_ours(circle.participant == self.account);
  if (out.ours()) out.set_participant_name(self.name);
  if (const auto* newest = circle.newest()) {
    out.set_manifest_seq((*newest)->seq);
    for (const protocol::Line& line : (*newest)->lines)
      *out.add_people() = line_person(context, trust, line);
  }
  if (circle.plan) {
    out.set_plan_version((*circle.plan)->version);
    out.set_plan_hash(to_string(circle.plan->hash()));
    out.set_plan_approved(circle.plan_approved);
    out.set_member_wait_s((*circle.plan)->member_wait_s);
    for (const protocol::Schedule& s : (*circle.plan)->schedules) *out.add_schedules() = text_of(s);
  }
  if (const auto proposed = proposed_plan(context.store, self, true_one)) {
    out.set_proposed_plan_hash(to_string(proposed->hash()));
    out.set_proposed_member_wait_s((*proposed)->member_wait_s);
    for (const protocol::Schedule& s : (*proposed)->schedules)
      *out.add_proposed_schedules() = text_of(s);
  }
  out.set_practised(out.ours() && practised(context.store));
  return out;
}

People::People(Context& context, Trust& trust) : context_(context), trust_(trust) {}

crypto::Status People::load(const Identity& identity) {
  self_ = &identity;
  return crypto::done();
}

bool People::command(const v1::Command& command) {
  if (command.has_get_people()) {
    people(command.id(), command.get_people());
    return true;
  }
  if (!command.has_get_safety_number()) return false;
  safety_number(command.id(), command.get_safety_number());
  return true;
}

void People::describe(v1::Status& out) const {
  out.set_account(to_string(self_->account.view()));
  out.set_device(to_string(self_->device.view()));
  out.set_name(self_->name);
  const auto listed = trust_.desk_role(self_->account);
  const auto role = listed ? listed : own_role(context_.store);
  if (role) out.set_role(static_cast<std::uint32_t>(*role));
  if (self_->participant) out.set_role(static_cast<std::uint32_t>(Role::participant));
  for (const Circle* circle : trust_.circles())
    *out.add_circles() = circle_view(context_, trust_, *self_, *circle);
}

// Of a circle: its lines and the participant. Without one: the staff whom the desk lists, so that a
// participant may let them in.
void People::people(std::uint64_t command, const v1::GetPeople& wanted) const {
  v1::Event event;
  event.set_command_id(command);
  v1::People& out = *event.mutable_people();
  if (wanted.circle_id().empty()) {
    const Desk* desk = trust_.desk();
    if (desk != nullptr && desk->directory)
      for (const protocol::StaffEntry& e : (*desk->directory)->staff)
        *out.add_people() = person(context_, trust_, e.account, e.role);
  } else {
    const auto id = CircleId::from(wanted.circle_id());
    const Circle* circle = id ? trust_.circle(*id) : nullptr;
    if (circle == nullptr) return context_.finish(command, Error::unknown_circle);
    *out.add_people() = person(context_, trust_, circle->participant, Role::participant);
    const v1::CircleView lines = circle_view(context_, trust_, *self_, *circle);
    for (const v1::Person& p : lines.people()) *out.add_people() = p;
  }
  context_.emit(std::move(event));
  context_.finish(command, Unit{});
}

void People::safety_number(std::uint64_t command, const v1::GetSafetyNumber& wanted) const {
  const auto id = CircleId::from(wanted.circle_id());
  if (!id || trust_.circle(*id) == nullptr) return context_.finish(command, Error::unknown_circle);
  const auto with = crypto::parse_sign_key(view(wanted.with()));
  if (!with.ok()) return context_.finish(command, Error::bad_argument, "with");
  const Desk* desk = trust_.desk();
  const bool is_desk = desk != nullptr && desk->key == *with;
  const Circle& circle = *trust_.circle(*id);
  const auto pretended = pretended_circle(context_.store, *self_, circle);
  if (!is_desk && !trust_.standing(pretended ? *pretended : circle, *with, context_.now))
    return context_.finish(command, Error::unknown_person);
  v1::Event event;
  event.set_command_id(command);
  v1::SafetyNumber& out = *event.mutable_safety_number();
  out.set_digits(crypto::safety_number(self_->account.bytes(), with->bytes(), *id));
  out.set_name(is_desk ? desk->name : trust_.person_name(*with));
  context_.emit(std::move(event));
  context_.finish(command, Unit{});
}

}  // namespace livlina::client

// Plans: signed by the participant, and counter-signed by a supporter once the circle is armed
// (H32).
#include <algorithm>

#include "protocol/proto.hpp"
#include "protocol/records/staff_act.hpp"
#include "server/services/handlers.hpp"
#include "server/services/records.hpp"
#include "server/services/tell.hpp"
#include "server/services/watch.hpp"
#include "server/store/circles.hpp"

namespace livlina::server {

namespace {

// A signed approve over exactly this plan by a device of a supporter whose line has the plan scope
// now; a coordinator only by the desk's line. The client core counts by the same rule
// (Trust::approves).
bool approved(Turn& turn, const CircleFacts& circle, const protocol::Verified<protocol::Plan>& plan,
              ByteView record) {
  const auto actor = protocol::peek_actor(record);
  if (!actor.ok()) return false;
  const auto device = known_device(turn, *actor);
  if (!device) return false;
  const auto act = protocol::verify_act(record, device->device.sig);
  if (!act.ok() || (*act)->act != protocol::Act::approve || (*act)->circle != circle.id ||
      (*act)->target != plan.hash())
    return false;
  const auto who = member(turn, circle, device->account, false);
  return who && (who->scope & scope_plan) != 0 &&
         std::find(who->devices.begin(), who->devices.end(), *actor) != who->devices.end();
}

}  // namespace

Answer<Unit> put_plan(Turn& turn, const Caller& caller, const v1::PutPlan& request) {
  const auto plan = protocol::verify_plan(field(request.record()));
  if (!plan.ok()) return refuse(Code::bad_record);
  const protocol::Plan& next = **plan;
  const auto circle = circle_facts(turn, next.circle);
  if (next.participant != caller.account || !circle || circle->participant != caller.account)
    return refuse(Code::forbidden);
  store::Circles circles(turn.db);
  const auto known = newest_plan(turn, next.circle);
  const auto step =
      chain_step(known ? (*known)->version : 0, known ? &known->hash() : nullptr, next.version,
                 next.prev, plan->hash(), circles.plan_hash(next.circle, next.version));
  if (!step.ok()) return step.error();
  if (*step == Step::repeat) return Unit{};
  if (circle->state == CircleState::closed) return refuse(Code::wrong_state, "closed");
  if (const auto why = check_plan(turn.settings, next, turn.zones)) return *why;
  const bool needs_approval = circle->state != CircleState::setup || (*circle->manifest)->armed;
  const bool has_approval =
      !request.approval().empty() && approved(turn, *circle, *plan, field(request.approval()));
  if (needs_approval && !has_approval) return refuse(Code::not_ready, "approval");

  store::PlanRow row{{next.version, plan->record(), plan->hash()}, {}};
  if (has_approval) row.approval = to_bytes(field(request.approval()));
  circles.add_plan(next.circle, row);
  plan_accepted(turn, *circle, *plan);
  tell_circle(turn, *circle);
  return Unit{};
}

}  // namespace livlina::server

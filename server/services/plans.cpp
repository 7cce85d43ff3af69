// Plans: signed by the participant, and counter-signed by a supporter once the circle is armed
// (H32).
#include <algorithm>

#include "protocol/proto.hpp"
#include "protocol/records/staff_act.hpp"
#include "server/services/handlers.hpp"
#include "server/services/notices.hpp"
#include "server/services/records.hpp"
#include "server/services/tell.hpp"
#include "server/services/watch.hpp"
#include "server/store/circles.hpp"
#include "server/store/desks.hpp"

namespace livlina::server {

namespace {

constexpr Duration soon = 7 * day;  // a plan by which nothing opens until then watches nothing

// The manifest that armed the circle: `armed` never goes back, so halving finds it in a chain of
// any length.
Record<protocol::Manifest> arming_manifest(Turn& turn, const CircleFacts& circle) {
  Record<protocol::Manifest> found;
  std::uint32_t from = 1;
  for (std::uint32_t to = (*circle.manifest)->seq; from <= to;) {
    const std::uint32_t middle = from + (to - from) / 2;
    auto manifest = manifest_at(turn, circle.id, middle);
    if (manifest && (*manifest)->armed) {
      found = std::move(manifest);
      to = middle - 1;
    } else {
      from = middle + 1;
    }
  }
  return found;
}

// Whoever holds the phone can sign a line for an accomplice, as often as they like. So only those
// approve whom the desk lists, or who had the scope when the circle was armed with staff around.
bool trusted_with_plans(Turn& turn, const CircleFacts& circle, const SignPublic& account) {
  if (store::Desks(turn.db).is_person((*circle.manifest)->recovery.desk.bytes(), account.bytes()))
    return true;
  const auto arming = arming_manifest(turn, circle);
  const protocol::Line* line = arming ? (*arming)->line_for(account, false, false) : nullptr;
  return line != nullptr && (line->scope & scope_plan) != 0;
}

// A signed approve over exactly this plan by a device of a supporter whose line has the plan scope
// now; a coordinator only by the desk's line. The client core asks for the same line
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
  const auto who = member(turn, circle, device->account, Grace::none);
  return who && (who->scope & scope_plan) != 0 && acts_with(*who, *actor) &&
         trusted_with_plans(turn, circle, device->account);
}

// H32: no plan of a watched circle is changed without the desk's knowledge; least of all so that
// nothing is due any more.
void tell_desk_of_plan(Turn& turn, const CircleFacts& circle, const protocol::Plan& plan) {
  const bool due_soon =
      std::any_of(plan.schedules.begin(), plan.schedules.end(), [&](const protocol::Schedule& s) {
        const auto next = protocol::next_slot(s, turn.now, turn.zones);
        return next && next->opens_at <= turn.now + soon;
      });
  warn_desk(turn, circle, policy::NotificationKind::warning,
            due_soon ? policy::NoticeCode::plan_changed : policy::NoticeCode::plan_empty,
            cause_of("plan", ByteView(circle.id.bytes), plan.version));
}

// What a plan has to follow: the newest one here, then those that come with the request. These were
// lost here, and only link the chain.
struct Run {
  std::uint32_t version = 0;
  std::optional<crypto::Hash> hash;
  std::vector<store::PlanRow> links;
};

Answer<Run> run_before(Turn& turn, const protocol::Plan& next, const v1::PutPlan& request) {
  Run run;
  if (static_cast<std::size_t>(request.before_size()) > protocol::max_plan_links)
    return refuse(Code::malformed, "before");
  if (const auto known = newest_plan(turn, next.circle)) {
    run.version = (*known)->version;
    run.hash = known->hash();
  }
  const store::Circles circles(turn.db);
  for (const std::string& bytes : request.before()) {
    const auto plan = protocol::verify_plan(field(bytes));
    if (!plan.ok()) return refuse(Code::bad_record);
    const protocol::Plan& link = **plan;
    if (link.circle != next.circle || link.participant != next.participant)
      return refuse(Code::forbidden);
    const auto step =
        chain_step(run.version, run.hash ? &*run.hash : nullptr, link.version, link.prev,
                   plan->hash(), circles.plan_hash(next.circle, link.version));
    if (!step.ok()) return step.error();
    if (*step == Step::repeat) continue;
    run.version = link.version;
    run.hash = plan->hash();
    run.links.push_back({{link.version, plan->record(), plan->hash()}, {}});
  }
  return run;
}

}  // namespace

Answer<Unit> put_plan(Turn& turn, const Caller& caller, const v1::PutPlan& request) {
  const auto plan = protocol::verify_plan(field(request.record()));
  if (!plan.ok()) return refuse(Code::bad_record);
  const protocol::Plan& next = **plan;
  const auto circle = circle_facts(turn, next.circle);
  if ((next.participant != caller.account && !caller.any_key) || !circle ||
      circle->participant != caller.account)
    return refuse(Code::forbidden);
  store::Circles circles(turn.db);
  const auto run = run_before(turn, next, request);
  if (!run.ok()) return run.error();
  // One that stands on others of the decoy realm, which were taken back, follows them there.
  const bool on_pretended = caller.any_key && next.version > run->version + 1;
  const auto step = on_pretended ? Answer<Step>(Step::next)
                                 : chain_step(run->version, run->hash ? &*run->hash : nullptr,
                                              next.version, next.prev, plan->hash(),
                                              circles.plan_hash(next.circle, next.version));
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
  for (const store::PlanRow& link : run->links) circles.add_plan(next.circle, link);
  circles.add_plan(next.circle, row);
  plan_accepted(turn, *circle, *plan);
  if (needs_approval) tell_desk_of_plan(turn, *circle, next);
  tell_circle(turn, *circle);
  return Unit{};
}

}  // namespace livlina::server

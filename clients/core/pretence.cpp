#include "clients/core/pretence.hpp"

#include <algorithm>

#include "clients/core/identity.hpp"
#include "clients/core/people.hpp"
#include "clients/core/plans.hpp"
#include "livlina/core.pb.h"

namespace livlina::client {

namespace {

// "shown/lines" and "shown/plan": u8 1 | u32 version of the manifest (plan) that it stands on | an
// encoded CircleView with the fields that differ.
constexpr std::uint8_t version = 1;
constexpr std::string_view lines_key = "shown/lines";
constexpr std::string_view plan_key = "shown/plan";
constexpr Duration default_line_life = 365 * day;
constexpr std::uint32_t armed_state = 2, degraded_state = 3;

struct Kept {
  std::uint32_t on = 0;
  v1::CircleView view;
};

std::optional<Kept> read(const Store& store, std::string_view key) {
  ByteReader r(store.get(key));
  const std::uint8_t v = r.u8();
  Kept out{r.u32(), {}};
  const ByteView bytes = r.view(r.left());
  if (!r.ok() || v != version ||
      !out.view.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return std::nullopt;
  return out;
}

void write(Store& store, std::string_view key, const Kept& kept) {
  ByteWriter w;
  w.u8(version).u32(kept.on).bytes(view(kept.view.SerializeAsString()));
  store.put(key, w.get());
}

// Those of `view` that are kept, then the new ones.
Status choose(const Context& context, const v1::CircleView& before, const v1::SignManifest& wanted,
              v1::CircleView& out) {
  for (const std::string& id : wanted.keep()) {
    const auto line = std::find_if(before.people().begin(), before.people().end(),
                                   [&](const v1::Person& p) { return p.line_id() == id; });
    if (line == before.people().end()) return Error::bad_argument;
    *out.add_people() = *line;
  }
  for (const v1::Person& person : wanted.lines()) {
    if (person.line_type() < 1 || person.line_type() > 3) return Error::bad_argument;
    v1::Person& line = *out.add_people();
    line = person;
    if (line.line_id().empty()) line.set_line_id(to_string(context.random.array<16>()));
    if (line.not_before() == 0) line.set_not_before(context.now);
    if (line.not_after() == 0) line.set_not_after(line.not_before() + default_line_life);
  }
  return Unit{};
}

}  // namespace

Told pretend_manifest(const Context& context, const Trust& trust, const Identity& self,
                      const v1::SignManifest& wanted) {
  const Circle* circle = trust.circle_of(self.account);
  if (circle == nullptr) return {Error::wrong_state, "not_confirmed"};
  const v1::CircleView before = circle_view(context, trust, self, *circle);
  const bool armed = before.state() == armed_state || before.state() == degraded_state;
  Kept kept{circle->newest() == nullptr ? 0 : (*circle->newest())->seq, {}};
  if (const Status chosen = choose(context, before, wanted, kept.view); !chosen.ok())
    return {chosen, "keep"};
  if (!context.requests.logged_in()) return {Error::offline, "pending"};
  if (wanted.armed() && !armed) return {Error::refused, "not_ready:practice_alarm"};
  kept.view.set_manifest_seq(before.manifest_seq() + 1);
  write(context.store, lines_key, kept);
  return {};
}

Told pretend_plan(const Context& context, const Trust& trust, const Identity& self,
                  protocol::Plan plan, bool needs_approval) {
  const Circle& circle = *trust.circle_of(self.account);
  // The account's key is not here: any key shows whether such a plan can be signed.
  const auto key = crypto::SignKeyPair::generate(context.random);
  plan.participant = key.public_key();
  const auto verified = protocol::verify_plan(protocol::sign_plan(plan, key));
  if (!verified.ok()) return {Error::bad_argument, "schedule"};
  if (needs_approval && trust.reach(circle, scope_plan, context.now).empty())
    return {Error::no_scope, "nobody_may_approve"};
  if (!needs_approval && !context.requests.logged_in()) return {Error::offline, "pending"};
  Kept kept{circle.plan ? (*circle.plan)->version : 0, {}};
  v1::CircleView& out = kept.view;
  const std::string hash = to_string(verified->hash());
  if (needs_approval) {
    out.set_proposed_plan_hash(hash);
    out.set_proposed_member_wait_s(plan.member_wait_s);
    describe_schedules(plan, [&]() -> v1::ScheduleText& { return *out.add_proposed_schedules(); });
  } else {
    const v1::CircleView before = circle_view(context, trust, self, circle);
    out.set_plan_hash(hash);
    out.set_plan_version(before.plan_version() + 1);
    out.set_member_wait_s(plan.member_wait_s);
    describe_schedules(plan, [&]() -> v1::ScheduleText& { return *out.add_schedules(); });
  }
  write(context.store, plan_key, kept);
  return {Unit{}, needs_approval ? "awaits_approval" : ""};
}

void show_pretence(const Store& store, v1::CircleView& view) {
  if (const auto lines = read(store, lines_key); lines && lines->on == view.manifest_seq()) {
    view.set_manifest_seq(lines->view.manifest_seq());
    *view.mutable_people() = lines->view.people();
  }
  const auto plan = read(store, plan_key);
  if (!plan || plan->on != view.plan_version()) return;
  if (!plan->view.proposed_plan_hash().empty()) {
    view.set_proposed_plan_hash(plan->view.proposed_plan_hash());
    view.set_proposed_member_wait_s(plan->view.proposed_member_wait_s());
    *view.mutable_proposed_schedules() = plan->view.proposed_schedules();
    return;
  }
  view.set_plan_hash(plan->view.plan_hash());
  view.set_plan_version(plan->view.plan_version());
  view.set_member_wait_s(plan->view.member_wait_s());
  *view.mutable_schedules() = plan->view.schedules();
}

}  // namespace livlina::client

#include "clients/core/pretence.hpp"

#include "clients/core/identity.hpp"
#include "clients/core/people.hpp"
#include "clients/core/plans.hpp"
#include "livlina/core.pb.h"

namespace livlina::client {

namespace {

// "shown/lines": u8 1 | u32 number of the manifest that it stands on | a manifest. "shown/plan": u8
// 1 | u32 version of the plan that it stands on | an encoded CircleView with the fields that
// differ.
constexpr std::uint8_t version = 1;
constexpr std::string_view lines_key = "shown/lines";
constexpr std::string_view plan_key = "shown/plan";
constexpr std::string_view practice_key = "shown/practice";  // u8 1

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

std::uint32_t seq_of(const Circle& circle) {
  return circle.newest() == nullptr ? 0 : (*circle.newest())->seq;
}

}  // namespace

std::optional<Verified<protocol::Manifest>> pretended_manifest(const Store& store,
                                                               const Circle& circle) {
  ByteReader r(store.get(lines_key));
  const std::uint8_t v = r.u8();
  const std::uint32_t on = r.u32();
  auto kept = protocol::verify_manifest(r.view(r.left()));
  if (!r.ok() || v != version || !kept.ok() || on != seq_of(circle)) return std::nullopt;
  return std::move(kept).value();
}

void note_practice(Store& store) {
  if (practised(store)) return;
  const Bytes value = ByteWriter().u8(version).take();
  store.put(practice_key, value);
  store.put_decoy(practice_key, value);
}

bool practised(const Store& store) { return store.has(practice_key); }

Told pretend_manifest(const Context& context, const Circle& circle, ByteView record) {
  const auto manifest = protocol::verify_manifest(record);
  if (!manifest.ok()) return {Error::bad_argument, "lines"};
  const bool armed = watched_by_server(circle.server_state) || practised(context.store);
  if ((*manifest)->armed && !armed) return {Error::refused, "not_ready:practice_alarm"};
  ByteWriter w;
  w.u8(version).u32(seq_of(circle)).bytes(record);
  context.store.put(lines_key, w.get());
  return {};
}

Told pretend_plan(const Context& context, const Trust& trust, const Identity& self, ByteView record,
                  bool needs_approval) {
  const Circle& circle = *trust.circle_of(self.account);
  const auto verified = protocol::verify_plan(record);
  if (!verified.ok()) return {Error::bad_argument, "schedule"};
  const protocol::Plan& plan = **verified;
  if (needs_approval && trust.reach(circle, scope_plan, context.now).empty())
    return {Error::no_scope, "nobody_may_approve"};
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

bool follows_pretended(const Verified<protocol::Plan>& plan, const Circle& circle) {
  return plan->version == (circle.plan ? (*circle.plan)->version : 0) + 1 &&
         plan->prev == (circle.plan ? circle.plan->hash() : crypto::Hash{});
}

void show_pretence(const Store& store, const Circle& circle, v1::CircleView& view) {
  const auto manifest = pretended_manifest(store, circle);
  if (manifest && (*manifest)->armed && circle.server_state == CircleState::setup)
    view.set_state(static_cast<std::uint32_t>(CircleState::armed));
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

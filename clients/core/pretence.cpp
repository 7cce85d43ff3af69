#include "clients/core/pretence.hpp"

#include "clients/core/identity.hpp"

namespace livlina::client {

namespace {

// "shown/lines": u8 2 | u32 number of the manifest that it stands on | i64 armed_at | a manifest.
// "shown/plan": u8 2 | u32 version of the plan that it stands on | a plan.
constexpr std::uint8_t version = 2;
constexpr std::string_view lines_key = "shown/lines";
constexpr std::string_view plan_key = "shown/plan";
constexpr std::string_view practice_key = "shown/practice";  // u8 1
constexpr std::uint8_t practice_version = 1;

struct Lines {
  Instant armed_at = 0;  // when the manifest was "signed" by which the circle became armed
  Verified<protocol::Manifest> manifest;
};

std::uint32_t seq_of(const Circle& circle) {
  return circle.newest() == nullptr ? 0 : (*circle.newest())->seq;
}

std::uint32_t version_of(const Circle& circle) { return circle.plan ? (*circle.plan)->version : 0; }

// What was "signed" there, by some key, while the real realm has signed no other.
std::optional<Lines> lines(const Store& store, const Circle& circle) {
  ByteReader r(store.get(lines_key));
  const std::uint8_t v = r.u8();
  const std::uint32_t on = r.u32();
  const Instant armed_at = r.i64();
  if (!r.ok() || v != version || on != seq_of(circle)) return std::nullopt;
  auto kept = protocol::verify_manifest(r.view(r.left()));
  if (!kept.ok()) return std::nullopt;
  return Lines{armed_at, std::move(kept).value()};
}

std::optional<Verified<protocol::Plan>> plan(const Store& store, const Circle& circle) {
  ByteReader r(store.get(plan_key));
  const std::uint8_t v = r.u8();
  const std::uint32_t on = r.u32();
  if (!r.ok() || v != version || on != version_of(circle)) return std::nullopt;
  auto kept = protocol::verify_plan(r.view(r.left()));
  if (!kept.ok()) return std::nullopt;
  return std::move(kept).value();
}

}  // namespace

std::optional<Circle> pretended_circle(const Store& store, const Identity& self,
                                       const Circle& circle) {
  if (!self.decoy || circle.participant != self.account) return std::nullopt;
  Circle out = circle;
  if (auto kept = lines(store, circle)) {
    const std::uint32_t seq = kept->manifest->seq;
    if (kept->manifest->armed && circle.server_state == CircleState::setup)
      out.server_state = CircleState::armed;
    out.armed_at = kept->armed_at;
    out.manifests[seq] =
        std::make_shared<const Verified<protocol::Manifest>>(std::move(kept->manifest));
  }
  if (auto kept = plan(store, circle)) {
    out.plan = std::make_shared<const Verified<protocol::Plan>>(std::move(*kept));
    out.plan_approved = false;
  }
  return out;
}

void note_practice(Store& store) {
  if (practised(store)) return;
  const Bytes value = ByteWriter().u8(practice_version).take();
  store.put(practice_key, value);
  store.put_decoy(practice_key, value);
}

bool practised(const Store& store) { return store.has(practice_key); }

Told pretend_manifest(const Context& context, const Circle& circle, ByteView record) {
  const auto manifest = protocol::verify_manifest(record);
  if (!manifest.ok()) return {Error::bad_argument, "lines"};
  const bool may_arm = watched_by_server(circle.server_state) || practised(context.store);
  if ((*manifest)->armed && !may_arm) return {Error::refused, "not_ready:practice_alarm"};
  const auto before = lines(context.store, circle);
  Instant armed_at = before ? before->armed_at : circle.armed_at;
  if (armed_at == 0 && (*manifest)->armed) armed_at = (*manifest)->issued_at;
  ByteWriter w;
  w.u8(version).u32(seq_of(circle)).i64(armed_at).bytes(record);
  context.store.put(lines_key, w.get());
  return {};
}

Status pretend_plan(const Context& context, const Identity& self, const Circle& circle,
                    ByteView record) {
  const auto verified = protocol::verify_plan(record);
  const auto shown = pretended_circle(context.store, self, circle);
  if (!verified.ok() || !shown || !follows_pretended(*verified, *shown)) return Error::wrong_state;
  ByteWriter w;
  w.u8(version).u32(version_of(circle)).bytes(record);
  context.store.put(plan_key, w.get());
  return Unit{};
}

bool follows_pretended(const Verified<protocol::Plan>& next, const Circle& pretended) {
  return next->version == version_of(pretended) + 1 &&
         next->prev == (pretended.plan ? pretended.plan->hash() : crypto::Hash{});
}

}  // namespace livlina::client

#include "clients/core/plans.hpp"

#include <algorithm>

#include "clients/core/given.hpp"
#include "clients/core/people.hpp"
#include "clients/core/pretence.hpp"
#include "clients/core/publish_again.hpp"
#include "clients/core/reply.hpp"
#include "clients/core/schedule_text.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"
#include "protocol/records/schedule_fault.hpp"

namespace livlina::client {

namespace {

// The participant's plan that is not published yet: u8 version | approval sized | record.
constexpr std::string_view pending_key = "plan/pending";
constexpr std::uint8_t version = 1;
constexpr std::size_t max_act = 1024;
constexpr std::uint16_t default_member_wait_s = 120;
enum What : std::uint8_t { plan = 1, approval = 2 };  // second byte of a kind-9 plaintext

std::string proposal_key(const CircleId& circle) { return "proposal/" + circle.hex(); }

struct PendingPlan {
  Bytes approval;
  Bytes record;
};

std::optional<PendingPlan> read_pending(const Store& store) {
  ByteReader r(store.get(pending_key));
  const std::uint8_t v = r.u8();
  PendingPlan out{to_bytes(r.sized(max_act)), {}};
  out.record = to_bytes(r.view(r.left()));
  if (!r.done() || v != version || out.record.empty()) return std::nullopt;
  return out;
}

void write_pending(Store& store, const PendingPlan& p) {
  ByteWriter w;
  store.put(pending_key, w.u8(version).sized(p.approval).bytes(p.record).get());
}

Bytes message(What what, ByteView content) {
  ByteWriter w;
  return w.u8(version).u8(what).bytes(content).take();
}

}  // namespace

std::optional<protocol::Verified<protocol::Plan>> proposed_plan(const Store& store,
                                                                const Identity& self,
                                                                const Circle& circle) {
  Bytes record = to_bytes(store.get(proposal_key(circle.id)));
  if (record.empty())
    if (auto own = read_pending(store)) record = std::move(own->record);
  auto verified = protocol::verify_plan(record);
  if (!verified.ok() || (*verified)->circle != circle.id) return std::nullopt;
  if (const auto pretended = pretended_circle(store, self, circle)) {
    if (!follows_pretended(*verified, *pretended)) return std::nullopt;
    return std::move(*verified);
  }
  if ((*verified)->participant != circle.participant) return std::nullopt;
  const bool next = circle.plan ? protocol::check_successor(*circle.plan, *verified).ok()
                                : (*verified)->version == 1;
  if (!next) return std::nullopt;
  return std::move(*verified);
}

Plans::Plans(Context& context, Trust& trust, Messenger& messenger)
    : context_(context), trust_(trust), messenger_(messenger) {}

crypto::Status Plans::load(const Identity& identity) {
  self_ = &identity;
  if (context_.store.has(pending_key) && !read_pending(context_.store))
    return crypto::Error::bad_format;
  messenger_.subscribe(crypto::Kind::proposal, [this](const Incoming& i) { received(i); });
  return crypto::done();
}

bool Plans::command(const v1::Command& command) {
  if (command.has_set_plan()) {
    set(command.id(), command.set_plan());
    return true;
  }
  if (!command.has_approve_plan()) return false;
  const auto circle = CircleId::from(command.approve_plan().circle_id());
  approve(command.id(), circle.value_or(CircleId{}), view(command.approve_plan().plan_hash()));
  return true;
}

void Plans::online() {
  const auto pending = read_pending(context_.store);
  if (!pending) return;
  const Circle* circle = trust_.circle_of(self_->account);
  // What waits for a supporter's approval goes when that comes.
  if (circle != nullptr && (!needs_approval(*circle) || !pending->approval.empty())) publish(0);
}

// ---- the participant ----

// By the participant's own signature, or by the server's word: the server asks for an approval, and
// no word of its own makes one needless. What was "armed" in the decoy realm is armed there.
bool Plans::needs_approval(const Circle& circle) const {
  const auto pretended = pretended_circle(context_.store, *self_, circle);
  return circle.armed() || watched_by_server(circle.server_state) ||
         (pretended && pretended->armed());
}

Result<protocol::Plan> Plans::compose(const v1::SetPlan& wanted) const {
  const Circle& true_one = *trust_.circle_of(self_->account);
  const auto pretended = pretended_circle(context_.store, *self_, true_one);
  const Circle& circle = pretended ? *pretended : true_one;
  const std::uint32_t wait =
      wanted.member_wait_s() == 0 ? default_member_wait_s : wanted.member_wait_s();
  if (wait > 0xffff) return Error::bad_argument;
  protocol::Plan out{circle.id,
                     self_->account,
                     circle.plan ? (*circle.plan)->version + 1 : 1,
                     circle.plan ? circle.plan->hash() : crypto::Hash{},
                     context_.clock.dated(context_.now),
                     static_cast<std::uint16_t>(wait),
                     {}};
  if (static_cast<std::size_t>(wanted.schedules_size()) > protocol::max_schedules)
    return Error::bad_argument;
  for (const v1::ScheduleText& text : wanted.schedules()) {
    auto schedule = schedule_of(text);
    // sign_plan() writes no other than possible ones.
    if (!schedule || !context_.zones.known(schedule->zone) || protocol::fault_of(*schedule))
      return Error::bad_argument;
    if (text.schedule_id().empty()) schedule->id = ScheduleId{context_.random.array<16>()};
    out.schedules.push_back(std::move(*schedule));
  }
  return out;
}

void Plans::set(std::uint64_t command, const v1::SetPlan& wanted) {
  const Circle* circle = trust_.circle_of(self_->account);
  if (!self_->decoy && (!self_->participant || !self_->account_key))
    return context_.finish(command, Error::not_yours);
  const auto pretended =
      circle == nullptr ? std::nullopt : pretended_circle(context_.store, *self_, *circle);
  if (circle == nullptr || (pretended ? *pretended : *circle).newest() == nullptr)
    return context_.finish(command, Error::wrong_state, "no_manifest");
  // What was sent and not answered keeps its version. One that waits for a supporter may be
  // replaced: it is in force for nobody without the approval.
  const auto pending = read_pending(context_.store);
  if (pending && (!needs_approval(*circle) || !pending->approval.empty())) {
    context_.finish(command, Error::wrong_state, "pending");
    return publish(0);
  }
  auto composed = compose(wanted);
  if (!composed.ok()) return context_.finish(command, composed.error(), "schedule");
  // The decoy realm has no account key: with any key the same is refused and the same is sent.
  const auto any_key =
      self_->decoy ? std::optional(crypto::SignKeyPair::generate(context_.random)) : std::nullopt;
  const crypto::SignKeyPair& key = any_key ? *any_key : *self_->account_key;
  composed->participant = key.public_key();
  const Bytes record = protocol::sign_plan(*composed, key);
  if (!protocol::verify_plan(record).ok())
    return context_.finish(command, Error::bad_argument, "schedule");
  write_pending(context_.store, {{}, record});  // a new wish replaces one that nobody approved
  if (needs_approval(*circle)) return propose(command, record);
  publish(command);
}

void Plans::propose(std::uint64_t command, ByteView record) {
  const Circle& circle = *trust_.circle_of(self_->account);
  const auto pretended = pretended_circle(context_.store, *self_, circle);
  std::vector<SignPublic> supporters;
  for (const Trust::Reach& r : trust_.reach(circle, scope_plan, context_.now)) {
    const auto shown =
        pretended ? trust_.standing(*pretended, r.account, context_.now) : r.standing;
    if (shown && (shown->scope & scope_plan) != 0) supporters.push_back(r.account);
  }
  if (supporters.empty()) return context_.finish(command, Error::no_scope, "nobody_may_approve");
  if (!self_->decoy)
    (void)messenger_.post(crypto::Kind::proposal, circle.id, supporters, message(plan, record));
  context_.finish(command, Unit{}, "awaits_approval");
}

void Plans::tick() {
  if (retry_at_ != 0 && context_.now >= retry_at_) publish(0);
}

std::optional<Instant> Plans::wake_at() const {
  return retry_at_ == 0 ? std::nullopt : std::optional(retry_at_);
}

// `whole`: with the plans before it, because the server did not have what this one follows.
void Plans::publish(std::uint64_t command, bool whole) {
  const auto pending = read_pending(context_.store);
  retry_at_ = 0;
  if (!pending) return;
  const auto finish = [this, command](const Status& status, std::string_view detail) {
    if (command != 0) context_.finish(command, status, detail);
  };
  if (giving_again(context_.store)) {
    retry_at_ = context_.now + after_giving;
    return finish(Error::offline, "pending");
  }
  v1::Request request;
  v1::PutPlan& put = *request.mutable_put_plan();
  put.set_record(to_string(pending->record));
  put.set_approval(to_string(pending->approval));
  if (whole)
    for (const GivenPlan& plan : given_plans(context_.store))
      put.add_before(to_string(plan.record));
  context_.requests.send(std::move(request), [this, command, whole, finish,
                                              sent = *pending](const v1::ServerFrame* reply) {
    const Outcome o = outcome(reply);
    if (reply == nullptr) return finish(Error::offline, "pending");
    // Nothing was decided: the same again, later.
    if (no_answer(reply)) {
      retry_at_ = context_.now + publish_again;
      return finish(o.status, o.detail);
    }
    // The key was a strange one, and an older server says so.
    if (self_->decoy && (o.ok() || is_forbidden(reply))) {
      context_.store.erase(pending_key);
      return finish(pretend(sent.record), {});
    }
    const auto now = read_pending(context_.store);
    const bool same = now && now->record == sent.record;
    const bool linked = !whole && !given_plans(context_.store).empty();
    if (same && linked && is_conflict(reply)) return publish(command, true);
    // It lacks those before, or who may approve it: they are given again first.
    if (!o.ok() && same && owes_server(context_.store)) {
      retry_at_ = context_.now + after_lacking(context_.store);
      return finish(Error::offline, "pending");
    }
    if (same) context_.store.erase(pending_key);
    if (o.ok()) {
      keep(sent.record, sent.approval);
      return finish(trust_.accept_plan(sent.record, sent.approval), {});
    }
    if (is_conflict(reply))
      trust_.fetch_circle(trust_.circle_of(self_->account)->id, [](Status) {});
    finish(o.status, o.detail);
  });
}

void Plans::keep(ByteView record, ByteView approval) {
  const auto plan = protocol::verify_plan(record);
  if (plan.ok())
    keep_given_plan(context_.store, {(*plan)->version, to_bytes(approval), to_bytes(record)});
}

// In the decoy realm: shown as the real realm shows a plan that the server has taken.
Status Plans::pretend(ByteView record) {
  const Circle& circle = *trust_.circle_of(self_->account);
  const Status done = pretend_plan(context_, *self_, circle, record);
  v1::Event event;
  *event.mutable_circle() = circle_view(context_, trust_, *self_, circle);
  if (done.ok()) context_.emit(std::move(event));
  return done;
}

void Plans::received_approval(const Incoming& incoming, ByteView record) {
  auto pending = read_pending(context_.store);
  const Circle* circle = trust_.circle_of(self_->account);
  if (!pending || circle == nullptr || incoming.circle != circle->id) return;
  const auto act = trust_.verify_act(record);
  const bool right = act && (*act)->actor == incoming.from_device &&
                     trust_.approves(record, *circle, crypto::sha256(pending->record));
  if (!right) return context_.warn("approval_not_trusted", circle->id.view(), incoming.from.view());
  pending->approval = to_bytes(record);
  write_pending(context_.store, *pending);
  publish(0);
}

// ---- the supporter ----

void Plans::received(const Incoming& incoming) {
  ByteReader r(incoming.plain);
  const std::uint8_t v = r.u8();
  const std::uint8_t what = r.u8();
  if (!r.ok() || v != version || incoming.from_shadow) return;
  const ByteView content = r.view(r.left());
  const bool from_participant = incoming.role_from == Role::participant;
  if (what == plan && from_participant) return received_plan(incoming, content);
  if (what == approval && !from_participant && self_->account_key && self_->participant)
    return received_approval(incoming, content);
}

void Plans::received_plan(const Incoming& incoming, ByteView record) {
  const auto verified = protocol::verify_plan(record);
  if (!verified.ok() || (*verified)->participant != incoming.from ||
      (*verified)->circle != incoming.circle)
    return context_.warn("not_verified", incoming.circle.view(), incoming.from.view());
  context_.store.put(proposal_key(incoming.circle), record);
  const Circle* circle = trust_.circle(incoming.circle);
  if (circle == nullptr) return;
  v1::Event event;
  *event.mutable_circle() = circle_view(context_, trust_, *self_, *circle);
  context_.emit(std::move(event));
}

void Plans::approve(std::uint64_t command, const CircleId& id, ByteView hash) {
  const Circle* circle = trust_.circle(id);
  if (circle == nullptr) return context_.finish(command, Error::unknown_circle);
  const auto standing = trust_.standing(*circle, self_->account, context_.now);
  if (!standing || standing->role == Role::participant || (standing->scope & scope_plan) == 0)
    return context_.finish(command, Error::no_scope);
  const auto proposed = proposed_plan(context_.store, *self_, *circle);
  if (!proposed || !equal(proposed->hash(), hash))
    return context_.finish(command, Error::wrong_state, "no_such_proposal");
  protocol::StaffAct act;
  act.act = protocol::Act::approve;
  act.circle = id;
  act.target = proposed->hash();
  act.actor = self_->device;
  act.time = context_.now;
  const Bytes record = protocol::sign_act(act, self_->device_key);
  (void)messenger_.post(crypto::Kind::proposal, id, {circle->participant},
                        message(approval, record));
  context_.finish(command, Unit{});
}

}  // namespace livlina::client

// Circles: the pinned participant, the chain of manifests, the plan, the mark of the shadow.
#include <algorithm>

#include "clients/core/trust_state.hpp"

namespace livlina::client {

namespace {

constexpr std::string_view prefix = "circle/";
constexpr std::size_t kept_manifests = 16;

std::string key(const CircleId& id, std::string_view what) {
  return std::string(prefix) + id.hex() + "/" + std::string(what);
}

// Sixteen places in turn, so that the newest sixteen stand without anything being erased.
std::string manifest_key(const CircleId& id, std::uint32_t seq) {
  return key(id, "manifest/" + hex(ByteWriter().u8(seq % kept_manifests).get()));
}

Bytes versioned(ByteView record) {
  ByteWriter w;
  return w.u8(trust_version).bytes(record).take();
}

ByteView unversioned(ByteView stored) {
  return stored.size() > 1 && stored[0] == trust_version ? stored.subspan(1) : ByteView();
}

// Zeros where no fork is.
std::optional<crypto::Hash> read_fork(ByteReader& r) {
  const crypto::Hash hash = r.array<32>();
  return hash == crypto::Hash{} ? std::nullopt : std::optional(hash);
}

// A fork is ended by one that names both sides, or by the other side itself when it takes the place
// of ours, as is asked after this: the participant's own next word, of which we saw what came
// before and after.
bool may_end(const crypto::Hash& fork, const Verified<protocol::Manifest>& next) {
  return fork == next.hash() || protocol::names(*next, fork);
}

}  // namespace

Instant watched_from(const Circle& circle) {
  if (!circle.armed()) return 0;
  const Instant plan = circle.plan ? (*circle.plan)->issued_at : 0;
  return std::max(plan, circle.armed_at);
}

Trust::State::KnownCircle* Trust::State::find(const CircleId& id) {
  const auto it = circles.find(id);
  return it == circles.end() ? nullptr : &it->second;
}

Trust::State::KnownCircle* Trust::State::find_by(const SignPublic& participant) {
  for (auto& [id, known] : circles)
    if (known.circle.participant == participant) return &known;
  return nullptr;
}

crypto::Status Trust::State::load_circles() {
  for (const std::string& k : context.store.keys(prefix)) {
    const std::string_view rest = std::string_view(k).substr(prefix.size());
    if (rest.size() != 32 + 5 || rest.substr(32) != "/head") continue;
    const auto id = CircleId::from(unhex(rest.substr(0, 32)));
    if (!id) return crypto::Error::bad_format;
    LIVLINA_CHECK(load_circle(*id));
  }
  return crypto::done();
}

crypto::Status Trust::State::load_circle(const CircleId& id) {
  const Store& store = context.store;
  ByteReader r(store.get(key(id, "head")));
  const std::uint8_t v = r.u8();
  const auto participant = crypto::parse_sign_key(r.view(32));
  if (v != trust_version || !participant.ok()) return crypto::Error::bad_format;
  KnownCircle known(id, *participant);
  const std::uint8_t flags = r.u8();
  known.paired = (flags & 1) != 0;
  known.circle.plan_approved = (flags & 4) != 0;
  known.tx = r.array<32>();
  known.circle.server_state = static_cast<CircleState>(r.u32());
  known.circle.category = r.u32();
  known.circle.armed_at = r.i64();
  known.fork = read_fork(r);
  known.circle.frozen = known.fork.has_value();
  known.plan_fork = read_fork(r);
  if (!r.done()) return crypto::Error::bad_format;
  for (const std::string& k : store.keys(key(id, "manifest/"))) {
    auto m = protocol::verify_manifest(unversioned(store.get(k)));
    if (!m.ok() || (*m)->circle != id || (*m)->participant != *participant ||
        manifest_key(id, (*m)->seq) != k)
      return crypto::Error::bad_format;
    const std::uint32_t seq = (*m)->seq;
    known.circle.manifests[seq] =
        std::make_shared<const Verified<protocol::Manifest>>(std::move(*m));
  }
  if (store.has(key(id, "plan"))) {
    auto plan = protocol::verify_plan(unversioned(store.get(key(id, "plan"))));
    if (!plan.ok() || (*plan)->circle != id || (*plan)->participant != *participant)
      return crypto::Error::bad_format;
    known.circle.plan = std::make_shared<const Verified<protocol::Plan>>(std::move(*plan));
  }
  if (store.has(key(id, "shadow"))) {
    const auto mark = protocol::verify_shadow_mark(unversioned(store.get(key(id, "shadow"))));
    if (!mark.ok() || (*mark)->account != *participant) return crypto::Error::bad_format;
    known.circle.shadow = (*mark)->device;
    known.shadow_serial = (*mark)->serial;
  }
  circles.insert_or_assign(id, std::move(known));
  return crypto::done();
}

void Trust::State::save_head(const KnownCircle& known) {
  const Circle& c = known.circle;
  ByteWriter w;
  const auto flags = static_cast<std::uint8_t>((known.paired ? 1 : 0) | (c.plan_approved ? 4 : 0));
  w.u8(trust_version).bytes(c.participant.view()).u8(flags).bytes(known.tx);
  w.u32(static_cast<std::uint32_t>(c.server_state)).u32(c.category).i64(c.armed_at);
  w.bytes(known.fork.value_or(crypto::Hash{})).bytes(known.plan_fork.value_or(crypto::Hash{}));
  put(key(c.id, "head"), w.get());
}

// The mark of the shadow came with the pairing.
void Trust::State::forget_unsigned(const CircleId& id) {
  const KnownCircle* known = find(id);
  if (known == nullptr || known->circle.newest() != nullptr) return;
  for (const std::string& k : context.store.keys(key(id, {}))) context.store.erase(k);
  circles.erase(id);
  ++revision;
}

Status Trust::State::freeze_circle(KnownCircle& known, const crypto::Hash& other) {
  known.fork = other;
  known.circle.frozen = true;
  save_head(known);
  ++revision;
  return refuse("fork", known.circle.id.view(), known.circle.participant.view());
}

Status Trust::State::accept_manifest(ByteView record, ByteView confirm) {
  auto verified = protocol::verify_manifest(record);
  if (!verified.ok()) return refuse("not_verified", {}, crypto::sha256(record));
  const protocol::Manifest& next = **verified;
  KnownCircle* known = find(next.circle);
  if (known == nullptr) return first_manifest(std::move(*verified), confirm);
  const ByteView id = next.circle.view();
  if (next.participant != known->circle.participant)
    return refuse("wrong_participant", id, next.participant.view());
  const Verified<protocol::Manifest>* newest = known->circle.newest();
  if (newest != nullptr && newest->hash() == verified->hash()) return Unit{};
  if (known->fork && !may_end(*known->fork, *verified))
    return refuse("fork", id, next.participant.view());
  // Nothing disarms a circle: whoever holds the phone could sign that. Dropping a line keeps it
  // armed, and closing is another act.
  if (known->circle.armed() && !next.armed && next.seq >= (*newest)->seq)
    return refuse("disarmed", id, verified->hash());
  if (newest == nullptr) {
    if (next.seq != 1) return Error::not_trusted;  // its chain first
  } else {
    if (next.seq < (*newest)->seq) return refuse("rollback", id, verified->hash());
    if (next.seq > (*newest)->seq + 1) return Error::not_trusted;  // those between first
    // One that the participant has put out of force by the newest.
    if (protocol::names(**newest, verified->hash()))
      return refuse("rollback", id, verified->hash());
    if (!protocol::check_successor(*newest, *verified).ok() &&
        !protocol::replaces(*newest, *verified)) {
      if (known->fork) return Error::not_trusted;
      return freeze_circle(*known, next.seq == (*newest)->seq ? verified->hash() : next.prev);
    }
    if (known->circle.armed() && next.recovery.desk != (*newest)->recovery.desk)
      return refuse("desk_handover", id, verified->hash());
    if (known->fork) end_fork(*known);
  }
  adopt_manifest(*known, std::move(*verified));
  return Unit{};
}

void Trust::State::end_fork(KnownCircle& known) {
  known.fork.reset();
  known.circle.frozen = false;
  save_head(known);
  context.forget_warning("fork", known.circle.id.view(), known.circle.participant.view());
}

// Nobody of ours met this participant: an inviter whom the desk's directory lists vouches.
Status Trust::State::first_manifest(Verified<protocol::Manifest> manifest, ByteView confirm) {
  const ByteView id = manifest->circle.view();
  if (manifest->seq != 1) return Error::not_trusted;  // its chain first
  const auto word = protocol::verify_confirm(confirm);
  if (!word.ok() || (*word)->circle != manifest->circle ||
      (*word)->participant != manifest->participant || !listed((*word)->signer) ||
      find_by(manifest->participant) != nullptr)
    return refuse("unconfirmed", id, manifest->participant.view());
  KnownCircle known(manifest->circle, manifest->participant);
  save_head(known);
  auto& place = circles.insert_or_assign(manifest->circle, std::move(known)).first->second;
  adopt_manifest(place, std::move(manifest));
  return Unit{};
}

void Trust::State::adopt_manifest(KnownCircle& known, Verified<protocol::Manifest> manifest) {
  const std::uint32_t seq = manifest->seq;
  put(manifest_key(known.circle.id, seq), versioned(manifest.record()));
  auto& kept = known.circle.manifests;
  const auto before = kept.find(seq - 1);
  const bool was_armed = before != kept.end() && (*before->second)->armed;
  if (manifest->armed && !was_armed) {
    known.circle.armed_at = manifest->issued_at;
    save_head(known);
  }
  kept[seq] = std::make_shared<const Verified<protocol::Manifest>>(std::move(manifest));
  if (kept.size() > kept_manifests) kept.erase(kept.begin());
  ++revision;
  check_approval(known.circle);
}

Status Trust::State::accept_plan(ByteView record, ByteView approval) {
  auto verified = protocol::verify_plan(record);
  if (!verified.ok()) return refuse("not_verified", {}, crypto::sha256(record));
  const protocol::Plan& next = **verified;
  KnownCircle* known = find(next.circle);
  if (known == nullptr || next.participant != known->circle.participant)
    return refuse("wrong_participant", next.circle.view(), next.participant.view());
  Circle& circle = known->circle;
  const crypto::Hash hash = verified->hash();
  const bool same = circle.plan && circle.plan->hash() == hash;
  const bool approved = was_approved(*verified, approval, circle);
  if (!same) return another_plan(*known, std::move(*verified), approved);
  note_approval(*known, approved);
  return Unit{};
}

Status Trust::State::another_plan(KnownCircle& known, Verified<protocol::Plan> next,
                                  bool approved) {
  Circle& circle = known.circle;
  const crypto::Hash hash = next.hash();
  if (known.plan_fork && *known.plan_fork == hash)
    return refuse("plan_fork", circle.id.view(), hash);
  if (circle.plan && next->version < (*circle.plan)->version)
    return refuse("rollback", circle.id.view(), hash);
  // A wish that nobody approved: what is in force stays, and is watched on.
  if (circle.plan && circle.armed() && !approved) {
    context.warn("plan_unapproved", circle.id.view(), hash);
    return Unit{};
  }
  // The server keeps the last sixteen: one that follows nothing we know is still the
  // participant's own word, and higher.
  if (circle.plan && next->version == (*circle.plan)->version)
    return plan_forked(known, std::move(next), approved);
  // A next one that follows neither of those that were seen: its version is higher, and it bears
  // the same signatures as any.
  if (circle.plan && !known.plan_fork && next->version == (*circle.plan)->version + 1 &&
      !protocol::check_successor(*circle.plan, next).ok())
    (void)refuse("plan_fork", circle.id.view(), hash).ok();
  known.plan_fork.reset();
  put(key(circle.id, "plan"), versioned(next.record()));
  circle.plan = std::make_shared<const Verified<protocol::Plan>>(std::move(next));
  circle.plan_approved = false;
  ++revision;
  note_approval(known, approved);
  return Unit{};
}

// One that was approved stays so, also when it is shown again without the approval.
void Trust::State::note_approval(KnownCircle& known, bool approved) {
  if (approved && !known.circle.plan_approved) {
    known.circle.plan_approved = true;
    ++revision;
  }
  save_head(known);
  check_approval(known.circle);
}

// How often somebody is asked for a sign of life, then how soon its absence is noticed.
bool Trust::State::stricter(const protocol::Plan& plan, const protocol::Plan& than) const {
  constexpr std::size_t most = 1000;
  const Instant from = trusted(context.now);
  struct Watch {
    std::size_t slots = 0;
    Duration patience = 0;
  };
  const auto watch = [&](const protocol::Plan& p) {
    Watch out;
    for (const protocol::Schedule& s : p.schedules)
      for (const protocol::Slot& slot :
           protocol::slots_between(s, from, from + 7 * day, most, context.zones)) {
        ++out.slots;
        out.patience += slot.deadline - slot.due + p.member_wait_s * second;
      }
    return out;
  };
  const Watch a = watch(plan);
  const Watch b = watch(than);
  return a.slots != b.slots ? a.slots > b.slots : a.patience < b.patience;
}

// Two plans of one version freeze the plan and nothing else: whoever may be reached and dropped in
// this circle stays so. The stricter of both is watched until a higher version comes.
Status Trust::State::plan_forked(KnownCircle& known, Verified<protocol::Plan> other,
                                 bool approved) {
  Circle& circle = known.circle;
  if (stricter(*other, **circle.plan)) {
    known.plan_fork = circle.plan->hash();
    put(key(circle.id, "plan"), versioned(other.record()));
    circle.plan = std::make_shared<const Verified<protocol::Plan>>(std::move(other));
    circle.plan_approved = approved;
  } else {
    known.plan_fork = other.hash();
  }
  ++revision;
  save_head(known);
  return refuse("plan_fork", circle.id.view(), *known.plan_fork);
}

// A first plan that we see may be the one in force although it was signed after the arming and
// nobody approved it: better watched than not, but said.
void Trust::State::check_approval(const Circle& circle) {
  if (circle.plan && !circle.plan_approved && circle.armed() &&
      (*circle.plan)->issued_at > circle.armed_at)
    context.warn("plan_unapproved", circle.id.view(), circle.plan->hash());
}

Status Trust::State::accept_shadow_mark(ByteView record) {
  const auto mark = protocol::verify_shadow_mark(record);
  if (!mark.ok()) return refuse("not_verified", {}, crypto::sha256(record));
  KnownCircle* known = find_by((*mark)->account);
  const auto list = lists.find((*mark)->account);
  if (known == nullptr || list == lists.end() ||
      (*list->second.newest)->find((*mark)->device) == nullptr)
    return Error::not_trusted;
  const ByteView id = known->circle.id.view();
  if (known->circle.shadow && (*mark)->serial <= known->shadow_serial) {
    if ((*mark)->serial == known->shadow_serial && *known->circle.shadow == (*mark)->device)
      return Unit{};
    return refuse((*mark)->serial < known->shadow_serial ? "rollback" : "fork", id,
                  (*mark)->account.view());
  }
  known->circle.shadow = (*mark)->device;
  known->shadow_serial = (*mark)->serial;
  // The decoy realm holds nothing that names its device.
  put(key(known->circle.id, "shadow"), versioned(record), false);
  ++revision;
  return Unit{};
}

}  // namespace livlina::client

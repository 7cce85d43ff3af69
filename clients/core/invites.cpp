// Making invitations, and what comes of them. The words that were compared are in
// invites_confirm.cpp.
#include "clients/core/invites.hpp"

#include "clients/core/pairing.hpp"
#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

namespace {

using crypto::InvitePurpose;
using State = OpenInvite::State;

constexpr Duration kept_after = 7 * day;  // shown by ListInvites that long after its end

constexpr Duration clock_slack = minute;  // a device's clock that is corrected meanwhile

bool brings_participants(Role role) {
  return role == Role::coordinator || role == Role::contact_person || role == Role::mentor;
}

std::string joined_words(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& w : words) out += (out.empty() ? "" : " ") + w;
  return out;
}

}  // namespace

Invites::Invites(Context& context, Trust& trust, DeskKeeper& keeper)
    : context_(context), trust_(trust), keeper_(keeper) {}

crypto::Status Invites::load(const Identity& identity) {
  self_ = &identity;
  LIVLINA_TRY(invites, load_invites(context_.store));
  invites_ = std::move(invites);
  return crypto::done();
}

void Invites::save(const OpenInvite& invite) { save_invite(context_.store, invite); }

bool Invites::command(const v1::Command& command) {
  switch (command.command_case()) {
    case v1::Command::kCreateInvite:
      make(command.id(), command.create_invite());
      return true;
    case v1::Command::kConfirmPairing:
      confirm(command.id(), command.confirm_pairing());
      return true;
    case v1::Command::kListInvites:
      list(command.id());
      return true;
    default:
      return false;
  }
}

// ---- making one ----

Status Invites::may_invite(const v1::MakeInvite& wanted) const {
  const Desk* desk = trust_.desk();
  if (self_->decoy || desk == nullptr || !desk->directory) return Error::not_yours;
  if (wanted.purpose() == 1) {
    if (!keeper_.keeper()) return Error::not_yours;
    const std::uint32_t role = wanted.role();
    if (role > 0xff || !role_known(static_cast<std::uint8_t>(role)) ||
        static_cast<Role>(role) == Role::participant)
      return Error::bad_argument;
    return Unit{};
  }
  if (wanted.purpose() != 2) return Error::bad_argument;
  if (wanted.role() > 1) return Error::bad_argument;
  const auto entry = (*desk->directory)->find(self_->account);
  return entry != nullptr && brings_participants(entry->role) ? Status(Unit{})
                                                              : Status(Error::not_yours);
}

Invitation Invites::invitation(const OpenInvite& invite, std::string host) const {
  const Desk& desk = *trust_.desk();
  const auto* list = trust_.device_list(self_->account);
  Invitation out{self_->account,
                 list->record(),
                 invite.role,
                 invite.purpose == InvitePurpose::staff ? self_->organisation : std::string(),
                 invite.circle,
                 desk.key,
                 desk.name,
                 std::move(host),
                 self_->server_pk,
                 invite.expires_at,
                 invite.language,
                 self_->name,
                 {}};
  for (const protocol::StaffEntry& e : (*desk.directory)->staff)
    if (auto detail = stored_detail(context_.store, e.detail_commit))
      out.staff.push_back({e.account, e.role, std::move(*detail)});
  return out;
}

void Invites::make(std::uint64_t command, const v1::MakeInvite& wanted) {
  const Status may = may_invite(wanted);
  if (!may.ok()) return context_.finish(command, may, "purpose");
  if (wanted.language() > 2) return context_.finish(command, Error::bad_argument, "language");
  if (!context_.requests.logged_in() || trust_.device_list(self_->account) == nullptr)
    return context_.finish(command, Error::offline);
  forget_old();
  OpenInvite invite;
  invite.purpose = static_cast<InvitePurpose>(wanted.purpose());
  const bool participant = invite.purpose == InvitePurpose::participant;
  invite.role = participant ? Role::participant : static_cast<Role>(wanted.role());
  invite.language =
      wanted.language() == 0 ? self_->language : static_cast<crypto::Language>(wanted.language());
  invite.expires_at = context_.clock.server_time(context_.now) + life_of(invite.purpose);
  invite.made_at = context_.now;
  if (participant) invite.circle = CircleId{context_.random.array<16>()};
  invite.s = context_.random.secret<16>();
  const crypto::InviteKeys keys = crypto::invite_keys(invite.purpose, *invite.s);
  invite.id = keys.invite_id;
  const std::string host = wanted.host().empty() ? self_->host : wanted.host();
  if (crypto::encode(crypto::InviteCode{invite.purpose, host, {}, {}, {}}).empty())
    return context_.finish(command, Error::bad_argument, "host");
  invite.sealed_i =
      crypto::seal_inviter(invite.purpose, keys, encode(invitation(invite, host)), context_.random);
  v1::Request request;
  v1::CreateInvite& create = *request.mutable_create_invite();
  create.set_invite_id(to_string(invite.id.view()));
  create.set_auth_hash(to_string(crypto::sha256(keys.auth.expose())));
  create.set_purpose(wanted.purpose());
  create.set_expires_at(invite.expires_at);
  create.set_sealed_i(to_string(invite.sealed_i));
  save(invite);
  const InviteId id = invite.id;
  invites_.insert_or_assign(id, std::move(invite));
  context_.requests.send(std::move(request),
                         [this, command, id, host](const v1::ServerFrame* reply) {
                           created(command, id, host, reply);
                         });
}

void Invites::created(std::uint64_t command, const InviteId& id, const std::string& host,
                      const v1::ServerFrame* reply) {
  const Outcome o = outcome(reply);
  OpenInvite& invite = invites_.at(id);
  if (!o.ok()) {
    erase_invite(context_.store, id);
    invites_.erase(id);
    return context_.finish(command, o.status, o.detail);
  }
  invite.state = State::open;
  save(invite);
  v1::Event event;
  event.set_command_id(command);
  v1::InviteMade& made = *event.mutable_invite_made();
  made.set_invite_id(to_string(id.view()));
  made.set_words(joined_words(crypto::invite_words(invite.language, *invite.s)));
  made.set_code(to_string(crypto::encode(
      crypto::InviteCode{invite.purpose, host, self_->server_pk,
                         crypto::sha256(trust_.desk()->key.view()), invite.s->copy()})));
  made.set_expires_at(invite.expires_at);
  made.set_purpose(static_cast<std::uint32_t>(invite.purpose));
  made.set_role(static_cast<std::uint32_t>(invite.role));
  context_.emit(std::move(event));
  context_.finish(command, Unit{});
}

void Invites::forget_old() {
  for (auto it = invites_.begin(); it != invites_.end();) {
    const bool old = context_.clock.trusted(context_.now) > it->second.expires_at + kept_after;
    if (old) erase_invite(context_.store, it->first);
    it = old ? invites_.erase(it) : std::next(it);
  }
}

// ---- somebody joined ----

bool Invites::pushed(const v1::ServerFrame& frame) {
  if (frame.has_invite_refused()) {
    const auto refused = InviteId::from(frame.invite_refused().invite_id());
    const auto it = refused ? invites_.find(*refused) : invites_.end();
    if (it == invites_.end()) return false;
    refused_there(it->second);
    return true;
  }
  if (!frame.has_invite_joined()) return false;
  const auto id = InviteId::from(frame.invite_joined().invite_id());
  const auto it = id ? invites_.find(*id) : invites_.end();
  if (it != invites_.end()) joined(it->second, view(frame.invite_joined().sealed_j()));
  return true;
}

void Invites::online() {
  for (auto& [id, invite] : invites_) {
    if (invite.state == State::joined) show_words(invite);
    if (invite.state == State::confirming) put_confirm(0, invite);
    if (invite.state == State::refusing) put_refusal(0, id);
    const bool over = invite.state == State::expired || invite.state == State::refused ||
                      invite.state == State::refusing;
    if (!over) ask(id);
  }
}

void Invites::ask(const InviteId& id) {
  v1::Request request;
  request.mutable_get_invite()->set_invite_id(to_string(id.view()));
  context_.requests.send(std::move(request), [this, id](const v1::ServerFrame* reply) {
    const auto it = invites_.find(id);
    if (it != invites_.end() && outcome(reply).ok()) told(it->second, reply->invite_state());
  });
}

void Invites::told(OpenInvite& invite, const v1::InviteState& state) {
  if (state.state() == state_refused) return refused_there(invite);
  if (invite.state != State::creating && invite.state != State::open) return;
  invite.state = State::open;
  if (state.state() == state_joined) return joined(invite, view(state.sealed_j()));
  if (state.state() == state_expired) invite.state = State::expired;
  save(invite);
}

// The other side heard other words: somebody may be in between, so nobody goes on with it. What was
// signed before that stands, and the person is told so: by the server's word alone nobody is
// removed from the desk.
void Invites::refused_there(OpenInvite& invite) {
  if (invite.state != State::joined && invite.state != State::confirming &&
      invite.state != State::confirmed)
    return;
  const std::string_view code = listed(invite)                  ? "pairing_refused_listed"
                                : invite.state == State::joined ? "pairing_refused_there"
                                                                : "pairing_refused_late";
  if (invite.purpose == InvitePurpose::participant) trust_.forget_participant(invite.circle);
  end(invite, State::refused, code);
}

bool Invites::listed(const OpenInvite& invite) const {
  return invite.joiner && trust_.desk_role(invite.joiner->account).has_value();
}

// A signed directory cannot be taken back: who was refused, by whichever side, while it was on its
// way may be in it.
void Invites::settle() {
  if (trust_.revision() == looked_at_) return;
  looked_at_ = trust_.revision();
  for (const auto& [id, invite] : invites_)
    if (was_refused(invite) && listed(invite))
      context_.warn("pairing_refused_listed", {}, id.view(), invite.joiner->name);
}

void Invites::end(OpenInvite& invite, State state, std::string_view code) {
  invite.state = state;
  invite.s.reset();
  if (invite.joiner) unmark_verified(context_.store, invite.joiner->account);
  save(invite);
  context_.warn(code, invite.circle.zero() ? ByteView() : invite.circle.view(), invite.id.view(),
                invite.joiner ? invite.joiner->name : std::string());
}

void Invites::refuse(std::uint64_t command, OpenInvite& invite, std::string_view code) {
  end(invite, State::refusing, code);
  put_refusal(command, invite.id);
}

// Without an answer it is said again at the next log-in; here it holds whatever the server says.
void Invites::put_refusal(std::uint64_t command, const InviteId& id) {
  v1::Request request;
  request.mutable_refuse_invite()->set_invite_id(to_string(id.view()));
  context_.requests.send(std::move(request), [this, command, id](const v1::ServerFrame* reply) {
    const auto it = invites_.find(id);
    if (!no_answer(reply) && it != invites_.end() && it->second.state == State::refusing) {
      it->second.state = State::refused;
      save(it->second);
    }
    if (command != 0)
      context_.finish(command, Error::cancelled, outcome(reply).ok() ? "" : "not_told");
  });
}

// Whatever the server says: one J, in time, for this purpose, by somebody who is nobody yet (T19).
void Invites::joined(OpenInvite& invite, ByteView sealed_j) {
  if (sealed_j.size() > max_sealed_invite) return;
  const crypto::Hash tx =
      crypto::pairing_transcript(invite.purpose, invite.id, invite.sealed_i, sealed_j);
  if (invite.joiner) {
    if (tx != invite.tx) context_.warn("second_join", {}, invite.id.view());
    return;
  }
  if (invite.state != State::open && invite.state != State::creating)
    return context_.warn("late_join", {}, invite.id.view());
  if (late(invite)) return end(invite, State::expired, "late_join");
  const crypto::InviteKeys keys = crypto::invite_keys(invite.purpose, *invite.s);
  const auto plain = crypto::open_joiner(invite.purpose, keys, invite.sealed_i, sealed_j);
  if (!plain.ok()) return context_.warn("join_not_trusted", {}, invite.id.view());
  auto joiner = verify_acceptance(plain->expose(), invite.purpose, invite.role, invite.sealed_i);
  if (!joiner.ok()) return refuse(0, invite, "join_not_trusted");
  const bool known = joiner->account == self_->account || trust_.desk_role(joiner->account) ||
                     trust_.circle_of(joiner->account) != nullptr;
  if (known) return refuse(0, invite, "join_not_trusted");
  invite.joiner = std::move(*joiner);
  invite.tx = tx;
  invite.state = State::joined;
  invite.s.reset();
  save(invite);
  show_words(invite);
}

void Invites::show_words(const OpenInvite& invite) const {
  v1::Event event;
  v1::SafetyWords& words = *event.mutable_safety_words();
  words.set_invite_id(to_string(invite.id.view()));
  words.set_words(safety_text(invite.language, invite.tx));
  words.set_purpose(static_cast<std::uint32_t>(invite.purpose));
  words.set_role(static_cast<std::uint32_t>(invite.role));
  words.set_name(invite.joiner->name);
  words.set_account(to_string(invite.joiner->account.view()));
  context_.emit(std::move(event));
}

bool Invites::late(const OpenInvite& invite) const {
  const Duration passed = context_.now - invite.made_at;
  return passed < -clock_slack || passed > life_of(invite.purpose) ||
         context_.clock.server_time(context_.now) > invite.expires_at;
}

void Invites::list(std::uint64_t command) const {
  v1::Event event;
  event.set_command_id(command);
  v1::Invites& out = *event.mutable_invites();
  if (auto own = own_pairing(context_.store)) *out.add_invites() = std::move(*own);
  for (const auto& [id, invite] : invites_) {
    const bool over = invite.state == State::open && late(invite);
    if (invite.state == State::creating) continue;
    v1::InviteInfo& info = *out.add_invites();
    info.set_invite_id(to_string(id.view()));
    info.set_purpose(static_cast<std::uint32_t>(invite.purpose));
    info.set_role(static_cast<std::uint32_t>(invite.role));
    info.set_expires_at(invite.expires_at);
    const State shown = over                                ? State::expired
                        : invite.state == State::confirming ? State::joined
                        : invite.state == State::refusing   ? State::refused
                                                            : invite.state;
    info.set_state(static_cast<std::uint32_t>(shown));
    if (invite.joiner) info.set_name(invite.joiner->name);
    if (invite.state == State::joined) info.set_words(safety_text(invite.language, invite.tx));
  }
  context_.emit(std::move(event));
  context_.finish(command, Unit{});
}

}  // namespace livlina::client

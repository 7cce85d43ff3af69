// The inviter's words were compared with those of who joined: confirmed, or refused.
#include "clients/core/invites.hpp"
#include "clients/core/reply.hpp"
#include "livlina/core.pb.h"
#include "livlina/frames.pb.h"

namespace livlina::client {

using crypto::InvitePurpose;
using State = OpenInvite::State;

void Invites::confirm(std::uint64_t command, const v1::ConfirmPairing& confirm) {
  const auto id = InviteId::from(confirm.invite_id());
  const auto it = id ? invites_.find(*id) : invites_.end();
  if (it == invites_.end()) return context_.finish(command, Error::unknown_invite);
  OpenInvite& invite = it->second;
  if (invite.state != State::joined) return context_.finish(command, Error::wrong_state);
  if (!confirm.match()) return refuse(command, invite, "pairing_refused");
  if (confirm.role() != 0 && confirm.role() != static_cast<std::uint32_t>(invite.role))
    return context_.finish(command, Error::bad_argument, "role");
  // What the other side has refused meanwhile is not confirmed.
  v1::Request request;
  request.mutable_get_invite()->set_invite_id(to_string(invite.id.view()));
  context_.requests.send(
      std::move(request), [this, command, id = *id](const v1::ServerFrame* reply) {
        const Outcome o = outcome(reply);
        const auto now = invites_.find(id);
        if (!o.ok()) return context_.finish(command, o.status, o.detail);
        if (now == invites_.end()) return context_.finish(command, Error::unknown_invite);
        told(now->second, reply->invite_state());
        if (reply->invite_state().state() == state_refused)
          return context_.finish(command, Error::cancelled,
                                 listed(now->second) ? "refused_listed" : "refused_there");
        if (now->second.state != State::joined) return context_.finish(command, Error::wrong_state);
        confirm_now(command, now->second);
      });
}

void Invites::confirm_now(std::uint64_t command, OpenInvite& invite) {
  if (invite.purpose == InvitePurpose::staff) return confirm_staff(command, invite);
  confirm_participant(command, invite);
}

void Invites::pin_joiner(const Joiner& joiner) {
  (void)trust_.accept_device_list(joiner.device_list).ok();
  mark_verified(context_.store, joiner.account);
}

// A keeper signs: until the directory stands the invitation stays "joined" and may be confirmed
// again.
void Invites::confirm_staff(std::uint64_t command, const OpenInvite& invite) {
  if (!keeper_.keeper()) return context_.finish(command, Error::not_yours);
  const Joiner& joiner = *invite.joiner;
  pin_joiner(joiner);
  keeper_.add_staff(
      joiner.account, invite.role, joiner.name, joiner.organisation,
      [this, command, id = invite.id](const Status& status, const std::string& detail) {
        const auto it = invites_.find(id);
        if (it == invites_.end()) return context_.finish(command, status, detail);
        listed_now(command, it->second, status, detail);
      });
}

void Invites::listed_now(std::uint64_t command, OpenInvite& invite, const Status& status,
                         std::string_view detail) {
  if (was_refused(invite))
    return context_.finish(command, Error::cancelled,
                           listed(invite) ? "refused_listed" : "refused_there");
  if (status.ok() && invite.state == State::joined) {
    invite.state = State::confirmed;
    save(invite);
  }
  context_.finish(command, status, detail);
}

void Invites::confirm_participant(std::uint64_t command, OpenInvite& invite) {
  if (!self_->account_key) return context_.finish(command, Error::not_yours);
  const Joiner& joiner = *invite.joiner;
  pin_joiner(joiner);
  trust_.set_person(joiner.account, joiner.name, joiner.organisation);
  trust_.pin_participant(joiner.account, invite.circle, invite.tx);
  (void)trust_.accept_shadow_mark(joiner.shadow_mark).ok();
  invite.confirm = protocol::sign_confirm(
      {invite.tx, invite.circle, joiner.account, self_->account}, *self_->account_key);
  invite.state = State::confirming;
  save(invite);
  put_confirm(command, invite);
}

void Invites::put_confirm(std::uint64_t command, const OpenInvite& invite) {
  v1::Request request;
  request.mutable_put_confirm()->set_record(to_string(invite.confirm));
  context_.requests.send(std::move(request),
                         [this, command, id = invite.id](const v1::ServerFrame* reply) {
                           const Outcome o = outcome(reply);
                           const auto it = invites_.find(id);
                           if (it != invites_.end() && it->second.state == State::confirming) {
                             if (o.ok()) it->second.state = State::confirmed;
                             save(it->second);
                             if (o.detail == "wrong_state:refused") refused_there(it->second);
                           }
                           if (command == 0) return;
                           if (o.ok() && it != invites_.end() && it->second.state == State::refused)
                             return context_.finish(command, Error::cancelled, "refused_late");
                           context_.finish(command, o.status, o.detail);
                         });
}

}  // namespace livlina::client

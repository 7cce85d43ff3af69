// The inviter's side of pairings: invitations made, who joined, what was confirmed.
#pragma once

#include "clients/core/desk_keeper.hpp"
#include "clients/core/invite_store.hpp"
#include "clients/core/part.hpp"
#include "clients/core/trust.hpp"

namespace livlina::v1 {
class ConfirmPairing;
class InviteInfo;
class InviteState;
class MakeInvite;
}  // namespace livlina::v1

namespace livlina::client {

class Invites final : public Part {
 public:
  Invites(Context& context, Trust& trust, DeskKeeper& keeper);

  [[nodiscard]] crypto::Status load(const Identity& identity) override;
  bool command(const v1::Command& command) override;
  bool pushed(const v1::ServerFrame& frame) override;
  void online() override;
  void settle() override;

 private:
  void make(std::uint64_t command, const v1::MakeInvite& wanted);
  [[nodiscard]] Status may_invite(const v1::MakeInvite& wanted) const;
  [[nodiscard]] Invitation invitation(const OpenInvite& invite, std::string host) const;
  void created(std::uint64_t command, const InviteId& id, const std::string& host,
               const v1::ServerFrame* reply);
  void joined(OpenInvite& invite, ByteView sealed_j);
  // Ends it here, with a warning.
  void end(OpenInvite& invite, OpenInvite::State state, std::string_view code);
  // Ends it here at once, and at the server, which tells the other side. `command`: 0, or that of
  // the person who refused.
  void refuse(std::uint64_t command, OpenInvite& invite, std::string_view code);
  void put_refusal(std::uint64_t command, const InviteId& id);
  void ask(const InviteId& id);
  void told(OpenInvite& invite, const v1::InviteState& state);
  void refused_there(OpenInvite& invite);
  [[nodiscard]] bool listed(const OpenInvite& invite) const;  // as staff, by our desk
  void listed_now(std::uint64_t command, OpenInvite& invite, const Status& status,
                  std::string_view detail);
  void confirm(std::uint64_t command, const v1::ConfirmPairing& confirm);
  void confirm_now(std::uint64_t command, OpenInvite& invite);
  void confirm_staff(std::uint64_t command, const OpenInvite& invite);
  void confirm_participant(std::uint64_t command, OpenInvite& invite);
  void put_confirm(std::uint64_t command, const OpenInvite& invite);
  void pin_joiner(const Joiner& joiner);
  void show_words(const OpenInvite& invite) const;
  void list(std::uint64_t command) const;
  // Its time is over by the server's clock, or by as much as has passed on this device since it was
  // made: that one may be wrong, and the server may say what it likes (T19, T28).
  [[nodiscard]] bool late(const OpenInvite& invite) const;
  void save(const OpenInvite& invite);
  void forget_old();

  Context& context_;
  Trust& trust_;
  DeskKeeper& keeper_;
  const Identity* self_ = nullptr;
  std::map<InviteId, OpenInvite> invites_;
  std::optional<std::uint64_t> looked_at_;  // Trust::revision
};

}  // namespace livlina::client

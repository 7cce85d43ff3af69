// How an invitation of ours is stored, and with whom words were compared.
#pragma once

#include <map>
#include <optional>

#include "clients/core/invitation.hpp"
#include "clients/core/store.hpp"

namespace livlina::client {

// InviteState.state
inline constexpr std::uint32_t state_joined = 3, state_expired = 4, state_refused = 5;

// How long an invitation holds.
[[nodiscard]] inline Duration life_of(crypto::InvitePurpose purpose) {
  return purpose == crypto::InvitePurpose::participant ? 15 * minute : 24 * hour;
}

// One invitation as it is stored under "invite/<id>".
struct OpenInvite {
  enum class State : std::uint8_t {
    creating = 0,  // the server has not said that it has it
    open = 1,
    joined = 3,  // the safety words wait to be compared
    expired = 4,
    confirmed = 5,
    refused = 6,     // the words did not match, or what came was not right
    confirming = 7,  // our Confirm is signed, the server has not said that it has it
    refusing = 8,    // refused here, the server has not said that it has it
  };
  InviteId id;
  State state = State::creating;
  crypto::InvitePurpose purpose = crypto::InvitePurpose::staff;
  Role role = Role::mentor;
  crypto::Language language = crypto::Language::english;
  Instant expires_at = 0;  // by the server's clock
  Instant made_at = 0;     // by this device's own
  CircleId circle;
  std::optional<crypto::Secret<16>> s;  // until somebody joined: then nothing more can be opened
  Bytes sealed_i;
  crypto::Hash tx{};
  std::optional<Joiner> joiner;
  Bytes confirm;
};

// By this side or the other.
[[nodiscard]] inline bool was_refused(const OpenInvite& invite) {
  return invite.state == OpenInvite::State::refused || invite.state == OpenInvite::State::refusing;
}

void save_invite(Store& store, const OpenInvite& invite);
void erase_invite(Store& store, const InviteId& id);
// bad_format.
[[nodiscard]] crypto::Result<std::map<InviteId, OpenInvite>> load_invites(const Store& store);

// Stored by each side of a pairing whose words matched: "verified/<account>".
void mark_verified(Store& store, const SignPublic& account);
// The other side says that the words differed.
void unmark_verified(Store& store, const SignPublic& account);
// The same into the decoy realm, from a participant's real one.
void mirror_verified(Store& store, const SignPublic& account);
[[nodiscard]] bool is_verified(const Store& store, const SignPublic& account);

}  // namespace livlina::client

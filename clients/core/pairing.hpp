// Our own pairing, as it is stored: from the code that a person typed to what they confirmed.
#pragma once

#include <optional>
#include <string>

#include "clients/core/error.hpp"
#include "clients/core/invitation.hpp"
#include "clients/core/store.hpp"

namespace livlina::v1 {
class InviteInfo;
class SafetyWords;
}  // namespace livlina::v1

namespace livlina::client {

struct Pairing {
  enum class Phase : std::uint8_t {
    claiming = 1,  // the code is known, the invitation not yet
    joining = 2,   // our keys are made and stored, the server has not said that it took them
    paired = 3,    // the server took them; the safety words wait to be compared
    confirmed = 4,
    refused = 5,  // the words did not match: this device is nobody's
  };
  Phase phase = Phase::claiming;
  crypto::InvitePurpose purpose = crypto::InvitePurpose::staff;
  crypto::Secret<16> s;
  std::string host;
  std::optional<ByteArray<32>> server_pk;         // by the code; with words the invitation says it
  std::optional<ByteArray<32>> desk_fingerprint;  // by the code
  ClaimId claim;
  std::string name;
  std::string organisation;
  crypto::Language language = crypto::Language::english;
  Bytes sealed_i;
  std::string join;   // the encoded JoinInvite, so that it is repeated byte by byte
  crypto::Hash tx{};  // from `joining` on
  // The encoded InviteInfo, once it is confirmed and s, sealed_i and join were forgotten.
  std::string shown;

  // Also after forget_secrets(): keys().invite_id until then, what is shown of it after that.
  [[nodiscard]] InviteId id() const;
  // Not after forget_secrets().
  [[nodiscard]] crypto::InviteKeys keys() const { return crypto::invite_keys(purpose, s); }
  // The first invitation of a server: sealed by nobody, so there is nobody to compare words with.
  [[nodiscard]] bool first() const { return sealed_i.empty(); }
  // What the inviter said; nothing for a first one, or before it was claimed.
  [[nodiscard]] std::optional<Invitation> invitation() const;
  [[nodiscard]] Role role() const;
};

// Stored under "pairing"; bad_format.
[[nodiscard]] crypto::Result<std::optional<Pairing>> load_pairing(const Store& store);
void save_pairing(Store& store, const Pairing& pairing);

// Wipes what the code and the invitation were and saves the rest: once it is confirmed nobody may
// find them here.
void forget_secrets(Store& store, Pairing& pairing);

[[nodiscard]] v1::SafetyWords safety_words_of(const Pairing& pairing);
// Into the decoy realm: that there was an invitation, the inviter's first name, and the safety
// words while they wait to be compared.
void mirror_pairing(Store& store);
// The decoy realm says what the real one would of a confirmation, and nothing comes of it. Nothing
// when no such pairing is known.
[[nodiscard]] std::optional<Status> pretend_confirm(Store& store, const InviteId& id, bool match);
// How ListInvites shows our own pairing; nothing when nobody invited us.
[[nodiscard]] std::optional<v1::InviteInfo> own_pairing(const Store& store);

}  // namespace livlina::client

// What an invitation says to the joiner (I) and what the joiner answers (J): the plaintexts that
// crypto/e2ee/invite seals.
#pragma once

#include <string>
#include <vector>

#include "clients/core/detail.hpp"
#include "crypto/core/roles.hpp"
#include "crypto/e2ee/invite.hpp"
#include "crypto/e2ee/words.hpp"
#include "protocol/records/device_list.hpp"

namespace livlina::client {

using crypto::SignPublic;

inline constexpr std::size_t max_sealed_invite = 16 * 1024;  // bytes of I or J as they travel

// Somebody of the desk, as the inviter knows them: names for the commitments of the directory.
struct StaffDetail {
  SignPublic account;
  Role role = Role::mentor;
  Detail detail;
};

struct Invitation {
  SignPublic account;        // the inviter's
  Bytes device_list;         // its signed list
  Role role = Role::mentor;  // of the joiner
  std::string organisation;  // for which the joiner will act; empty for a participant
  CircleId circle;           // the participant's, else zeros
  SignPublic desk;
  std::string desk_name;
  std::string host;
  ByteArray<32> server_pk{};
  Instant expires_at = 0;
  crypto::Language language = crypto::Language::english;  // in which both compare the safety words
  std::string name;                                       // the inviter's
  std::vector<StaffDetail> staff;
};
// Leaves out the last staff details when they would not fit.
[[nodiscard]] Bytes encode(const Invitation& invitation);
// bad_version, bad_format.
[[nodiscard]] crypto::Result<Invitation> parse_invitation(ByteView bytes);

struct Acceptance {
  SignPublic account;
  Bytes device_list;
  Bytes spk;          // the primary device's signed prekey
  Bytes shadow_mark;  // of a participant, else empty
  std::string name;
  std::string organisation;
  Bytes signature;  // sig(account, "join", SHA-256(I) || role)
};
[[nodiscard]] Bytes encode(const Acceptance& acceptance);
[[nodiscard]] crypto::Result<Acceptance> parse_acceptance(ByteView bytes);

// What an acceptance says once every signature in it was checked for this invitation.
struct Joiner {
  SignPublic account;
  Bytes device_list;
  DeviceId primary;
  Bytes shadow_mark;
  std::string name;
  std::string organisation;
};
// The device list is the account's first and lists one device (participant: two, one of them the
// shadow), the prekey is the primary's, the signature accepts this I in this role; else bad_format
// or bad_signature.
[[nodiscard]] crypto::Result<Joiner> verify_acceptance(ByteView plain,
                                                       crypto::InvitePurpose purpose, Role role,
                                                       ByteView sealed_i);

// Safety words of a pairing as a person reads them, separated by spaces.
[[nodiscard]] std::string safety_text(crypto::Language language, const crypto::Hash& tx);

}  // namespace livlina::client

// The cryptography of an invitation: keys from its secret, both sealed halves, the transcript that
// the safety words come from, and the QR code (protocol/spec/e2ee.md, Enrolment).
#pragma once

#include "crypto/core/hash.hpp"
#include "crypto/core/ids.hpp"
#include "crypto/core/random.hpp"
#include "crypto/core/secret.hpp"

namespace livlina::crypto {

enum class InvitePurpose : std::uint8_t { staff = 1, participant = 2, link = 3, recovery = 4 };

// HKDF(salt = 0, ikm = s, info = "livlina/1/invite" || P, 80) -> invite_id 16 | auth 32 | key 32.
struct InviteKeys {
  InviteId invite_id;
  Secret<32> auth;
  Secret<32> key;
};
[[nodiscard]] InviteKeys invite_keys(InvitePurpose purpose, const Secret<16>& s);

// I, sealed by the inviter: ad = P || invite_id.
[[nodiscard]] Bytes seal_inviter(InvitePurpose purpose, const InviteKeys& keys, ByteView plain,
                                 Random& random);
[[nodiscard]] Result<SecretBytes> open_inviter(InvitePurpose purpose, const InviteKeys& keys,
                                               ByteView sealed_i);
// J, sealed by the joiner: ad = P || invite_id || SHA-256(I), over the sealed I.
[[nodiscard]] Bytes seal_joiner(InvitePurpose purpose, const InviteKeys& keys, ByteView sealed_i,
                                ByteView plain, Random& random);
[[nodiscard]] Result<SecretBytes> open_joiner(InvitePurpose purpose, const InviteKeys& keys,
                                              ByteView sealed_i, ByteView sealed_j);
// TX = SHA-256("livlina/1/pair" || P || invite_id || SHA-256(I) || SHA-256(J)), over sealed I, J.
[[nodiscard]] Hash pairing_transcript(InvitePurpose purpose, const InviteId& id, ByteView sealed_i,
                                      ByteView sealed_j);

// QR = ver u8 | P u8 | host_len u8 | host:port | server_pk 32 | desk fingerprint 32 | s 16.
struct InviteCode {
  InvitePurpose purpose = InvitePurpose::staff;
  std::string host;  // "host:port", at most 255 bytes
  ByteArray<32> server_pk{};
  ByteArray<32> desk_fingerprint{};  // SHA-256 of desk_pk; zeros in the first invite of a server
  Secret<16> s;
};
// Empty when the host is not "host:port" in visible ASCII of at most 255 bytes.
[[nodiscard]] Bytes encode(const InviteCode& code);
// bad_version, bad_format.
[[nodiscard]] Result<InviteCode> parse_invite_code(ByteView bytes);

}  // namespace livlina::crypto

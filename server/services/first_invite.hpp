// The very first invitation, made by the server itself at init: it lets one person join who may set
// up a desk. The server cannot seal, so this invite has an empty I: the joiner takes host and
// server key from the QR code, or, with the secret typed by hand, compares the server's fingerprint
// by eye. Nobody opens its J. It gives a permission on this server and no trust between people.
#pragma once

#include "crypto/core/hash.hpp"
#include "crypto/core/ids.hpp"
#include "crypto/core/random.hpp"
#include "crypto/core/secret.hpp"
#include "server/services/turn.hpp"

namespace livlina::server {

inline constexpr Duration first_invite_life = 24 * hour;

struct FirstInvite {
  crypto::Secret<16> s;  // what the operator hands over
  InviteId id;
  crypto::Hash auth_hash{};
};
// HKDF(salt = 0, ikm = s, info = "livlina/1/invite" || 1, 80) -> invite_id 16 | auth 32 | key 32,
// as every client derives it (protocol/spec/e2ee.md, Enrolment); the key is not kept.
[[nodiscard]] FirstInvite make_first_invite(crypto::Random& random);

enum class InitResult : std::uint8_t {
  done,        // the invite is stored; an earlier one that nobody used is gone
  other_key,   // the database belongs to a server with another key
  has_a_desk,  // somebody has set up a desk: people are invited by its coordinators now
};
// Makes the database this server's (key and a fresh epoch) unless it is already, and stores the
// invite. One transaction. Throws store::Failure.
[[nodiscard]] InitResult init_server(store::Db& db, const SignPublic& server_key,
                                     const FirstInvite& invite, Instant now,
                                     crypto::Random& random);
// After a restore from a backup: clients offer again what has no receipt, and what they
// had given since the copy.
void renew_epoch(store::Db& db, crypto::Random& random);

}  // namespace livlina::server

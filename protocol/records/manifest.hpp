// The manifest: the circle's signed list of members with what each may receive. It is the written
// consent. And Confirm: the inviter's word that a participant's account was met in person.
#pragma once

#include <optional>
#include <vector>

#include "crypto/core/ids.hpp"
#include "crypto/core/roles.hpp"
#include "crypto/core/sign.hpp"
#include "crypto/core/time.hpp"
#include "protocol/records/verified.hpp"

namespace livlina::protocol {

inline constexpr std::size_t max_lines = 40;
inline constexpr std::size_t max_also = 16;
inline constexpr Duration line_life = 400 * day;
// A long weekend: time to close what is open, or to sign the line anew.
inline constexpr std::uint16_t max_incident_grace_h = 72;

enum class LineType : std::uint8_t {
  account = 1,  // key is an account
  desk = 2,     // key is a desk's root key: the coordinators of today's roster
  pool = 3,     // key is a desk's root key: the mentors of its StaffDirectory
};

struct Line {
  LineId id;
  LineType type = LineType::account;
  crypto::SignPublic key;
  Role role = Role::mentor;
  std::uint16_t scope = 0;
  Instant not_before = 0;
  Instant not_after = 0;  // at most not_before + line_life
  // Hours, at most max_incident_grace_h, for which the alarm scope outlives not_after while an
  // incident that opened before is unresolved.
  std::uint16_t incident_grace_h = 0;
  crypto::Hash detail_commit{};
};

struct Recovery {
  crypto::SignPublic desk;
  std::vector<crypto::SignPublic> eligible;  // accounts outside the desk, at most max_lines
};

struct Manifest {
  CircleId circle;
  crypto::SignPublic participant;
  std::uint32_t seq = 1;
  crypto::Hash prev{};  // zeros in seq 1
  Instant issued_at = 0;
  bool armed = false;
  std::vector<Line> lines;  // 0 to max_lines
  Recovery recovery;
  // Hashes of other manifests of this seq, or of the one before, that this one puts out of force:
  // those that were signed and not taken, and the other side of a fork. At most max_also.
  std::vector<crypto::Hash> also{};

  // The line under which `account` acts: its account line, else (when `in_roster`) the desk's, else
  // (when `in_pool`) the pool's; nothing when none covers it. Dates are not looked at.
  [[nodiscard]] const Line* line_for(const crypto::SignPublic& account, bool in_roster,
                                     bool in_pool) const;
};

// The scope that a line has at `now`, 0 when none: its own while not_before <= now < not_after,
// then the alarm scope alone within incident_grace, if the incident open since `incident_since`
// (the first to open of those that count; none: nothing is open) opened before not_after.
[[nodiscard]] std::uint16_t scope_at(const Line& line, Instant now,
                                     std::optional<Instant> incident_since);

// Signed by the participant's account, purpose "manifest". Verification checks the layout, every
// key, one line per (type, key), known roles and scopes, dates; under the key in the record, which
// the caller compares with the pinned participant.
[[nodiscard]] Bytes sign_manifest(const Manifest& m, const crypto::SignKeyPair& participant);
[[nodiscard]] Result<Verified<Manifest>> verify_manifest(ByteView record);
// Same circle and participant, seq + 1, and `known` is the one before or named in also: else
// bad_chain, fork, stale.
[[nodiscard]] Status check_successor(const Verified<Manifest>& known,
                                     const Verified<Manifest>& next);
// `next` has the same number and names `known` in also: the participant signed it later and means
// it instead.
[[nodiscard]] bool replaces(const Verified<Manifest>& known, const Verified<Manifest>& next);
// Whether prev or also of `m` is this hash.
[[nodiscard]] bool names(const Manifest& m, const crypto::Hash& other);
// Whether `next` takes something away from anybody: a line of `before` whose time is not over at
// `now` has none of its type, key and role in `next` with at least its scope, dates and grace (it
// may begin anew, but not after `now`).
[[nodiscard]] bool takes_away(const Manifest& before, const Manifest& next, Instant now);

struct Confirm {
  crypto::Hash tx{};  // the pairing's transcript
  CircleId circle;
  crypto::SignPublic participant;
  crypto::SignPublic signer;  // the inviter's account
};
// Signed by the inviter's account, purpose "confirm".
[[nodiscard]] Bytes sign_confirm(const Confirm& c, const crypto::SignKeyPair& signer);
[[nodiscard]] Result<Verified<Confirm>> verify_confirm(ByteView record);

}  // namespace livlina::protocol

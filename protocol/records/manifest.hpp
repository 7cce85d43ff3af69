// The manifest: the circle's signed list of members with what each may receive. It is the written
// consent. And Confirm: the inviter's word that a participant's account was met in person.
#pragma once

#include <vector>

#include "crypto/core/ids.hpp"
#include "crypto/core/roles.hpp"
#include "crypto/core/sign.hpp"
#include "crypto/core/time.hpp"
#include "protocol/records/verified.hpp"

namespace livlina::protocol {

inline constexpr std::size_t max_lines = 40;
inline constexpr Duration line_life = 400 * day;

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
  Instant not_after = 0;             // at most not_before + line_life
  std::uint16_t incident_grace_h = 0;  // hours the alarm scope outlives not_after while an incident is open
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

  // The line under which `account` acts: its account line, else (when `in_roster`) the desk's, else
  // (when `in_pool`) the pool's; nothing when none covers it. Dates are not looked at.
  [[nodiscard]] const Line* line_for(const crypto::SignPublic& account, bool in_roster,
                                     bool in_pool) const;
};

// In force at `now`: not_before <= now < not_after, or within incident_grace while `incident_open`
// (then only the alarm scope remains). The scope that remains, 0 when none.
[[nodiscard]] std::uint16_t scope_at(const Line& line, Instant now, bool incident_open);

// Signed by the participant's account, purpose "manifest". Verification checks the layout, every key,
// one line per (type, key), known roles and scopes, dates; under the key in the record, which the
// caller compares with the pinned participant.
[[nodiscard]] Bytes sign_manifest(const Manifest& m, const crypto::SignKeyPair& participant);
[[nodiscard]] Result<Verified<Manifest>> verify_manifest(ByteView record);
// Same circle and participant, seq + 1, prev = hash: else bad_chain, fork, stale.
[[nodiscard]] Status check_successor(const Verified<Manifest>& known,
                                     const Verified<Manifest>& next);
// True when every line of `next` stands in `before` with the same id, key and role, and no wider
// scope or later date: a manifest that only drops is always accepted.
[[nodiscard]] bool only_drops(const Manifest& before, const Manifest& next);

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

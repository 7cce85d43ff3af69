// What a desk's root key signs: the roster of coordinators and the directory of staff.
#pragma once

#include <vector>

#include "crypto/core/ids.hpp"
#include "crypto/core/roles.hpp"
#include "crypto/core/sign.hpp"
#include "crypto/core/time.hpp"
#include "protocol/records/verified.hpp"

namespace livlina::protocol {

inline constexpr Duration roster_life = 7 * day;
inline constexpr Duration directory_life = 30 * day;
inline constexpr std::size_t max_coordinators = 50;
inline constexpr std::size_t max_staff = 1000;

struct RosterEntry {
  crypto::SignPublic account;
  std::vector<DeviceId> devices;  // 1 to 5
};

struct DeskRoster {
  crypto::SignPublic desk;
  std::uint32_t serial = 1;
  crypto::Hash prev{};
  crypto::Hash also{};  // ends a fork: the other record of serial - 1; else zeros
  Instant issued_at = 0;
  Instant not_after = 0;                  // at most issued_at + roster_life
  std::vector<RosterEntry> coordinators;  // 1 to max_coordinators, accounts distinct
  crypto::DhPublic desk_env;

  [[nodiscard]] const RosterEntry* find(const crypto::SignPublic& account) const;
};

struct StaffEntry {
  crypto::SignPublic account;
  Role role = Role::mentor;
  crypto::Hash detail_commit{};  // SHA-256(salt || detail); the detail travels end to end
  std::uint32_t devlist_version = 1;
  crypto::Hash devlist_hash{};
};

struct StaffDirectory {
  crypto::SignPublic desk;
  std::uint32_t serial = 1;
  crypto::Hash prev{};
  crypto::Hash also{};  // as in the roster
  Instant issued_at = 0;
  Instant not_after = 0;          // at most issued_at + directory_life
  std::vector<StaffEntry> staff;  // 0 to max_staff, accounts distinct

  [[nodiscard]] const StaffEntry* find(const crypto::SignPublic& account) const;
};

// Signed by desk.root, purposes "roster" and "directory"; verified under the key in the record,
// which the caller compares with the desk it expects.
[[nodiscard]] Bytes sign_roster(const DeskRoster& roster, const crypto::SignKeyPair& root);
[[nodiscard]] Result<Verified<DeskRoster>> verify_roster(ByteView record);
[[nodiscard]] Bytes sign_directory(const StaffDirectory& dir, const crypto::SignKeyPair& root);
[[nodiscard]] Result<Verified<StaffDirectory>> verify_directory(ByteView record);

// True when `next` names `hash` as the record before it, or as the other one of a fork that it
// ends.
[[nodiscard]] bool names(const DeskRoster& next, const crypto::Hash& hash);
[[nodiscard]] bool names(const StaffDirectory& next, const crypto::Hash& hash);

// Same desk, serial + 1, and it names the known record: else bad_chain, fork, stale.
[[nodiscard]] Status check_successor(const Verified<DeskRoster>& known,
                                     const Verified<DeskRoster>& next);
[[nodiscard]] Status check_successor(const Verified<StaffDirectory>& known,
                                     const Verified<StaffDirectory>& next);

// The circle id that desk traffic carries: SHA-256(desk_pk)[0..16).
[[nodiscard]] CircleId desk_circle(const crypto::SignPublic& desk);

}  // namespace livlina::protocol

// The bounds of sessions and ratchets in one place, each with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/core/time.hpp"

namespace livlina::crypto {

// Message numbers skipped in one step. A mailbox row lives 30 days; a thousand lost in one chain is
// no network any more, and each costs two HMACs before the frame is known to be good.
inline constexpr std::uint32_t max_skip = 1000;
// Skipped keys stored in a session: two full steps, 88 kB of pickle at most.
inline constexpr std::size_t max_stored_keys = 2000;
// Finished receiving chains whose header key is kept, so that late frames find their key and
// duplicates are told from strangers.
inline constexpr std::size_t max_old_chains = 8;
// Skipped keys, finished chains and sessions that only receive: the mailbox's 30 days and 5 more
// for clocks and outages.
inline constexpr Duration key_life = 35 * day;
// Sessions of a pair of devices: one that sends, and what a few resets and renewals leave behind.
inline constexpr std::size_t max_sessions = 5;
// A new X3DH at least this often heals what a thief of old states knows.
inline constexpr Duration renewal_period = 90 * day;
// Between a session of ours being superseded and a new one of ours, when init parts must be sent:
// the peer keeps the old one for key_life, of which the mailbox may need 30 days.
inline constexpr Duration own_session_wait = 3 * day;
// How far a peer may run ahead with its generation: resets are at most 5 a day, and a jump to the
// largest number would block every later session.
inline constexpr std::uint32_t max_gen_jump = 16;
// What fits beside ids and length into the 1024 bytes of an init part's identity.
inline constexpr std::size_t max_device_list = 900;
inline constexpr std::size_t init_identity_size = 1024;

}  // namespace livlina::crypto

// What can go wrong inside crypto: one enum for crypto_core and crypto_e2ee.
#pragma once

#include <cstdint>
#include <string_view>

namespace livlina::crypto {

enum class Error : std::uint8_t {
  bad_length,      // an input has another size than the format asks for
  bad_public_key,  // a public key is non-canonical, of small order, or not a point
  bad_signature,   // an Ed25519 signature does not verify
  bad_dh,          // a Diffie-Hellman result is all zero
  cannot_open,     // a sealed text does not open: wrong key, purpose, associated data, or altered
  bad_padding,     // an opened text carries no valid padding
  too_large,       // a plaintext exceeds the largest padding class
  bad_version,     // a pickle, vault or record has a version this code does not know
  bad_format,      // bytes do not follow the layout of their type
  bad_suite,       // a key-agreement suite is unknown, or a suite's rules are not met
  bad_words,       // a phrase has a wrong word, wrong count or wrong check bits
  unknown_hint,    // no session of ours knows the frame's header hint
  duplicate,       // this message number was already opened
  limit,           // a bound of the ratchet (skip, stored keys, old chains) was exceeded
  not_ready,       // a session cannot send (this) yet: nothing received, or it has no init part
  expired,         // a key or session is past its life
  out_of_memory,   // Argon2id or guarded memory could not be had
  storage,         // the vault's storage could not be read or written
  wrong_pin,       // neither slot of the vault opens with this PIN
  wait,            // too many wrong PINs: the wait has not passed
};

// A stable lower-case name for logs and messages; never reveals an input.
[[nodiscard]] std::string_view name(Error e);

}  // namespace livlina::crypto

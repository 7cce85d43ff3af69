// Why a command is not done: one enum for the client core, with the stable words of Finished.error.
#pragma once

#include <cstdint>
#include <string_view>

#include "crypto/core/result.hpp"

namespace livlina::client {

enum class Error : std::uint8_t {
  bad_argument,      // a command's field is missing, too long or impossible; detail names it
  bad_code,          // the words or the QR code are not an invitation
  invite_gone,       // used, expired, or never there
  already_enrolled,  // this device belongs to somebody already
  not_enrolled,      // nothing can be done before `enrol`
  offline,           // needs the server, and the connection ended first
  refused,           // the server refused; detail is its stable word
  not_trusted,       // a signature, chain or identity does not verify: shown as a warning as well
  wrong_server,      // the server's key is not the pinned one
  not_yours,         // the role of this user does not allow it
  unknown_person,    // nobody of this circle or desk by that account
  unknown_circle,    // no such circle here
  unknown_incident,  // no such incident here
  unknown_invite,    // no such open invitation of ours
  no_scope,          // the manifest gives no line that allows it
  wrong_state,       // the incident or circle does not allow it now
  conflict,          // somebody else changed it first: look again
  held,              // another person holds the incident; detail is the account in hex
  too_large,         // a text beyond 60,000 bytes
  no_session_yet,    // decoy realm: no session for it was prepared
  cancelled,         // the user did not confirm the safety words
  corrupt,           // what is stored here cannot be read
};

[[nodiscard]] std::string_view name(Error e);

template <class T>
using Result = BasicResult<T, Error>;
using Status = BasicResult<Unit, Error>;

}  // namespace livlina::client

// On what footing two accounts write to each other: the manifest (or the desk's directory) that
// gives both their roles, and whether it lets them say this kind now.
#pragma once

#include <string_view>

#include "clients/core/messaging.hpp"
#include "crypto/e2ee/session.hpp"

namespace livlina::client {

// Our side of a message to a device of `to`.
struct Outbound {
  bool allowed = false;
  // Not allowed, for good unless a manifest or directory changes that; else it waits for a list, a
  // mark or a roster that is not here or has run out.
  bool covered = false;
  std::uint32_t version = 0;  // of the manifest, or the directory's serial
  crypto::Hash hash{};
  Role us = Role::mentor;
  Role them = Role::mentor;
};
[[nodiscard]] Outbound outbound(const Messaging& m, crypto::Kind kind, const CircleId& circle,
                                const SignPublic& to, const DeviceId& device);

// What a header that opened means for us.
struct Inbound {
  enum class Answer : std::uint8_t {
    open,          // `roles` open the body, and it is accepted
    open_refused,  // `roles` open the body, which is refused and shown as `code`
    fetch,         // names a version that we do not have: fetch the circle (desk), then ask again;
                   // unproved() when it is still not there
    refused,       // nobody's roles: refused and shown as `code`
  } answer = Answer::refused;
  crypto::Roles roles{Role::mentor, Role::mentor};
  std::string_view code;
  bool from_shadow = false;
};
[[nodiscard]] Inbound inbound(const Messaging& m, const crypto::Header& header,
                              const SignPublic& from, const DeviceId& device);

// What a header means whose version the server does not have either: nobody can prove it, so it is
// refused.
[[nodiscard]] Inbound unproved(const Messaging& m, const crypto::Header& header,
                               const SignPublic& from);

[[nodiscard]] bool is_desk(const Trust& trust, const CircleId& circle);
// A circle (or the desk) in which both have a place, for what belongs to no circle; nothing: none,
// so the account is a stranger.
[[nodiscard]] std::optional<CircleId> shared_place(const Messaging& m, const SignPublic& other);
// Devices of an account to which a session may be started and messages encrypted: those of the
// newest list without ours and without a shadow. Nothing: not known yet.
[[nodiscard]] std::optional<std::vector<protocol::Device>> writable_devices(
    const Messaging& m, const SignPublic& account);

}  // namespace livlina::client

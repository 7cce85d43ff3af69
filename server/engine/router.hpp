// The one table of operations: in which state of a session each is allowed, to which roles and to
// whom among them, in which class it runs, how a shadow's is treated, and who handles it. The
// router checks the roles; what depends on a request's content is the handler's, and `may` says
// what it has to come to (T34).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "livlina/frames.pb.h"
#include "server/engine/engine.hpp"

namespace livlina::server {

enum class Stage : std::uint8_t { before_login, after_login };

// Roles of a logged-in device, as bits; a device has several.
namespace role_bit {
inline constexpr unsigned participant = 1 << 0;  // any device of a participant: primary or shadow
inline constexpr unsigned supporter = 1 << 1;  // joined by a staff invite; lines and desks say more
inline constexpr unsigned staff = 1 << 2;      // named by a StaffDirectory
inline constexpr unsigned coordinator = 1 << 3;  // this device stands in a desk's roster
inline constexpr unsigned setup = 1 << 4;        // joined by the server's own first invite
inline constexpr unsigned everybody = participant | supporter;
}  // namespace role_bit

// Who asks, as bits: what somebody is to the circle, desk, invitation or account that a request is
// about. The roles of `Route::roles` come first; the rest is told apart by the handlers.
namespace asker_bit {
inline constexpr unsigned stranger = 1 << 0;     // not logged in
inline constexpr unsigned primary = 1 << 1;      // the participant's phone
inline constexpr unsigned shadow = 1 << 2;       // what the duress PIN opens on it
inline constexpr unsigned contact = 1 << 3;      // by a line of the account itself; listed staff
inline constexpr unsigned mentor = 1 << 4;       // by the pool's line; invited the participant
inline constexpr unsigned coordinator = 1 << 5;  // by the desk, with a device that its roster names
inline constexpr unsigned uncertified = 1 << 6;  // with one that it does not name
inline constexpr unsigned colleague = 1 << 7;    // staff of the same desk without a line
inline constexpr unsigned dropped = 1 << 8;      // by a line that a later manifest left out
inline constexpr unsigned removed = 1 << 9;      // in the pool until a later directory
inline constexpr unsigned neighbour = 1 << 10;   // another participant, of another desk
inline constexpr unsigned far_mentor = 1 << 11;  // of that participant's circle
inline constexpr unsigned far_coordinator = 1 << 12;  // of that desk
// Joined by the server's own first invite, and has no desk yet.
inline constexpr unsigned founder = 1 << 13;
inline constexpr unsigned count = 14;
}  // namespace asker_bit

// What becomes of a request by a participant's shadow.
enum class ShadowWay : std::uint8_t {
  itself,   // runs as the shadow: it reads, or the handler knows what a shadow is
  pretend,  // runs as the primary and is taken back: the same answer, no effect
};

using Handler = std::optional<Refusal> (*)(Turn&, const Caller&, const v1::Request&,
                                           v1::ServerFrame& reply);

struct Route {
  v1::Request::OpCase op = v1::Request::OP_NOT_SET;
  const char* name = "";
  RequestClass runs = RequestClass::normal;
  Stage stage = Stage::after_login;
  std::uint8_t roles = 0;  // any one of them; nothing before log-in
  std::uint16_t may = 0;   // who gets what they ask for, by router and handler together
  ShadowWay shadow = ShadowWay::itself;
  Handler handler = nullptr;  // null: log-in, which the engine does with the session's challenge
};

[[nodiscard]] std::span<const Route> routes();
[[nodiscard]] const Route& route_of(v1::Request::OpCase op);  // of an existing operation
// The bits that the caller has now, of those in `wanted`.
[[nodiscard]] unsigned roles_of(Turn& turn, const Caller& caller, unsigned wanted);

// Checks state and role, then runs the handler, a shadow's as its row says. Before log-in `caller`
// is null. Not for log-in.
[[nodiscard]] std::optional<Refusal> run_route(Turn& turn, const Caller* caller,
                                               const v1::Request& request, v1::ServerFrame& reply);

}  // namespace livlina::server

// What the decoy realm shows of what was "signed" there: to whoever looks over the shoulder it is
// done as in the real realm, and nothing changes anywhere else (T30).
#pragma once

#include <optional>
#include <string>

#include "clients/core/trust.hpp"

namespace livlina::client {

struct Identity;

// How the command ends, as the real realm would end it.
struct Told {
  Status status = Unit{};
  std::string detail;
};

// In the decoy realm: the own circle with the lines, the plan and the arming that were "signed"
// there, by some key, while the real realm has signed no others. It is for what is shown and
// answered; who is told of a check-in or an alarm never goes by it. Nothing in a real realm, or of
// another's circle.
[[nodiscard]] std::optional<Circle> pretended_circle(const Store& store, const Identity& self,
                                                     const Circle& circle);
// In the real realm: a supporter has taken a practice alarm. Both realms know it from then on.
void note_practice(Store& store);
[[nodiscard]] bool practised(const Store& store);
// The server has answered. Keeps the record, which verifies under the key that it names; refused
// when it would arm a circle before a practice alarm was taken, as the server refuses that.
[[nodiscard]] Told pretend_manifest(const Context& context, const Circle& circle, ByteView record);
// The server has answered. Keeps the plan, which verifies under the key that it names and follows
// the one that is shown.
[[nodiscard]] Status pretend_plan(const Context& context, const Identity& self,
                                  const Circle& circle, ByteView record);
// A plan that was "signed" there, by some key, and waits for the server's answer or an approval:
// whether it comes after the one that is shown.
[[nodiscard]] bool follows_pretended(const Verified<protocol::Plan>& next, const Circle& pretended);

}  // namespace livlina::client

// What the decoy realm shows of what was "signed" there: to whoever looks over the shoulder it is
// done as in the real realm, and nothing changes anywhere else (T30).
#pragma once

#include <optional>
#include <string>

#include "clients/core/trust.hpp"

namespace livlina::v1 {
class CircleView;
}  // namespace livlina::v1

namespace livlina::client {

struct Identity;

// How the command ends, as the real realm would end it.
struct Told {
  Status status = Unit{};
  std::string detail;
};

// The manifest that was "signed" there, by some key, while the real realm has signed no other.
[[nodiscard]] std::optional<Verified<protocol::Manifest>> pretended_manifest(const Store& store,
                                                                             const Circle& circle);
// In the real realm: a supporter has taken a practice alarm. Both realms know it from then on.
void note_practice(Store& store);
[[nodiscard]] bool practised(const Store& store);
// The server has answered. Keeps the record, which verifies under the key that it names; refused
// when it would arm a circle before a practice alarm was taken, as the server refuses that.
[[nodiscard]] Told pretend_manifest(const Context& context, const Circle& circle, ByteView record);
// Keeps the plan, which verifies under the key that it names: as one that waits for a supporter
// when it needs an approval, else when the server has answered.
[[nodiscard]] Told pretend_plan(const Context& context, const Trust& trust, const Identity& self,
                                ByteView record, bool needs_approval);
// A plan that was "signed" there, by some key, and waits for the server's answer.
[[nodiscard]] bool follows_pretended(const Verified<protocol::Plan>& plan, const Circle& circle);
// Changes a view of the own circle to the plan that was kept, until the real realm has signed
// another version, and to armed when it was "armed" there.
void show_pretence(const Store& store, const Circle& circle, v1::CircleView& view);

}  // namespace livlina::client

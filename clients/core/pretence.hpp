// What the decoy realm shows of what was "signed" there: to whoever looks over the shoulder it is
// done as in the real realm, and nothing changes anywhere else (T30).
#pragma once

#include <string>

#include "clients/core/trust.hpp"

namespace livlina::v1 {
class CircleView;
class SignManifest;
}  // namespace livlina::v1

namespace livlina::client {

struct Identity;

// How the command ends, as the real realm would end it.
struct Told {
  Status status = Unit{};
  std::string detail;
};

// Keeps the lines that were asked for. offline without a connection; refused when it would arm a
// circle that is not armed: its practice alarm is never there.
[[nodiscard]] Told pretend_manifest(const Context& context, const Trust& trust,
                                    const Identity& self, const v1::SignManifest& wanted);
// Keeps the plan: as one that waits for a supporter when it needs an approval. bad_argument for a
// plan that could not be signed.
[[nodiscard]] Told pretend_plan(const Context& context, const Trust& trust, const Identity& self,
                                protocol::Plan plan, bool needs_approval);
// Changes a view of the own circle to what was kept, until the real realm has signed another
// version.
void show_pretence(const Store& store, v1::CircleView& view);

}  // namespace livlina::client

// A subject of the client core: what every part offers to the core, which only dispatches.
#pragma once

#include <optional>

#include "clients/core/identity.hpp"

namespace livlina::v1 {
class Command;
class ServerFrame;
class Status;
}  // namespace livlina::v1

namespace livlina::client {

class Part {
 public:
  Part() = default;
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  virtual ~Part() = default;

  // Reads what is stored; called when the core is opened by somebody enrolled, and once more right
  // after this device was enrolled. `identity` outlives the part, and its `desk` may be set later.
  [[nodiscard]] virtual crypto::Status load(const Identity& identity) = 0;
  // True when the command belongs to this part, which then finishes it exactly once, now or later
  // (Context::finish with Context::command_id). Only called after load().
  virtual bool command(const v1::Command&) { return false; }
  // A pushed frame (id 0); true when it belongs to this part alone. Only called after load().
  virtual bool pushed(const v1::ServerFrame&) { return false; }
  // What was kept for a person under this name (Context::show) has been shown.
  virtual void shown(const std::string& /*name*/) {}
  virtual void online() {}   // logged in; only called after load()
  virtual void offline() {}  // callbacks of requests under way were called before
  virtual void tick() {}
  [[nodiscard]] virtual std::optional<Instant> wake_at() const { return std::nullopt; }
  virtual void settle() {}  // after every input, when all parts have seen it
  // Nothing of this part waits for the server: what `Sync` asks.
  [[nodiscard]] virtual bool idle() const { return true; }
  // Fills its own fields of the answer to GetStatus.
  virtual void describe(v1::Status&) const {}
};

}  // namespace livlina::client

// The client core: everything a client does, without I/O, clock or randomness of its own. Commands,
// frames and `now` go in; frames, events and things to store come out.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/core/random.hpp"
#include "crypto/core/result.hpp"
#include "crypto/core/time.hpp"
#include "crypto/e2ee/vault.hpp"
#include "protocol/schedule/slots.hpp"

namespace livlina::v1 {
class Command;
class Event;
}  // namespace livlina::v1

namespace livlina::client {

// When an input came, by two clocks. `wall` says what time it is, and may step. `awake` only tells
// how much time passed: it counts from anywhere, never steps, and stands while the machine sleeps.
struct Moment {
  Moment(Instant wall_clock, Instant awake_clock) : wall(wall_clock), awake(awake_clock) {}
  explicit Moment(Instant both) : wall(both), awake(both) {}  // where the wall clock never steps
  Instant wall;
  Instant awake;
};

// What one input led to. The driver FIRST commits `store` (and `decoy_store`) durably, THEN sends
// the frames in order and shows the events. If the commit fails it must not send or show, and must
// open the core anew from what is stored.
struct Step {
  crypto::Vault::Changes store;        // of the open realm
  crypto::Vault::Changes decoy_store;  // of the decoy realm; only ever from the real realm
  std::vector<std::string> frames;     // encoded v1.Request, only while connected
  std::vector<v1::Event> events;
  std::optional<Instant> wake_at;  // call tick() then, by the wall clock; nothing: no need
  bool disconnect = false;  // after the frames: the server is not the pinned one, or refused us
};

// Not thread-safe. Never throws, never blocks.
class Core {
 public:
  // From everything the vault's realm holds; empty values: a fresh device. bad_format when what is
  // stored cannot be read. `random` and `zones` outlive the core.
  [[nodiscard]] static crypto::Result<std::unique_ptr<Core>> open(
      const crypto::Vault::Values& stored, crypto::Random& random, const protocol::Zones& zones,
      Moment now);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Each input is followed by take_step() before the next.
  void command(const v1::Command& command, Moment now);
  void connected(Moment now);  // the WebSocket is open; the server's challenge will follow
  void disconnected(Moment now);
  void received(ByteView frame, Moment now);  // one binary frame of the server
  void tick(Moment now);
  [[nodiscard]] Step take_step();

  // Where to connect, "host:port"; empty before the first Enrol command. After Enrol the driver
  // connects.
  [[nodiscard]] std::string host() const;

 private:
  struct State;
  explicit Core(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace livlina::client

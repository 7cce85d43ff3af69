// What every part of the client core works with during one input.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "clients/core/error.hpp"
#include "clients/core/store.hpp"
#include "clients/core/trusted_clock.hpp"
#include "crypto/core/ids.hpp"
#include "crypto/core/random.hpp"
#include "crypto/core/sign.hpp"
#include "crypto/core/time.hpp"
#include "protocol/schedule/slots.hpp"

namespace livlina::v1 {
class Event;
class Request;
class ServerFrame;
class Warning;
}  // namespace livlina::v1

namespace livlina::client {

using crypto::SignPublic;

// Requests under way. A callback is called exactly once: with the reply, or with nullptr when the
// connection ended first. Callbacks run within received() or disconnected() of the core.
class Requests {
 public:
  using OnReply = std::function<void(const v1::ServerFrame*)>;
  virtual ~Requests() = default;
  [[nodiscard]] virtual bool logged_in() const = 0;
  [[nodiscard]] virtual bool connected() const = 0;  // perhaps not logged in yet
  // Sends now (when logged in; claim and join also before) or calls back with nullptr.
  virtual void send(v1::Request request, OnReply on_reply) = 0;
};

// One per core; parts keep a reference. `now` and `awake` are those of the running input (Moment).
struct Context {
  Store& store;
  Requests& requests;
  crypto::Random& random;
  const protocol::Zones& zones;
  Instant now = 0;
  std::uint64_t command_id = 0;  // of the running command, 0 otherwise
  std::vector<v1::Event>* events = nullptr;
  TrustedClock clock{};          // clock.trusted(now) judges dates; `now` itself serves for timers
  bool server_restored = false;  // at this log-in the server's epoch was another: offer again (M1)
  std::uint32_t one_time_keys_left = 0;  // as the last Welcome said
  bool demonstration = false;            // as the last Challenge said: short times are allowed
  Instant awake = 0;  // only tells how much time passed: never steps, stands while asleep

  void emit(v1::Event event) const;  // command_id as set in the event
  void finish(std::uint64_t command, Status status, std::string_view detail = {}) const;

  // ---- what a person must see ----
  // Emits the event, and keeps it under `name` until the driver says that it was shown.
  void show(const std::string& name, v1::Event event) const;
  [[nodiscard]] bool unshown(const std::string& name) const;
  // The driver's word; false: it was not kept under this name (any more).
  bool shown(const std::string& name) const;
  // Everything that is kept, once more: for a core that has just been opened.
  void show_again() const;

  // Shown, and then not again for warning_memory with the same code, circle and subject. `subject`
  // is the evidence where there is some (the hash of a record or list, a slot with its schedule):
  // then a server cannot use up a warning early, on a quiet day.
  void warn(std::string_view code, ByteView circle = {}, ByteView subject = {},
            std::string_view detail = {}) const;
  // It was put right: the next time it is shown at once.
  void forget_warning(std::string_view code, ByteView circle = {}, ByteView subject = {}) const;
  // Those of the last warning_memory that were not put right.
  [[nodiscard]] std::vector<v1::Warning> open_warnings() const;
  void drop_old_warnings() const;  // so that the store does not grow for ever
};

inline constexpr Duration warning_memory = 1 * day;

}  // namespace livlina::client

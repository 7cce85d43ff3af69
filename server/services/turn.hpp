// What a service function gets: one turn within a transaction of the database thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/core/ids.hpp"
#include "crypto/core/keys.hpp"
#include "crypto/core/random.hpp"
#include "crypto/core/sign.hpp"
#include "crypto/core/time.hpp"
#include "protocol/schedule/slots.hpp"
#include "server/services/progress.hpp"
#include "server/services/settings.hpp"

namespace livlina::v1 {
class Notice;
class ServerFrame;
}  // namespace livlina::v1

namespace livlina::server {

namespace store {
class Db;
enum class Rank : std::uint8_t;
}  // namespace store

using SessionId = std::uint64_t;
using crypto::SignPublic;

// Effects that leave after the commit: dropped whole when the batch rolls back.
class Outbound {
 public:
  virtual ~Outbound() = default;
  // To the device's live session if there is one; what must not be lost is a row as well.
  virtual void push(const DeviceId& device, v1::ServerFrame frame) = 0;
  // The device has new mailbox rows of this rank: the dispatcher hands them out.
  virtual void mail(const DeviceId& device, store::Rank rank) = 0;
  // An incident has changed: whoever may see it is told after the commit, once for all changes of a
  // round. What only adds a detail (`may_wait`) is told at most once a second.
  virtual void incident_changed(const IncidentId& incident, bool may_wait) = 0;
  // Closes the device's live session after what was pushed (revoked, replaced).
  virtual void close(const DeviceId& device, const char* reason) = 0;
};

// Who is connected, kept by the engine in memory: never a source of truth for what must survive.
class Presence {
 public:
  virtual ~Presence() = default;
  [[nodiscard]] virtual bool online(const DeviceId& device) const = 0;
  // The webhook of a desk (zeros: of the operator) has a notice on its way, or rests.
  [[nodiscard]] virtual bool busy(const ByteArray<32>& /*webhook*/) const { return false; }
  // Rows of the device's mailbox that it has acknowledged and that are not deleted yet.
  [[nodiscard]] virtual std::uint32_t acknowledged(const DeviceId& device) const = 0;
};

struct Turn {
  store::Db& db;
  Instant now;
  Outbound& out;
  const Presence& presence;
  const Settings& settings;
  const protocol::Zones& zones;
  crypto::Random& random;
  Progress* progress = nullptr;  // of a job of the watch
};

// The logged-in device behind a request.
struct Caller {
  DeviceId device;
  SignPublic account;
  bool shadow = false;  // a participant's shadow: ordinary on the wire
  // A shadow's request that runs as its primary's and is taken back: the decoy realm has no account
  // key, so what is signed there names any.
  bool any_key = false;
};

// Why a request is refused: the numbers of v1.ErrorCode.
enum class Code : std::uint8_t {
  malformed = 1,
  too_large = 2,
  unsupported_version = 3,
  not_logged_in = 4,
  login_refused = 5,
  cloned_device = 6,
  forbidden = 7,
  unknown_device = 8,
  bad_record = 9,
  conflict = 10,
  fork = 11,
  invite_gone = 12,
  not_ready = 13,
  busy = 14,
  queue_full = 15,
  disk_full = 16,
  internal = 17,
  wrong_state = 18,
  bad_times = 19,
  shutting_down = 20,  // reserved: the connection says it, by Closing
};
struct Refusal {
  Code code = Code::internal;
  const char* detail = "";  // a stable literal, never user data
  Duration retry_after = 0;
};
template <class T>
using Answer = BasicResult<T, Refusal>;
inline Refusal refuse(Code code, const char* detail = "", Duration retry_after = 0) {
  return {code, detail, retry_after};
}

}  // namespace livlina::server

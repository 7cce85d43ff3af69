// What the engine does about a full disk: it gives the ballast up, so that alarms and check-ins go
// on, lets wait what can, and takes the ballast again when there is room.
#pragma once

#include <optional>

#include "crypto/core/time.hpp"
#include "server/store/ballast.hpp"

namespace livlina::v1 {
class Request;
}

namespace livlina::server {

class DiskRoom {
 public:
  static constexpr Duration look_every = 30 * second;
  enum class Change : std::uint8_t { none, ran_out, has_room };

  // Takes it; it outlives this. Without one nothing is refused before its own write fails.
  void keep(store::Ballast& ballast);
  // A write found no room.
  void ran_out();
  // The ballast is given up: only what cannot wait may use its room.
  [[nodiscard]] bool tight() const { return tight_; }
  // Once a round: takes the ballast again when it is time. What has changed since the last call.
  [[nodiscard]] Change look(Instant now);
  // When to look again; nothing: there is room.
  [[nodiscard]] std::optional<Instant> next() const;

 private:
  store::Ballast* ballast_ = nullptr;
  bool tight_ = false;
  bool told_ = false;
  std::optional<Instant> look_at_;
};

// What is refused while there is no room: messages, but those that go with an incident or alarm,
// and what begins or prepares something that has time. Reading, what deletes, records and acts, and
// the signed lists that say who is told and who may act, are not.
[[nodiscard]] bool can_wait(const v1::Request& request);

}  // namespace livlina::server

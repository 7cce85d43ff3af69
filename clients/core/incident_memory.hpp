// What this client remembers of the incidents it has shown, so that what was there once cannot be
// gone, or be something else, without a word.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "clients/core/store.hpp"
#include "crypto/core/hash.hpp"
#include "crypto/core/ids.hpp"
#include "crypto/core/result.hpp"
#include "crypto/core/time.hpp"

namespace livlina::client {

inline constexpr Duration incident_memory = 90 * day;
// Of one circle. Beyond it the least that was signed goes first, then what was shown longest ago.
inline constexpr std::size_t most_remembered = 300;

struct RememberedIncident {
  CircleId circle;
  std::uint32_t lane = 0;
  crypto::Hash head{};     // of the newest signed record or act that was shown
  Instant newest_act = 0;  // the newest signed time of an act that counted; 0: none did
  bool ended = false;      // its end was proved, with this head
  Instant at = 0;          // shown last, by this device's clock

  bool operator==(const RememberedIncident&) const = default;
};

// Stored under "incident/<id>".
class IncidentMemory {
 public:
  explicit IncidentMemory(Store& store) : store_(store) {}
  [[nodiscard]] crypto::Status load();  // bad_format

  // Lives until the next change; nullptr: never shown.
  [[nodiscard]] const RememberedIncident* find(const IncidentId& id) const;
  void remember(const IncidentId& id, const RememberedIncident& incident);
  // Forgets what was shown last before now - incident_memory.
  void expire(Instant now);
  // Of all that is remembered; 0: none.
  [[nodiscard]] Instant newest_act() const;

 private:
  void make_room(const CircleId& circle);
  Store& store_;
  std::map<IncidentId, RememberedIncident> known_;
};

}  // namespace livlina::client

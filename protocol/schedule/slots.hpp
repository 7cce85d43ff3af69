// From a schedule to instants: the slots that are due, computed alike by server and members'
// clients.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/records/plan.hpp"

namespace livlina::protocol {

using LocalDay = std::int32_t;  // days since 1970-01-01 in local civil time

// Time-zone rules, given from outside: the system's tzdata natively, the host's own in a browser.
class Zones {
 public:
  virtual ~Zones() = default;
  [[nodiscard]] virtual bool known(const std::string& zone) const = 0;
  // The UTC instant of minute `minute` (0 to 1439) of a local day. A skipped local time gives the
  // first instant after the gap, a repeated one its first occurrence. Nothing for an unknown zone.
  [[nodiscard]] virtual std::optional<Instant> resolve(const std::string& zone, LocalDay day,
                                                       int minute) const = 0;
  [[nodiscard]] virtual std::optional<LocalDay> local_day(const std::string& zone,
                                                          Instant at) const = 0;
};

// tzdata of the system through the date library; in WebAssembly, the rules of the host (Intl).
// Thread-safe after construction.
[[nodiscard]] const Zones& tzdata_zones();

struct Slot {
  ScheduleId schedule;
  // The local day of the time, or on which the window of an interval starts; and in order the index
  // of the time within its day, or of the check-in within its window.
  LocalDay day = 0;
  std::uint16_t index = 0;
  Instant opens_at = 0;  // due - opens_before
  Instant due = 0;
  Instant deadline = 0;  // due + grace; an answer at the deadline is in time
};

// What is there of a schedule's slots, and whether that is all: with `computed` false the zone is
// unknown or its rules cannot be read now, and nothing follows from what is missing.
struct NextSlot {
  std::optional<Slot> slot;
  bool computed = true;
  explicit operator bool() const { return slot.has_value(); }
  const Slot* operator->() const { return &*slot; }
};
struct Slots {
  std::vector<Slot> list;
  bool computed = true;
  [[nodiscard]] auto begin() const { return list.begin(); }
  [[nodiscard]] auto end() const { return list.end(); }
};

// The first slot with opens_at > `after` (so with any `after` before valid_from - opens_before the
// first at all); nothing when the schedule has no more within valid_from <= due < valid_to. Times
// that a clock change moves onto one instant are one slot, the first of them.
[[nodiscard]] NextSlot next_slot(const Schedule& schedule, Instant after, const Zones& zones);
// All slots with from < opens_at <= to in order, at most `most`.
[[nodiscard]] Slots slots_between(const Schedule& schedule, Instant from, Instant to,
                                  std::size_t most, const Zones& zones);

}  // namespace livlina::protocol

// What may be said end to end: one row per kind with its scope, queue, padding and writers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "crypto/core/roles.hpp"

namespace livlina::crypto {

enum class Kind : std::uint8_t {
  text = 1,
  receipt = 2,
  attachment = 3,
  alarm = 4,
  location = 5,
  checkin_note = 6,
  incident_note = 7,
  detail = 8,
  proposal = 9,
  control = 10,
  audit_head = 11,
  shadow_mark = 12,
  drill = 13,
};

enum class Queue : std::uint8_t { normal = 0, alarm = 1, bulk = 2 };

// One row of the table in protocol/spec/e2ee.md, "Kinds".
struct KindRule {
  Kind kind;
  Queue queue;
  std::uint16_t scope;       // the receiving (or sending) line's scope that it needs
  std::uint16_t fixed_size;  // padded size, 0: the smallest class above the length
  std::uint8_t senders;      // bit (1 << role) for every role that may send it
  std::uint8_t receivers;    // the same for who may receive it
  std::string_view name;
};

// The rule of a kind, or nothing for an unknown one.
[[nodiscard]] const KindRule* rule(std::uint8_t kind);
[[nodiscard]] inline bool allows(std::uint8_t roles, Role r) {
  return (roles >> static_cast<std::uint8_t>(r) & 1) != 0;
}

}  // namespace livlina::crypto

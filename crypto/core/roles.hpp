// The roles of people and the scopes of a manifest line: the numbers that stand in signed records.
#pragma once

#include <cstdint>

namespace livlina {

enum class Role : std::uint8_t {
  participant = 1,
  contact_person = 2,
  mentor = 3,
  coordinator = 4,
  relative = 5,
  partner_agency = 6,
};
[[nodiscard]] constexpr bool role_known(std::uint8_t role) { return role >= 1 && role <= 6; }

// What a manifest line may receive.
inline constexpr std::uint16_t scope_none = 0;
inline constexpr std::uint16_t scope_messages = 1 << 0;
inline constexpr std::uint16_t scope_checkin = 1 << 1;
inline constexpr std::uint16_t scope_alarm = 1 << 2;
inline constexpr std::uint16_t scope_location = 1 << 3;
inline constexpr std::uint16_t scope_plan = 1 << 4;
inline constexpr std::uint16_t scope_statistics = 1 << 5;
inline constexpr std::uint16_t scope_all = 0x3f;

}  // namespace livlina

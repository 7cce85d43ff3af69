// Internet addresses, and which of them a webhook may be sent to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/core/bytes.hpp"

namespace livlina::server {

struct IpAddress {
  bool v6 = false;
  ByteArray<16> bytes{};  // of an IPv4 address the first four
  bool operator==(const IpAddress&) const = default;
};

// Dotted decimal with four numbers, or RFC 4291 without a zone; nothing else is an address.
[[nodiscard]] std::optional<IpAddress> parse_address(std::string_view text);
[[nodiscard]] std::string to_text(const IpAddress& address);

enum class AddressKind : std::uint8_t {
  everybodys,  // reached from everywhere
  loopback,
  inner,  // of a private network (RFC 1918, 4193, 6598)
  // Nobody's receiver: unspecified, link-local (where clouds keep the machine's own secrets),
  // multicast, documentation, reserved, and tunnels whose other end is none of everybody's.
  never,
};
// By the registries of special purposes (IANA; RFC 6890). An IPv4 address within an IPv6 one counts
// as what it is.
[[nodiscard]] AddressKind kind_of(const IpAddress& address);

// Whether a webhook may go there: with allow_private also to loopback and inner ones; what is not
// encrypted (`only_loopback`) to loopback alone.
[[nodiscard]] bool may_be_sent_to(const IpAddress& address, bool allow_private, bool only_loopback);

}  // namespace livlina::server

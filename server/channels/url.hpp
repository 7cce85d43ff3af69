// The address of a webhook, read strictly: what two programs could read differently is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/core/result.hpp"
#include "server/channels/ip_address.hpp"

namespace livlina::server {

struct Url {
  bool tls = true;                   // https, not http
  std::string host;                  // a name in small letters, or an address without brackets
  std::optional<IpAddress> address;  // when the host is one
  std::uint16_t port = 443;
  std::string target = "/";  // path and query

  // As the header Host has it.
  [[nodiscard]] std::string authority() const;
};

// What is wrong with it, as the end of a sentence about it.
struct UrlProblem {
  const char* text = "";
};

// https or http; a name of letters, digits and hyphens, a dotted-decimal IPv4 address, or an IPv6
// address in brackets; the scheme's own port or one from 1024 on; neither user-info nor fragment.
// A number in another form (octal, hexadecimal, one or two numbers) is no host.
[[nodiscard]] BasicResult<Url, UrlProblem> parse_url(std::string_view text);

// What keeps a webhook from being sent there, as far as its text tells; nothing: nothing does.
[[nodiscard]] std::optional<UrlProblem> url_problem(const Url& url, bool allow_private);

}  // namespace livlina::server

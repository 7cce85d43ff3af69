// What came of one try to hand a notice to a webhook.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/policy/notification.hpp"

namespace livlina::server {

enum class AttemptEnd : std::uint8_t {
  answered,     // with a status
  url,          // not a URL to which anything is sent
  secret,       // no secret to sign with
  trust,        // no certificates to trust
  lookup,       // the name was not found, or not in time
  address,      // it is only at addresses to which nothing is sent
  connection,   // nobody there
  tls,          // the other side speaks no TLS of ours
  certificate,  // not one for this host by an authority that is trusted
  time,         // too slow
  reply,        // no HTTP, or a head that is too long
  stopped,      // the server ends
};

struct Attempt {
  policy::Delivery delivery;
  AttemptEnd end = AttemptEnd::stopped;
  unsigned status = 0;  // of the reply; 0: there was none
};

// What ends without a reply: as good as gone until somebody changes something, or worth repeating.
[[nodiscard]] Attempt ended_by(AttemptEnd end);
// 2xx is accepted. 408, 425, 429 and 5xx are repeated, not before Retry-After (in seconds, at most
// the longest wait of a notice). All others, redirects among them, which are never followed, stay
// as they are until somebody changes something.
[[nodiscard]] Attempt answered(unsigned status, std::string_view retry_after);

// For a person: "was accepted (204)", "does not trust the certificate", ...
[[nodiscard]] std::string told(const Attempt& attempt);

}  // namespace livlina::server

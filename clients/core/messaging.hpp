// What the parts of the messenger share: the running input, whom we trust, and who we are.
#pragma once

#include "clients/core/identity.hpp"
#include "clients/core/trust.hpp"

namespace livlina::client {

struct Messaging {
  Context& context;
  Trust& trust;
  const Identity* self = nullptr;  // set before anything else happens

  [[nodiscard]] bool logged_in() const { return context.requests.logged_in(); }
};

// A message that has no receipt after this long is said to be expired: the server keeps it no
// longer.
inline constexpr Duration message_life = 30 * day;

}  // namespace livlina::client

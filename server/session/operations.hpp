// What the session must know of each operation: whether it exists, and what it may do in which
// state.
#pragma once

namespace livlina::server {

enum class Access : unsigned char {
  unknown,   // not an operation of this version
  stranger,  // allowed before log-in, and only the log-in has no meaning after it
  device,    // a logged-in device
  urgent,    // a logged-in device; never refused for rate or quota (watch.md rule 16)
};

// `field`: the number in the oneof `op` of v1.Request.
[[nodiscard]] Access access_of(int field);

}  // namespace livlina::server

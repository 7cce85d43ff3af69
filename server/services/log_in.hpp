// Log-in of a device: a signature over both nonces and a counter that only rises.
#pragma once

#include "server/services/people.hpp"
#include "server/services/turn.hpp"

namespace livlina::v1 {
class Login;
class Welcome;
}  // namespace livlina::v1

namespace livlina::server {

struct LoginContext {
  ByteArray<32> server_nonce{};  // of this connection's challenge
  const crypto::SignKeyPair& server_key;
  std::uint64_t epoch = 0;
};
struct LoggedIn {
  Caller caller;
  // Whose mailbox the session is handed: the device's own; for a shadow the primary's, to look at.
  DeviceId mailbox;
  ByteArray<32> client_nonce{};
};

// LOGIN_REFUSED for every cause but the counter, CLONED_DEVICE for a counter that does not rise
// (told only to who holds the device's key). A shadow's log-in becomes a trigger later.
[[nodiscard]] Answer<LoggedIn> log_in(Turn& turn, const LoginContext& context,
                                      const v1::Login& request);
// The server's signed answer, and what waits for the device.
[[nodiscard]] v1::Welcome welcome(Turn& turn, const LoginContext& context, const LoggedIn& who);

}  // namespace livlina::server

// What both sides sign at log-in and at the end of a pairing: fixed layouts without a record
// around.
#pragma once

#include <string>

#include "crypto/core/hash.hpp"
#include "crypto/core/ids.hpp"
#include "crypto/core/roles.hpp"
#include "crypto/core/sign.hpp"
#include "crypto/core/time.hpp"
#include "protocol/error.hpp"

namespace livlina::protocol {

struct LoginTranscript {
  std::string server_name;
  ByteArray<32> server_pk{};
  ByteArray<32> server_nonce{};
  ByteArray<32> client_nonce{};
  std::uint64_t counter = 0;
  std::uint64_t epoch = 0;
};
// sig(device, "login", server name || server_pk || both nonces || counter || epoch); the name is
// sized.
[[nodiscard]] crypto::Signature sign_login(const LoginTranscript& t,
                                           const crypto::SignKeyPair& device);
[[nodiscard]] Status verify_login(const LoginTranscript& t, const crypto::SignPublic& device,
                                  ByteView signature);

struct HelloTranscript {
  ByteArray<32> server_nonce{};
  ByteArray<32> client_nonce{};
  Instant time = 0;
  std::uint64_t audit_n = 0;
  crypto::Hash audit_hash{};
};
// sig(server, "hello", both nonces || time || audit head).
[[nodiscard]] crypto::Signature sign_hello(const HelloTranscript& t,
                                           const crypto::SignKeyPair& server);
[[nodiscard]] Status verify_hello(const HelloTranscript& t, const crypto::SignPublic& server,
                                  ByteView signature);

// sig(account, "join", SHA-256(I) || role): the joiner accepts this invitation in this role.
[[nodiscard]] crypto::Signature sign_join(const crypto::Hash& sealed_i_hash, Role role,
                                          const crypto::SignKeyPair& account);
[[nodiscard]] Status verify_join(const crypto::Hash& sealed_i_hash, Role role,
                                 const crypto::SignPublic& account, ByteView signature);

}  // namespace livlina::protocol

#include "protocol/records/login.hpp"

namespace livlina::protocol {

namespace {

Bytes layout(const LoginTranscript& t) {
  ByteWriter w(4 + t.server_name.size() + 3 * 32 + 2 * 8);
  w.sized(view(t.server_name)).bytes(t.server_pk).bytes(t.server_nonce).bytes(t.client_nonce);
  return w.u64(t.counter).u64(t.epoch).take();
}

Bytes layout(const HelloTranscript& t) {
  ByteWriter w(2 * 32 + 2 * 8 + 32);
  w.bytes(t.server_nonce).bytes(t.client_nonce).i64(t.time).u64(t.audit_n).bytes(t.audit_hash);
  return w.take();
}

Bytes join_layout(const crypto::Hash& sealed_i_hash, Role role) {
  return ByteWriter(33).bytes(sealed_i_hash).u8(static_cast<std::uint8_t>(role)).take();
}

Status check(const crypto::SignPublic& key, std::string_view purpose, ByteView message,
             ByteView signature) {
  if (!crypto::verify(key, purpose, message, signature).ok()) return Error::bad_signature;
  return Unit{};
}

}  // namespace

crypto::Signature sign_login(const LoginTranscript& t, const crypto::SignKeyPair& device) {
  return device.sign("login", layout(t));
}

Status verify_login(const LoginTranscript& t, const crypto::SignPublic& device,
                    ByteView signature) {
  return check(device, "login", layout(t), signature);
}

crypto::Signature sign_hello(const HelloTranscript& t, const crypto::SignKeyPair& server) {
  return server.sign("hello", layout(t));
}

Status verify_hello(const HelloTranscript& t, const crypto::SignPublic& server,
                    ByteView signature) {
  return check(server, "hello", layout(t), signature);
}

crypto::Signature sign_join(const crypto::Hash& sealed_i_hash, Role role,
                            const crypto::SignKeyPair& account) {
  return account.sign("join", join_layout(sealed_i_hash, role));
}

Status verify_join(const crypto::Hash& sealed_i_hash, Role role, const crypto::SignPublic& account,
                   ByteView signature) {
  return check(account, "join", join_layout(sealed_i_hash, role), signature);
}

}  // namespace livlina::protocol

#include "crypto/e2ee/pickle.hpp"
#include "crypto/e2ee/session_state.hpp"

namespace livlina::crypto {

// Both ends, their keys and the init part are written as they are; nothing is derived on reading
// but hints and public keys.
SecretBytes Session::pickle() const {
  const State& s = *state_;
  PickleWriter w(PickleType::session);
  w.u8(s.initiator ? 1 : 0).u8(s.replied ? 1 : 0).u32(s.gen).i64(s.created_at);
  w.bytes(s.a.account).bytes(s.a.device.view()).bytes(s.b.account).bytes(s.b.device.view());
  w.bytes(s.sid);
  if (s.initiator) w.bytes(s.init);
  s.ratchet.write(w);
  return std::move(w).finish();
}

Result<Session> Session::unpickle(ByteView bytes) {
  LIVLINA_TRY(r, open_pickle(PickleType::session, bytes));
  const std::uint8_t initiator = r.u8();
  const std::uint8_t replied = r.u8();
  const std::uint32_t gen = r.u32();
  const Instant created_at = r.i64();
  End a;
  End b;
  a.account = r.array<32>();
  a.device.bytes = r.array<16>();
  b.account = r.array<32>();
  b.device.bytes = r.array<16>();
  const auto sid = r.array<32>();
  Bytes init;
  if (initiator == 1) init = to_bytes(r.view(init_size));
  if (!r.ok() || initiator > 1 || replied > 1) return Error::bad_format;
  LIVLINA_TRY(ratchet, DoubleRatchet::read(r));
  if (!r.done()) return Error::bad_format;
  return Session(std::make_unique<State>(State{initiator == 1, gen, a, b, sid, created_at,
                                               replied == 1, std::move(init), std::move(ratchet)}));
}

}  // namespace livlina::crypto

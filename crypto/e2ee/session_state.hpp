// What a session holds; private to session.cpp and session_pickle.cpp.
#pragma once

#include "crypto/e2ee/double_ratchet.hpp"
#include "crypto/e2ee/session.hpp"

namespace livlina::crypto {

// One end of a session, as it stands in the associated data.
struct End {
  ByteArray<32> account{};
  DeviceId device;
};

struct Session::State {
  bool initiator;
  std::uint32_t gen;
  End a;  // the initiator
  End b;  // the responder
  ByteArray<32> sid;
  Instant created_at;
  bool replied;
  Bytes init;  // the initiator's init part, empty on the responder's side
  DoubleRatchet ratchet;

  [[nodiscard]] State copy() const {
    return {initiator, gen, a, b, sid, created_at, replied, init, ratchet.copy()};
  }
};

}  // namespace livlina::crypto

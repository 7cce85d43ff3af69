// A chain key CK: MK = HMAC(CK, 01), CK' = HMAC(CK, 02).
#pragma once

#include "crypto/core/hash.hpp"
#include "crypto/e2ee/message_key.hpp"

namespace livlina::crypto {

class ChainKey {
 public:
  explicit ChainKey(Secret<32> key) : key_(std::move(key)) {}

  // The next message key; the chain advances and its old key is wiped.
  [[nodiscard]] MessageKey next() {
    static constexpr ByteArray<1> message{1};
    static constexpr ByteArray<1> chain{2};
    MessageKey out(hmac(key_.expose(), {message}));
    key_ = hmac(key_.expose(), {chain});
    return out;
  }
  [[nodiscard]] ChainKey copy() const { return ChainKey(key_.copy()); }
  [[nodiscard]] ByteView expose() const { return key_.expose(); }

 private:
  Secret<32> key_;
};

}  // namespace livlina::crypto

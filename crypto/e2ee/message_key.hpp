// A message key MK: seals or opens one message body and is gone.
#pragma once

#include "crypto/e2ee/seal.hpp"

namespace livlina::crypto {

class MessageKey {
 public:
  explicit MessageKey(Secret<32> key) : key_(std::move(key)) {}

  // Both consume the key: write std::move(key).encrypt(...).
  [[nodiscard]] Bytes encrypt(ByteView ad, ByteView padded, Random& random) && {
    const Secret<32> key = std::move(key_);
    return seal(key, SealPurpose::body, ad, padded, random);
  }
  // The padded text, or cannot_open.
  [[nodiscard]] Result<SecretBytes> decrypt(ByteView ad, ByteView sealed) && {
    const Secret<32> key = std::move(key_);
    return open(key, SealPurpose::body, ad, sealed);
  }
  // For skipped keys: a copy of the whole state, and its pickle.
  [[nodiscard]] MessageKey copy() const { return MessageKey(key_.copy()); }
  [[nodiscard]] ByteView expose() const { return key_.expose(); }

 private:
  Secret<32> key_;
};

}  // namespace livlina::crypto

// A root key RK: HKDF(salt = RK, ikm = dh, info = "livlina/1/root", 96) -> RK' | CK | NHK.
#pragma once

#include "crypto/e2ee/chain_key.hpp"
#include "crypto/e2ee/dh.hpp"
#include "crypto/e2ee/header_key.hpp"

namespace livlina::crypto {

class RootKey {
 public:
  explicit RootKey(Secret<32> key) : key_(std::move(key)) {}

  // One Diffie-Hellman step: the next root, a chain, and the header key of the chain after it.
  struct Step;
  [[nodiscard]] Result<Step> step(const DhKeyPair& ours, const DhPublic& theirs) const;

  [[nodiscard]] RootKey copy() const { return RootKey(key_.copy()); }
  [[nodiscard]] ByteView expose() const { return key_.expose(); }

 private:
  Secret<32> key_;
};

struct RootKey::Step {
  RootKey root;
  ChainKey chain;
  HeaderKey next_header;
};

}  // namespace livlina::crypto

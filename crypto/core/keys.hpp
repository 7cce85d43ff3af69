// Public keys as types: a signing key is never taken for an agreement key, ours never for theirs.
#pragma once

#include "crypto/core/bytes.hpp"
#include "crypto/core/result.hpp"

namespace livlina::protocol {
class RecordReader;  // protocol/records/verifier.hpp
}

namespace livlina::crypto {

struct SignTag;
struct DhTag;
template <class Tag>
class PublicKey;

using SignPublic = PublicKey<SignTag>;  // Ed25519, theirs or the public half of ours
using DhPublic = PublicKey<DhTag>;      // X25519

// Ed25519: 32 bytes, canonical, on the curve, in the main subgroup, not of small order; else
// bad_length or bad_public_key.
[[nodiscard]] Result<SignPublic> parse_sign_key(ByteView b);
// X25519: 32 bytes, u < 2^255 - 19, top bit 0, not one of the small-order points; else the same.
[[nodiscard]] Result<DhPublic> parse_dh_key(ByteView b);

// A parsed public key. Only the parse functions make one, so holding it means it was checked: now,
// or before the record in which it stands was stored (protocol/records/kept.hpp).
template <class Tag>
class PublicKey {
 public:
  [[nodiscard]] const ByteArray<32>& bytes() const { return bytes_; }
  [[nodiscard]] ByteView view() const { return ByteView(bytes_); }
  bool operator==(const PublicKey&) const = default;
  std::strong_ordering operator<=>(const PublicKey& other) const {
    return order(bytes_, other.bytes_);
  }

 private:
  friend Result<SignPublic> parse_sign_key(ByteView);
  friend Result<DhPublic> parse_dh_key(ByteView);
  friend class SignKeyPair;
  friend class DhKeyPair;
  friend class protocol::RecordReader;
  explicit PublicKey(const ByteArray<32>& b) : bytes_(b) {}
  ByteArray<32> bytes_;
};

}  // namespace livlina::crypto

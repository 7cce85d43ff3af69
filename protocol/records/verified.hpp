// Verified<T>: a signed record whose signature was checked; nothing else makes one.
#pragma once

#include "crypto/core/hash.hpp"
#include "protocol/error.hpp"

namespace livlina::protocol {

// The value, its exact signed bytes (body || signature 64) and their SHA-256. Only the verify_*
// functions make one, so a function that takes Verified<Manifest> cannot be given unchecked bytes
// or a record of another type. The server's database is read again by reread_* (kept.hpp), of bytes
// that were verified before they were stored.
template <class T>
class Verified {
 public:
  [[nodiscard]] const T& operator*() const { return value_; }
  [[nodiscard]] const T* operator->() const { return &value_; }
  [[nodiscard]] const Bytes& record() const { return record_; }
  [[nodiscard]] const crypto::Hash& hash() const { return hash_; }

 private:
  friend class Verifier;
  Verified(T value, ByteView record)
      : value_(std::move(value)), record_(to_bytes(record)), hash_(crypto::sha256(record)) {}
  T value_;
  Bytes record_;
  crypto::Hash hash_;
};

}  // namespace livlina::protocol

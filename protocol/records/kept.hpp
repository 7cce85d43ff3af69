// The bytes of a signed record that this server verified before it stored them: what reread_* take
// (reread.hpp), and nobody but the server's reader of its own database can make.
#pragma once

#include "crypto/core/hash.hpp"

namespace livlina::server {
class KeptRecords;  // server/services/records.cpp
}

namespace livlina::protocol {

class Kept {
 public:
  [[nodiscard]] ByteView record() const { return record_; }
  [[nodiscard]] const crypto::Hash& hash() const { return hash_; }

 private:
  friend class server::KeptRecords;
  // The record as it was stored, and the SHA-256 that was stored with it once its signature had
  // been checked.
  Kept(ByteView record, const crypto::Hash& hash) : record_(record), hash_(hash) {}
  ByteView record_;
  crypto::Hash hash_;
};

}  // namespace livlina::protocol

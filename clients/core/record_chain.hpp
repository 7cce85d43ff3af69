// The signed records of one device as one member got them: what follows, what is missing, what is
// an old one shown again (T6, T35). Pure.
#pragma once

#include <optional>
#include <vector>

#include "crypto/core/hash.hpp"

namespace livlina::client {

class RecordChain {
 public:
  enum class Link : std::uint8_t {
    follows,    // the next one, or the first that we ever saw
    gap,        // newer, but something before it is missing, or it names another one before it
    late,       // fills a gap
    duplicate,  // was here before, or is older than what is remembered
    fork,       // another record with the number of one that was here
  };
  // Remembers it, unless it is a duplicate or a fork.
  [[nodiscard]] Link add(std::uint64_t seq, const crypto::Hash& prev, const crypto::Hash& hash);

  // ver u8 | count u8 | (seq u64 | hash 32) *; strict.
  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static std::optional<RecordChain> parse(ByteView bytes);

 private:
  struct Seen {
    std::uint64_t seq = 0;
    crypto::Hash hash{};
  };
  std::vector<Seen> seen_;  // the newest few, by seq
};

}  // namespace livlina::client

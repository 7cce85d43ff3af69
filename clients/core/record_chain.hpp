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
    late,       // fills a gap, is from before the first that we saw, or is a gap that is held
    duplicate,  // was here before, or is older than what is remembered
    fork,       // another record with the number of one that was here
  };
  // Remembers it, unless it is a duplicate or a fork. A gap counts as told.
  [[nodiscard]] Link add(std::uint64_t seq, const crypto::Hash& prev, const crypto::Hash& hash);

  // While records may come out of their order: add() says no gap. Not stored.
  void hold(bool on) { held_ = on; }
  // The records behind gaps that were not told yet; and those told that have been filled since,
  // each once: then the one before is here that the record names.
  [[nodiscard]] std::vector<crypto::Hash> held() const;
  void tell(const crypto::Hash& behind);
  [[nodiscard]] std::vector<crypto::Hash> take_filled();

  // ver u8 | count u8 | (seq u64 | prev 32 | hash 32 | told u8) *; strict.
  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static std::optional<RecordChain> parse(ByteView bytes);

 private:
  struct Seen {
    std::uint64_t seq = 0;
    crypto::Hash prev{};
    crypto::Hash hash{};
    bool told = false;  // that something before it is missing
  };
  [[nodiscard]] bool is_behind_gap(std::size_t place) const;

  std::vector<Seen> seen_;  // the newest few, by seq
  bool held_ = false;
};

}  // namespace livlina::client

// One receiving chain of a ratchet: its header key, its chain key while it goes on, and the keys of
// messages that were skipped.
#pragma once

#include <optional>
#include <vector>

#include "crypto/core/time.hpp"
#include "crypto/e2ee/chain_key.hpp"
#include "crypto/e2ee/header_key.hpp"
#include "crypto/e2ee/pickle.hpp"

namespace livlina::crypto {

class ReceivingChain {
 public:
  ReceivingChain(HeaderKey header_key, ChainKey chain)
      : header_key_(std::move(header_key)), chain_(std::move(chain)) {}
  [[nodiscard]] ReceivingChain copy() const;

  // The key of message n, which it forgets. Skips what lies before, storing at most `room` keys.
  // duplicate: n was opened. limit: too far. expired: skipped more than 35 days ago.
  // cannot_open: n lies beyond the end of a closed chain.
  [[nodiscard]] Result<MessageKey> take(std::uint32_t n, std::size_t room, Instant now);
  // The sender said that the chain has `end` messages: stores the missing ones' keys and wipes the
  // chain key. limit as above; cannot_open when more were received already.
  [[nodiscard]] Status close(std::uint32_t end, std::size_t room, Instant now);

  [[nodiscard]] const HeaderKey& header_key() const { return header_key_; }
  [[nodiscard]] std::size_t stored() const { return skipped_.size(); }
  // One above the highest number that was taken.
  [[nodiscard]] std::uint32_t next() const { return next_; }
  // Drops keys skipped more than 35 days ago; how many.
  std::size_t expire(Instant now);
  // Closed more than 35 days ago: nothing of it can be opened any more.
  [[nodiscard]] bool over(Instant now) const;

  void write(PickleWriter& w) const;
  [[nodiscard]] static Result<ReceivingChain> read(ByteReader& r);

 private:
  struct Skipped {
    std::uint32_t n;
    Instant since;
    MessageKey key;
  };
  explicit ReceivingChain(HeaderKey header_key) : header_key_(std::move(header_key)) {}
  [[nodiscard]] Status skip_to(std::uint32_t n, std::size_t room, Instant now);

  HeaderKey header_key_;
  std::optional<ChainKey> chain_;  // nothing once closed
  std::uint32_t next_ = 0;         // every smaller number was received or skipped
  Instant closed_at_ = 0;
  std::vector<Skipped> skipped_;  // ascending n
};

}  // namespace livlina::crypto

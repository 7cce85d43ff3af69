// The mailbox: ciphertext rows per device, in order, until acknowledged or expired. Never a sender.
#pragma once

#include <optional>
#include <vector>

#include "crypto/core/time.hpp"
#include "server/store/db.hpp"
#include "server/store/link.hpp"

namespace livlina::server::store {

// Order of handing out; within a rank by seq.
enum class Rank : std::uint8_t { urgent = 0, normal = 1, bulk = 2 };

struct MailRow {
  std::uint64_t seq = 0;
  int kind = 1;
  Bytes content;
};

class Mailbox {
 public:
  explicit Mailbox(Db& db) : db_(db) {}

  // Appends with the device's next seq. False: `limit` rows are waiting, or the device is a shadow,
  // or not listed.
  [[nodiscard]] bool append(const DeviceId& device, Rank rank, int kind, ByteView content,
                            Instant expires_at, std::uint32_t limit);
  // Of one rank, seq above `after`, at most `most`.
  [[nodiscard]] std::vector<MailRow> read(const DeviceId& device, Rank rank, std::uint64_t after,
                                          std::size_t most) const;
  // The rows of this device deleted; others are left alone.
  int remove(const DeviceId& device, const std::vector<std::uint64_t>& seqs);
  // The same, within a transaction that goes on without it when it cannot be done: then false.
  // Throws Failure when the transaction cannot go on.
  bool remove_if_possible(const DeviceId& device, const std::vector<std::uint64_t>& seqs);
  [[nodiscard]] std::uint32_t queued(const DeviceId& device) const;

  // When the message with this id was accepted for the device, if it was.
  [[nodiscard]] std::optional<Instant> accepted_at(const DeviceId& device,
                                                   const MessageId& message) const;
  void accept(const DeviceId& device, const MessageId& message, Instant now);

  // Deletes what is past its time, at most `most` rows of each table; the number deleted. Of what
  // was accepted all before `accepted_before` is forgotten.
  int expire(Instant now, Instant accepted_before, int most);
  // When the first row (or note of acceptance, `keep` after it) ends.
  [[nodiscard]] std::optional<Instant> next_end(Duration keep) const;
  // The clock went back to `now`: no row lasts beyond `end`, and none was accepted later than now.
  void clamp(Instant now, Instant end);

 private:
  Db& db_;
};

}  // namespace livlina::server::store

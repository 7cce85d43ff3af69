// The plaintext layouts of messages: what every message begins with, receipts, and resets.
#pragma once

#include <optional>
#include <vector>

#include "crypto/core/hash.hpp"
#include "crypto/core/ids.hpp"
#include "crypto/core/secret.hpp"
#include "crypto/core/time.hpp"

namespace livlina::client {

// ver u8 | message_id 16 | sent_at i64 | counter u32 | body u32 sized. Every kind has it.
struct Plain {
  MessageId id;  // zero: needs no receipt and is never sent again (receipts, resets)
  Instant sent_at = 0;
  // Of texts, for each sending device, receiving account and circle, from 1; 0 in other kinds. A
  // number that is missing is a gap to show.
  std::uint32_t counter = 0;
  ByteView body;
};
[[nodiscard]] crypto::SecretBytes encode(const Plain& plain);
// A view into `bytes`; nothing when it is not the layout.
[[nodiscard]] std::optional<Plain> parse_plain(ByteView bytes);

enum class ReceiptState : std::uint8_t { delivered = 1, read = 2 };
inline constexpr std::size_t max_receipt_ids =
    48;  // what the fixed 1024 bytes hold beside the rest

// Body of kind 2: ver u8 | state u8 | list_version u32 | list_hash 32 | count u8 | message_id 16 *.
struct Receipt {
  ReceiptState state = ReceiptState::delivered;
  std::uint32_t list_version = 0;  // the newest DeviceList of who signs the receipt, so that a
  crypto::Hash list_hash{};        // withheld one is noticed
  std::vector<MessageId> ids;
};
[[nodiscard]] Bytes encode(const Receipt& receipt);
[[nodiscard]] std::optional<Receipt> parse_receipt(ByteView body);

// First byte of a body of kind 10.
enum class Control : std::uint8_t { reset = 1 };

// Body: 1 | old SID 32 | last_n u32. "I cannot go on with that session: send again over this one
// what I have not receipted." How far the session had come decides nothing, because below that
// number some may be missing and above it some may have come by another chain: only receipts tell.
inline constexpr std::uint32_t nothing_came = 0xffffffff;  // no message ever has this number
struct Reset {
  ByteArray<32> sid{};
  std::uint32_t last_n = nothing_came;  // the highest received in the sender's newest chain
};
[[nodiscard]] Bytes encode(const Reset& reset);
[[nodiscard]] std::optional<Reset> parse_reset(ByteView body);

}  // namespace livlina::client
